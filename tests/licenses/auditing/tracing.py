"""Lineage at the end of the log."""

from typing import Any

from audits.lineage import Directions, Lineage, lineage
from audits.past import moments
from audits.past.moments import Moment


def traced(subject: Any, directions: Directions = "both") -> Lineage:
    return lineage(subject, Moment(log_index=moments.last_index()), directions)
