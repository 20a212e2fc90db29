"""The demo: what Đức Cơ district delivered and printed for 2021. Every person in it is invented."""
