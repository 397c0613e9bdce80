"""While money or volume is halted nothing of it moves, not even by raw SQL; two persons lift it."""

import pytest
from msgspec.structs import replace

from audits.domain.halt.commands import HaltKind
from audits.domain.halt.events import HaltLifted, HaltLiftProposed, HaltSet
from audits.halting import HALTS
from audits.kernel import Actor
from tests.licenses.verification.attempts import (
    CHECKED,
    ENTRY,
    REPEATED,
    TRANSFER,
    Attempt,
    Refusal,
    logins,
)
from tests.licenses.verification.tampering import drafts, forge, names
from tests.support.people import AUDITOR, OFFICER

SET = HaltSet(kind=HaltKind.MONEY, reason="A doubt", finding_id=None)
PROPOSED = HaltLiftProposed(reason="Cleared up", by=AUDITOR.person_id)
LIFTED = HaltLifted(reason="Cleared up", proposed_by=AUDITOR.person_id, by=OFFICER.person_id)
AGAIN = "INSERT INTO {0} SELECT * FROM {0} LIMIT 1"


@pytest.mark.parametrize(("table", "kind"), [(TRANSFER, HaltKind.MONEY), (ENTRY, HaltKind.VOLUME)])
@logins
@pytest.mark.usefixtures("world")
def test_nothing_that_is_halted_moves(login: str, table: str, kind: HaltKind) -> None:
    stop = replace(SET, kind=kind)
    halted = drafts(("halt", HALTS[kind], stop), actor=AUDITOR, command="SetHalt")
    attempt = Attempt(login).events(halted).run(AGAIN.format(table))
    assert attempt.refusal() == Refusal(CHECKED, f"licenses_{kind.value}_halted")
    other = HaltKind.VOLUME if kind is HaltKind.MONEY else HaltKind.MONEY
    stop = replace(SET, kind=other)
    halted = drafts(("halt", HALTS[other], stop), actor=AUDITOR, command="SetHalt")
    moved = Attempt(login).events(halted).run(AGAIN.format(table)).refusal()
    assert moved.constraint != f"licenses_{kind.value}_halted"


@pytest.mark.usefixtures("world")
def test_what_two_persons_lifted_moves() -> None:
    stream = HALTS[HaltKind.MONEY]
    stop = drafts(("halt", stream, SET), ("halt", stream, PROPOSED), actor=AUDITOR, command="X")
    lift = replace(
        drafts(("halt", stream, LIFTED), actor=OFFICER, command="ConfirmLift")[0], version=3
    )
    attempt = Attempt().events([*stop, lift]).run(AGAIN.format(TRANSFER))
    assert attempt.refusal().code == REPEATED  # it is there already: the halt does not stop it


@pytest.mark.parametrize("by", [AUDITOR, OFFICER])
@pytest.mark.usefixtures("world")
def test_nobody_lifts_a_halt_alone(by: Actor) -> None:
    stream = HALTS[HaltKind.MONEY]
    proposed = () if by is OFFICER else (("halt", stream, PROPOSED),)
    events = drafts(
        ("halt", stream, SET), *proposed, ("halt", stream, LIFTED), actor=by, command="X"
    )
    refusal = Attempt().events(events).refusal()
    assert refusal == Refusal(CHECKED, "audits_halt_lifted_by_two")


@pytest.mark.usefixtures("played")
def test_a_lift_of_another_proposal_is_named() -> None:
    stream = HALTS[HaltKind.MONEY]
    forge(("halt", stream, SET), ("halt", stream, PROPOSED), actor=AUDITOR, command="ProposeLift")
    otherwise = replace(LIFTED, reason="Something else")
    [forged] = forge(("halt", stream, otherwise), actor=OFFICER, command="ConfirmLift")
    names("watch_decisions", "four_eyes_other_proposal", forged.event_id)
