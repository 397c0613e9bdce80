"""The generated documents say what the code does, and a stale one is noticed."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audits.kernel import Role
from licenses.domain import license as licenses
from licenses.domain import shipment
from licenses.domain.escrow import DECIDER as ESCROW
from licenses.domain.escrow.commands import ConfirmRefundPaid
from licenses.domain.shipment.commands import DispatchShipment
from licenses.management.documents import DOCUMENTS, commands_document, deciders
from licenses.management.exploring import Transition, events_of_command, transitions


def test_a_transition_is_found_by_folding() -> None:
    found = transitions(licenses.DECIDER)
    assert Transition("Active", "LicenseRevoked", "Revoked") in found
    assert not [each for each in found if each.before == "Revoked"]


def test_a_transition_that_depends_on_an_amount_is_found_both_ways() -> None:
    released = [each for each in transitions(ESCROW) if each.event == "EscrowReleased"]
    assert {each.after for each in released if each.before == "Funded"} == {"Funded", "Closed"}


def test_a_command_gives_the_events_that_its_decision_builds() -> None:
    assert events_of_command(shipment.DECIDER, DispatchShipment) == {"ShipmentDispatched"}
    assert events_of_command(ESCROW, ConfirmRefundPaid) == {"RefundPaid"}


def test_every_command_of_every_aggregate_has_its_line_with_roles() -> None:
    lines = [line for line in commands_document().splitlines() if line.startswith("| ")]
    told = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[1] for line in lines}
    for decider in deciders():
        for command in decider.decisions:
            assert set(told[command.__name__].split(", ")) <= set(Role), command


def test_a_stale_document_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    (tmp_path / "docs").mkdir()
    call_command("document", verbosity=0)
    call_command("document", "--check")
    (tmp_path / "docs" / "states.md").write_text("by hand")
    with pytest.raises(CommandError, match=r"stale: states\.md"):
        call_command("document", "--check")
    assert {file.name for file in (tmp_path / "docs").iterdir()} == set(DOCUMENTS)
