"""Events appended past the service, as a process that was taken over could: what recompute says."""

from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from msgspec.structs import replace

from audits import grants
from audits.codec import Recorded, fingerprint, registry
from audits.kernel import Command
from licenses.auditing.recompute import UNFOLDED, UNSAID
from licenses.domain.lab_test.events import CertificateIssued
from licenses.domain.license.commands import SuspendLicense
from licenses.domain.license.events import LicenseSuspended
from licenses.domain.shipment.events import ShipmentRequested
from licenses.models import EditionRow
from tests.licenses.auditing.recomputing import committed, first, recomputed
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import as_superuser, drafts, insert
from tests.support.people import OFFICER

__all__ = ["committed"]

ASKED: Final = SuspendLicense(reason="A tip came in")


def append(license_id: UUID, *, asked: Command = ASKED, said: str = ASKED.reason) -> Recorded[Any]:
    """Append a suspension as the web service's login, with the fingerprint of what was asked."""
    event = LicenseSuspended(reason=said, edition=None, by=OFFICER.person_id)
    [draft] = drafts(("license", license_id, event), actor=OFFICER, command="SuspendLicense")
    command = replace(draft.command, fingerprint=fingerprint(asked, license_id))
    forged = replace(draft, command=command)
    insert(grants.WEB, [forged])
    return forged


def test_what_had_to_be_refused_is_named(played: Played) -> None:
    forged = append(played.revoked.license_id)
    [found] = recomputed().otherwise
    assert (found.kind, str(forged.event_id) in found.subject) == ("decision_not_possible", True)
    assert "license_not_in_force" in found.detail


def test_what_says_something_else_than_was_asked_is_named(played: Played) -> None:
    forged = append(played.open.license_id, said="Another reason")
    found = recomputed()
    [named] = found.unexplained
    assert (named.kind, str(forged.event_id) in named.subject) == (UNSAID, True)
    assert found.otherwise == ()


def test_what_the_person_could_have_decided_is_not_told_apart(played: Played) -> None:
    """The threat model says so: its receipt tells the person of it."""
    append(played.open.license_id)
    assert recomputed().is_clean


@pytest.mark.usefixtures("played")
def test_what_rests_on_a_stream_that_lost_its_beginning_is_named() -> None:
    event = first(ShipmentRequested)
    for table in ("audits_log", "audits_event"):
        statement = f"DELETE FROM {table} WHERE event_id = %s"  # noqa: S608 -- a constant
        as_superuser(table, statement, event.event_id)
    found = recomputed()
    assert not found.is_clean
    named = [each for each in found.unexplained if each.kind == UNFOLDED]
    assert any(str(event.stream_id) in each.subject for each in named)


@pytest.mark.usefixtures("played")
def test_the_table_of_editions_decides_nothing_again() -> None:
    """Which ruled is what events say: the table tells of today, and may have been changed."""
    assert EditionRow.objects.update(effective_from=None, approved_at=None, status="published")
    assert recomputed().is_clean


@pytest.mark.usefixtures("played")
def test_an_event_that_cannot_be_read_is_named_by_the_tool() -> None:
    event = first(CertificateIssued)
    content = registry.encode(event).replace(b'"sampled":', b'"another":')
    statement = "UPDATE audits_event SET canonical = %s WHERE event_id = %s"
    as_superuser("audits_event", statement, content, event.event_id)
    with pytest.raises(CommandError, match=f"stored_event_unreadable: event {event.event_id}"):
        call_command("audit", "recompute", "--json")
