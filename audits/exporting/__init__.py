"""Bundles for auditors: a part of the log, or all of it, with what proves it (verifier/README.md)."""
