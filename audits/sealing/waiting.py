"""Whether anything has waited too long for its place in the tree: then no checkpoint is signed.

A checkpoint says that this is the log at this time. While the sequencer stands still that would not
be true, and whoever slipped an older event in later could say that it had waited. So nothing is
published meanwhile, and an event that is sealed long after it was recorded has no such excuse
(`audits/sealing/times.py`).
"""

from dataclasses import dataclass
from typing import Final

from audits.statements import run

WAITING_SECONDS: Final = 60
"""An event may wait this long after it was recorded: what receipts promise."""

_SNAPSHOT: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_NOT_IN_LOG: Final = """
    SELECT min(e.xid::text::bigint),
           coalesce(bool_or(e.recorded_at < clock_timestamp() - %b * interval '1 second'), false)
    FROM audits_event e
    WHERE e.xid >= %b::text::xid8
      AND NOT EXISTS (SELECT FROM audits_log l WHERE l.event_id = e.event_id)
"""
_NOT_IN_TREE: Final = """
    SELECT EXISTS (
        SELECT FROM audits_log l JOIN audits_event e USING (event_id)
        WHERE l.log_index >= %b::bigint
          AND e.recorded_at < clock_timestamp() - %b * interval '1 second')
"""


@dataclass(slots=True)
class Waiting:
    """Looks for events that wait; its first look is at all, later ones go on from there."""

    floor: int = 0
    """Every transaction below it has ended and is indexed; 0 until this process has looked."""

    def is_too_long(self, size: int) -> bool:
        """Tell whether a committed event, recorded over a minute ago, is not among the first `size`."""
        floor, self.floor = self.floor, 0  # whoever is interrupted looks at everything again
        [(xmin,)] = run(_SNAPSHOT, []).fetchall()
        # A database that was restored may be behind the floor, which then says nothing of it.
        start = str(floor if floor <= xmin else 0)
        [(first, is_unindexed)] = run(_NOT_IN_LOG, [WAITING_SECONDS, start]).fetchall()
        self.floor = xmin if first is None else min(xmin, first)
        [(is_unsealed,)] = run(_NOT_IN_TREE, [size, WAITING_SECONDS]).fetchall()
        return bool(is_unindexed or is_unsealed)
