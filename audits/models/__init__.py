"""Tables of the journal: events, log index, the tree over it, work items, findings; the people who act."""

from audits.models.journal import (
    CheckpointRow,
    CosignatureRow,
    EventRow,
    FrontierRow,
    LogEntry,
    Tile,
)
from audits.models.people import (
    Organization,
    Person,
    SubjectKey,
)
from audits.models.read import FindingRow, HaltRow, ReadModel, ReferenceRow
from audits.models.work import AccessRow, WorkItem

__all__ = [
    "AccessRow",
    "CheckpointRow",
    "CosignatureRow",
    "EventRow",
    "FindingRow",
    "FrontierRow",
    "HaltRow",
    "LogEntry",
    "Organization",
    "Person",
    "ReadModel",
    "ReferenceRow",
    "SubjectKey",
    "Tile",
    "WorkItem",
]
