"""What auditing itself decides: findings, and halts of writes. Pure."""
