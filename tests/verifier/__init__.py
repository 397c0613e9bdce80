"""The one-file verifier, and a naive one that agrees with it."""
