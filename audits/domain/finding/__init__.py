"""The finding: what an audit found amiss, until it is gone, or a second person closes or accepts it."""

from audits.domain.finding.decisions import DECIDER

__all__ = ["DECIDER"]
