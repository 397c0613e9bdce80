"""The halt: writes of one kind stop until two persons lift it."""

from audits.domain.halt.decisions import DECIDER

__all__ = ["DECIDER"]
