"""Land: every delivered file is kept as it came, hashed, and given a receipt; and whose lists are."""
