"""Shared helpers of the tests: given/when/then, the fixed cast, histories."""
