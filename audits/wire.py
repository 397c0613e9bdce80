"""The wire names of the journal's own events. A name is never reused."""

from typing import Any, Final

from audits.codec import registry
from audits.domain.finding import events as finding
from audits.domain.halt import events as halt
from audits.events import (
    AccessesRecorded,
    AuditRan,
    CheckpointKeyAdded,
    CheckpointKeyRetired,
    CheckpointKeyRevoked,
    CodeDeployed,
    CommandRefused,
    OrganizationEnrolled,
    PersonalKeysRewrapped,
    PersonEnrolled,
    ReceiptKeyAdded,
    RefusedCommandKept,
    SchemaFingerprinted,
    SealingHalted,
    WorkItemDied,
    WorkItemRedriven,
)
from audits.kernel import Event

NAMES: Final[dict[str, type[Event]]] = {
    "checkpoint_key_added": CheckpointKeyAdded,
    "checkpoint_key_retired": CheckpointKeyRetired,
    "checkpoint_key_revoked": CheckpointKeyRevoked,
    "code_deployed": CodeDeployed,
    "accesses_recorded": AccessesRecorded,
    "audit_ran": AuditRan,
    "command_refused": CommandRefused,
    "finding_raised": finding.FindingRaised,
    "finding_cleared": finding.FindingCleared,
    "finding_assigned": finding.FindingAssigned,
    "finding_answered": finding.FindingAnswered,
    "finding_closed": finding.FindingClosed,
    "finding_accepted": finding.FindingAccepted,
    "finding_reopened": finding.FindingReopened,
    "halt_set": halt.HaltSet,
    "halt_lift_proposed": halt.HaltLiftProposed,
    "halt_lifted": halt.HaltLifted,
    "organization_enrolled": OrganizationEnrolled,
    "person_enrolled": PersonEnrolled,
    "personal_keys_rewrapped": PersonalKeysRewrapped,
    "receipt_key_added": ReceiptKeyAdded,
    "refused_command_kept": RefusedCommandKept,
    "schema_fingerprinted": SchemaFingerprinted,
    "sealing_halted": SealingHalted,
    "work_item_died": WorkItemDied,
    "work_item_redriven": WorkItemRedriven,
}


def register() -> None:
    """Fix the names and how older schemas are read; a second call changes nothing."""
    registry.register(NAMES)
    if registry.wire_type(AccessesRecorded).schema_version == 1:
        registry.upcast("accesses_recorded", 1, as_it_is)
        registry.upcast("accesses_recorded", 2, as_it_is)


def as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    """Read an event from before filters were kept, or reads signed: there were none."""
    return data
