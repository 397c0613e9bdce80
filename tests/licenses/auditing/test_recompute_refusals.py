"""Every refusal is decided again from what was kept of its command."""

import json
from collections import Counter
from typing import Final

import pytest
from msgspec.structs import replace

from audits.codec import fingerprint_of
from audits.execution import refusals
from audits.kernel import Refused
from audits.models import EventRow
from audits.reading import decode
from licenses.auditing.recompute import (
    INNOCENT,
    LOST,
    RACED,
    REFUSED_AGAIN,
    UNKEPT,
    UNREAD,
)
from licenses.domain.license.commands import SuspendLicense
from tests.licenses.auditing.attempts import Tried
from tests.licenses.auditing.recomputing import (
    committed,
    recomputed,
    refusal,
    reworded,
    unexplained,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import as_superuser, rewrite
from tests.support.people import OFFICER

__all__ = ["committed"]


@pytest.mark.usefixtures("played")
def test_every_refusal_is_decided_again_and_refused_for_the_same_reason(tried: Tried) -> None:
    found = recomputed()
    assert sum(found.decisions[REFUSED_AGAIN].values()) == len(tried.codes) - 1
    assert found.decisions[RACED] == {"SuspendLicense": 1}
    assert found.otherwise == ()


def kinds() -> list[str]:
    return [each.kind for each in recomputed().otherwise]


CODES: Final = (
    *("role_not_permitted", "application_not_pending", "application_duplicate", "four_eyes"),
    *("conditions_not_met", "serial_already_shipped", "quantity_exceeded", "itn_already_used"),
    *("lot_not_certified", "deposit_conflict", "remittance_reference_used", "halted"),
    *("edition_in_force", "laboratory_not_domestic"),
    *("target_unknown", "approval_in_force", "already_erased"),
)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.usefixtures("played")
def test_a_refusal_for_another_reason_than_the_facts_gave_is_named(code: str) -> None:
    said, _ = refusal(code)
    rewrite(said, replace(said.data, code="because"))
    [found] = recomputed().otherwise
    assert (found.kind, str(said.event_id) in found.subject) == ("refusal_otherwise", True)
    assert code in found.detail


@pytest.mark.usefixtures("played")
def test_a_refusal_of_what_had_to_be_accepted_is_named() -> None:
    """Nothing but the moment spoke against what a constraint refused."""
    rows = EventRow.objects.filter(type="refused_command_kept")
    [raced] = [each for row in rows if (each := decode(bytes(row.canonical))).data.raced]
    rewrite(raced, replace(raced.data, raced=False))
    assert kinds() == ["refusal_not_due"]


@pytest.mark.usefixtures("played")
def test_a_refusal_for_other_figures_is_named() -> None:
    said, _ = refusal("conditions_not_met")
    extra = json.loads(said.data.extra_json)
    extra["failing"][0]["code"] = "another"
    rewrite(said, replace(said.data, extra_json=json.dumps(extra)))
    assert kinds() == ["refusal_otherwise"]


@pytest.mark.usefixtures("played")
def test_how_a_refusal_is_worded_may_change() -> None:
    said, _ = refusal("conditions_not_met")
    rewrite(said, replace(said.data, detail="In other words"))
    assert kinds() == []


@pytest.mark.usefixtures("played")
def test_another_command_than_the_one_refused_is_named() -> None:
    _, kept = refusal("license_not_in_force")
    rewrite(kept, replace(kept.data, body_json='{"reason":"Another"}'))
    assert kinds() == ["refused_command_otherwise"]


@pytest.mark.usefixtures("played")
def test_what_was_not_kept_is_counted_by_its_command() -> None:
    _, kept = refusal("license_not_in_force")
    rewrite(kept, replace(kept.data, body_json=None))
    found = recomputed()
    assert found.decisions[UNKEPT] == {"SuspendLicense": 1}
    said, _ = refusal("license_not_in_force")
    [named] = [each for each in found.not_taken if each.kind == UNKEPT]
    assert str(said.event_id) in named.subject
    assert found.is_clean


def test_a_refusal_of_a_long_command_is_decided_again_from_its_pieces(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recomputed().decisions[REFUSED_AGAIN]["SuspendLicense"]
    monkeypatch.setattr(refusals, "BODY_BYTES_AT_MOST", 40)
    with pytest.raises(Refused):
        played.stage.do(OFFICER, SuspendLicense(reason="Once more"), played.revoked.license_id)
    assert EventRow.objects.filter(type="refused_command_kept", version=3).count() == 1
    found = recomputed()
    assert found.decisions[REFUSED_AGAIN]["SuspendLicense"] == before + 1
    assert found.is_clean


@pytest.mark.usefixtures("played")
def test_a_decision_that_is_not_taken_again_is_counted_and_named_with_the_reason() -> None:
    found = recomputed()
    assert found.decisions[RACED] == {"SuspendLicense": 1}
    assert Counter(each.kind for each in found.not_taken) == {RACED: 1}
    assert all(each.detail == INNOCENT[each.kind] for each in found.not_taken)


@pytest.mark.usefixtures("played")
def test_a_refusal_of_which_nothing_is_kept_is_named() -> None:
    said, kept = refusal("license_not_in_force")
    for table in ("audits_log", "audits_event"):
        statement = f"DELETE FROM {table} WHERE event_id = %s"  # noqa: S608 -- a constant
        as_superuser(table, statement, kept.event_id)
    [(why, subject)] = unexplained()
    assert (why, str(said.event_id) in subject) == (LOST, True)


@pytest.mark.usefixtures("played")
def test_a_kept_command_that_cannot_be_read_is_named() -> None:
    """Its hash fits, and no command of that name has such fields."""
    said, kept = refusal("license_not_in_force")
    text = '{"another":"field"}'
    rewrite(kept, replace(kept.data, body_json=text))
    hashed = fingerprint_of(said.command.name, said.data.target_id, text.encode())
    reworded(said, fingerprint=hashed)
    [(why, subject)] = unexplained()
    assert (why, str(said.event_id) in subject) == (UNREAD, True)
