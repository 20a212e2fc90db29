"""What people decide about what was delivered."""
