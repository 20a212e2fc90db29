"""Pages about the warehouse; `make docs` writes those that are made from it."""
