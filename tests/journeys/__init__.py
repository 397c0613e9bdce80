"""Whole deals, from application to remittance."""
