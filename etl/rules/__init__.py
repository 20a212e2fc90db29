"""Check: the rules that values, rows, groups and references keep, counted by two engines."""
