"""What people decide about what was delivered, and who may decide."""
