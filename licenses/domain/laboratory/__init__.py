"""Laboratory: who may test shipments, with which key, and until when."""

from licenses.domain.laboratory.decisions import DECIDER

__all__ = ["DECIDER"]
