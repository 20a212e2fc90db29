"""Read: a delivered file of any kind comes in, blocks of text rows go out, and then their values."""
