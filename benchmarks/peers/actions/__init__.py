"""A timeline built the usual way: generic foreign keys to whoever acted and to what it was about."""
