"""Verdicts are judged again from events alone: one that the facts did not give is named."""

from typing import Any, Final

import pytest
from msgspec.structs import replace

from audits.codec import Recorded
from audits.kernel import Event
from audits.models import EventRow
from audits.reading import decode
from audits.replay import wire_names
from licenses.domain.application.events import ApplicationApproved, DecisionProposed
from licenses.domain.policy.model import Condition, Verdict
from licenses.domain.shipment.events import (
    ClearanceAssessed,
    ShipmentDispatched,
    ShipmentRequested,
)
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import (
    as_superuser,
    forge,
    found,
    latest,
    names,
    rewrite,
)
from tests.support.people import EXPORTER, identity

KINDS: Final = (DecisionProposed, ApplicationApproved, ClearanceAssessed, ShipmentDispatched)
kinds = pytest.mark.parametrize("kind", KINDS)


def one_of(kind: type[Event]) -> Recorded[Any]:
    """Find the first event of a kind that carries verdicts."""
    rows = EventRow.objects.filter(type__in=wire_names([kind])).order_by("recorded_at")
    return decode(bytes(rows[0].canonical))


def with_verdicts(event: Any, verdicts: tuple[Verdict, ...]) -> Any:
    if isinstance(event, ClearanceAssessed):
        return replace(event, clearance=replace(event.clearance, verdicts=verdicts))
    return replace(event, verdicts=verdicts)


def verdicts_of(event: Any) -> tuple[Verdict, ...]:
    said: Any = event.clearance if isinstance(event, ClearanceAssessed) else event
    return tuple(said.verdicts)


def altered(event: Any, condition: Condition, **changes: Any) -> Any:
    return with_verdicts(
        event,
        tuple(
            replace(verdict, **changes) if verdict.condition is condition else verdict
            for verdict in verdicts_of(event)
        ),
    )


@kinds
@pytest.mark.parametrize(
    "changes",
    [{"holds": False}, {"code": "because_i_say_so"}, {"evidence": (identity("nothing"),)}],
    ids=["outcome", "code", "evidence"],
)
@pytest.mark.usefixtures("played")
def test_a_verdict_that_says_otherwise_is_named(kind: type[Event], changes: dict[str, Any]) -> None:
    event = one_of(kind)
    rewrite(event, altered(event.data, Condition.APPROVED_CUSTOMER, **changes))
    names("judged_again", "verdict_otherwise", event.event_id)


@kinds
@pytest.mark.usefixtures("played")
def test_a_verdict_left_out_is_named(kind: type[Event]) -> None:
    event = one_of(kind)
    rewrite(event, with_verdicts(event.data, verdicts_of(event.data)[1:]))
    names("judged_again", "verdict_otherwise", event.event_id)


@kinds
@pytest.mark.usefixtures("played")
def test_an_edition_that_did_not_rule_is_named(kind: type[Event]) -> None:
    event = one_of(kind)
    data: Any = event.data
    if isinstance(data, DecisionProposed):
        data = replace(data, proposal=replace(data.proposal, edition="never-was"))
    elif isinstance(data, ClearanceAssessed):
        data = replace(data, clearance=replace(data.clearance, edition="never-was"))
    else:
        data = replace(data, edition="never-was")
    rewrite(event, data)
    names("judged_again", "edition_not_in_force", event.event_id)


def test_what_hangs_on_other_shipments_is_left_to_recompute(played: Played) -> None:
    """The remittances of other shipments (C9) are looked up there."""
    event = latest(played.short.shipment_id, ShipmentDispatched)
    rewrite(event, altered(event.data, Condition.REMITTANCE, code="remittance_overdue"))
    assert found("judged_again") == (None, [])


def test_a_dispatch_that_claims_what_no_longer_held_is_named(played: Played) -> None:
    """The laboratory of the open deal was disqualified: no verdict of before helps it out."""
    told = latest(played.short.shipment_id, ShipmentDispatched).data
    happened = ("shipment", played.open.shipment_id, replace(told, quantity=2))
    [forged] = forge(happened, actor=EXPORTER, command="DispatchShipment")
    names("judged_again", "verdict_otherwise", *[forged.event_id] * len(_differing(played)))


def _differing(played: Played) -> list[Condition]:
    """Name the conditions that a dispatch of the open deal could not take from the other's."""
    told = verdicts_of(latest(played.short.shipment_id, ShipmentDispatched).data)
    own = verdicts_of(latest(played.open.shipment_id, ClearanceAssessed).data)
    pairs = zip(told, own, strict=True)
    lost = {Condition.THIRD_PARTY_TEST}
    return [
        one.condition
        for one, other in pairs
        if one.condition is not Condition.REMITTANCE
        and (one.evidence != other.evidence or one.condition in lost)
    ]


@pytest.mark.usefixtures("played")
def test_a_verdict_that_rests_on_a_stream_without_its_beginning_is_named() -> None:
    event = one_of(ShipmentRequested)
    for table in ("audits_log", "audits_event"):
        statement = f"DELETE FROM {table} WHERE event_id = %s"  # noqa: S608 -- a constant
        as_superuser(table, statement, event.event_id)
    kind, subjects = found("judged_again")
    assert kind == "judging_not_possible"
    assert any(str(event.stream_id) in each for each in subjects)
