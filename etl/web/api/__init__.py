"""The API of the province: schema `reporting` by HTTP, for whoever has a key. A process of its own."""
