"""The past, from the log alone: the same bytes today and next year, and at its end what is there now."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Max

from audits import past, reading
from audits.codec import canonical
from audits.execution import NotFound, house
from audits.kernel import Actor, Refused, Role
from audits.models import EventRow
from audits.past import moments
from audits.past.moments import Moment
from audits.projection import projections
from audits.sequencing import Sequencer
from audits.shapes import to_wire
from licenses.api.ledger import trial_balance
from licenses.auditing.books import ledger_at
from licenses.domain import escrow, shipment
from tests.licenses.verification.histories import Played
from tests.support.people import AUDITOR, BANK, EXPORTER, INTRUDER

EVERY = pytest.mark.parametrize("kind", ["clocks", "ledger", *projections])


def end() -> Moment:
    return Moment(log_index=moments.last_index())


def asked(kind: str, at: Moment, thing_id: UUID | None = None, actor: Actor = AUDITOR) -> bytes:
    return canonical(past.answer(kind, thing_id, at, actor))


def middle() -> Moment:
    return Moment(log_index=moments.last_index() // 2)


@pytest.mark.parametrize("kind", sorted(projections))
@pytest.mark.usefixtures("played")
def test_at_the_end_of_the_log_every_list_is_the_live_one(kind: str) -> None:
    system = Actor(
        person_id=AUDITOR.person_id, organization_id=AUDITOR.organization_id, role=Role.SYSTEM
    )
    stored = projections[kind].model._default_manager.order_by("id").values()
    assert list(past.things_at(kind, end(), system)) == list(stored)


@pytest.mark.usefixtures("played")
def test_at_the_end_of_the_log_the_ledger_is_the_live_one() -> None:
    there = ledger_at(end())
    live = trial_balance()
    assert canonical(to_wire(there.accounts)) == canonical(to_wire(live.accounts))
    assert canonical(to_wire(there.totals)) == canonical(to_wire(live.totals))
    assert there.faults == ()


@EVERY
def test_the_same_question_gets_the_same_bytes_after_more_was_appended(
    kind: str, played: Played
) -> None:
    at = middle()
    before = asked(kind, at)
    played.stage.registered_customer(f"latecomer-{kind}")
    Sequencer().run_until_empty()
    assert end().log_index > at.log_index
    assert asked(kind, at) == before


@EVERY
@pytest.mark.usefixtures("played")
def test_no_table_of_today_is_read(kind: str) -> None:
    at = middle()
    before = asked(kind, at)
    with connection.cursor() as cursor:
        for projection in projections.values():
            cursor.execute(f"DELETE FROM {projection.model._meta.db_table}")  # noqa: S608 -- our own table
    assert asked(kind, at) == before


@pytest.mark.usefixtures("played")
def test_the_books_balance_after_every_event() -> None:
    last = end().log_index
    for log_index in range(-1, last, 7):
        ledger = ledger_at(Moment(log_index=log_index))
        assert ledger.faults == ()
        assert all(total.balanced for total in ledger.totals)


def test_a_thing_stood_as_its_version_of_then(played: Played) -> None:
    target = played.remitted.shipment_id
    for log_index, recorded in list(moments.kinds_at(["export_filed"], end())):
        if recorded.stream_id == target:
            found = past.thing_at("shipment", target, Moment(log_index=log_index), AUDITOR)
            then = reading.load(shipment.DECIDER, target, version=recorded.version)
            assert (found["version"], found["state"]) == (recorded.version, then.state)
            return
    raise AssertionError("the shipment was filed")


def test_a_thing_is_not_there_before_it_began(played: Played) -> None:
    with pytest.raises(NotFound):
        past.thing_at("shipment", played.remitted.shipment_id, Moment(log_index=0), AUDITOR)


@pytest.mark.parametrize(
    ("kind", "actor", "sees"),
    [
        ("shipment", EXPORTER, True),
        ("shipment", INTRUDER, False),
        ("shipment", BANK, False),
        ("escrow", BANK, True),
        ("escrow", INTRUDER, False),
        ("product", INTRUDER, True),
    ],
)
def test_others_see_of_the_past_what_is_theirs(
    kind: str, actor: Actor, *, sees: bool, played: Played
) -> None:
    assert bool(list(past.things_at(kind, end(), actor))) is sees
    target = {
        "shipment": played.remitted.shipment_id,
        "escrow": played.remitted.escrow_id,
        "product": played.stage.products["H200"],
    }[kind]
    if sees:
        assert past.thing_at(kind, target, end(), actor)["id"] == target
    else:
        with pytest.raises(NotFound):
            past.thing_at(kind, target, end(), actor)


@pytest.mark.usefixtures("played")
def test_every_clock_is_shown_with_the_event_that_set_it() -> None:
    clocks = past.clocks_at(end())
    kinds = {clock.kind for clock in clocks}
    assert kinds == {
        *("enforce_edition", "expire_approval", "expire_license"),
        *("escrow_long_stop", "remittance_overdue"),
    }
    timed = {each.kind for many in house.subscriptions.values() for each in many}
    assert timed >= kinds - {"escrow_long_stop", "remittance_overdue"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, subject_id, due_at FROM audits_work_item WHERE kind = ANY(%s)",
            [sorted(kinds)],
        )
        rows = set(cursor.fetchall())
    own = {"escrow_long_stop", "remittance_overdue"}
    assert {(c.kind, c.subject_id, c.due_at) for c in clocks if c.kind not in own} == rows


def test_the_difference_between_two_moments_is_a_list_of_facts(played: Played) -> None:
    [(log_index, released)] = [
        each
        for each in moments.kinds_at(["escrow_released"], end())
        if each[1].stream_id == played.remitted.escrow_id
    ]
    found = past.differences(
        Moment(log_index=log_index - 1), Moment(log_index=log_index), at_most=1
    )
    [fact] = found.facts
    assert (fact.event_id, fact.type, fact.log_index) == (
        released.event_id,
        "escrow_released",
        log_index,
    )
    [change] = found.changes
    assert (change.kind, change.id) == ("escrow", played.remitted.escrow_id)
    account: Any = reading.load(escrow.DECIDER, change.id, version=released.version).state
    assert change.after["held_cents"] == account.books.held_cents
    assert change.before is not None
    assert change.before["held_cents"] == played.remitted.price_cents


@pytest.mark.usefixtures("played")
def test_moments_in_the_wrong_order_are_refused_and_equal_ones_do_not_differ() -> None:
    with pytest.raises(Refused, match="comes first"):
        past.differences(Moment(log_index=5), Moment(log_index=4), at_most=9)
    with pytest.raises(Refused, match="comes first"):
        past.differences_one_by_one(Moment(log_index=5), Moment(log_index=4))
    same = past.differences(end(), end(), at_most=0)
    assert (same.facts, same.changes) == ((), ())


@EVERY
@pytest.mark.usefixtures("played")
def test_the_tool_answers_with_the_index_that_it_stands_on(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit", "replay", kind, "--log-index", "20", "--json")
    told = capsys.readouterr().out.encode()
    assert told == asked(kind, Moment(log_index=20)) + b"\n"
    assert b'"stands_on":{"log_index":20,"settled":true}' in told


def test_the_tool_answers_as_of_a_time(played: Played, capsys: pytest.CaptureFixture[str]) -> None:
    at = end()
    time = EventRow.objects.aggregate(last=Max("recorded_at"))["last"].isoformat()
    played.stage.registered_customer("after-the-question")
    Sequencer().run_until_empty()
    for kind in ("customer", "ledger", "clocks"):
        call_command("audit", "replay", kind, "--as-of", time, "--json")
        assert capsys.readouterr().out.encode() == asked(kind, at) + b"\n"


@pytest.mark.usefixtures("played")
def test_moments_may_lie_as_far_apart_as_is_said_and_no_further() -> None:
    first, last = Moment(log_index=-1), Moment(log_index=6)
    assert len(past.differences(first, last, at_most=7).facts) == 7
    with pytest.raises(Refused, match="7 events lie between") as refused:
        past.differences(first, last, at_most=6)
    assert (refused.value.code, refused.value.extra) == (
        "moments_too_far_apart",
        {"events_at_most": 6},
    )


@pytest.mark.usefixtures("played")
def test_a_stream_read_once_stands_at_both_moments_as_read_twice() -> None:
    earlier, later = middle(), end()
    moved = moments.moved_between(Moment(log_index=-1), later)
    assert {aggregate for aggregate, _ in moved} >= {"license", "shipment", "customer"}
    for aggregate, stream_id in moved:
        if aggregate in projections:
            decider = projections[aggregate].decider
            both = moments.load_at_both(decider, stream_id, earlier, later)
            apart = [moments.load_at(decider, stream_id, at) for at in (earlier, later)]
            assert list(both) == apart


@pytest.mark.parametrize("reads", [["--json"], []])
@pytest.mark.parametrize(("first", "last"), [(-1, None), (20, None), (3, 4), (5, 5)])
@pytest.mark.usefixtures("played")
def test_the_tool_writes_piece_by_piece_what_differs_as_a_whole(
    reads: list[str], first: int, last: int | None, capsys: pytest.CaptureFixture[str]
) -> None:
    later = end() if last is None else Moment(log_index=last)
    whole = past.differences(Moment(log_index=first), later, at_most=10_000)
    content = canonical(to_wire(whole))
    assert (b'"facts":[]' in content) == (first == last)
    expected = content if reads else msgspec.json.format(content)
    call_command("audit", "difference", "--from", str(first), "--to", str(later.log_index), *reads)
    assert capsys.readouterr().out.encode() == expected + b"\n"


@pytest.mark.usefixtures("played")
def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Refused, match="no things called dragon"):
        past.answer("dragon", None, end(), AUDITOR)
