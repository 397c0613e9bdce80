"""The license: what may ship, how much of it, and until when."""

from licenses.domain.license.decisions import DECIDER

__all__ = ["DECIDER"]
