"""Verdicts judged again: what a decision rested on, from events alone, as of its moment.

Overdue remittances (C9) are left out for shipments: they hang on the clocks of other shipments, and
looking all of them up is for the daily audit that takes whole decisions again (`recompute`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from audits import replay
from audits.codec import Recorded
from audits.differences import Difference, Look
from audits.execution import Desk
from audits.kernel import Event, Refused
from audits.past.decided import happened
from audits.past.hindsight import BROKEN, Hindsight
from audits.verification.authority import about
from licenses.domain import application, license, shipment
from licenses.domain.application.events import ApplicationApproved, DecisionProposed
from licenses.domain.application.values import Outcome
from licenses.domain.license.events import LicenseReinstated
from licenses.domain.policy.model import Condition, Edition, Verdict
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from licenses.editions import looking_back, ruling_at
from licenses.gathering import deals, shipments
from licenses.gathering.lookups import Tables, answered_by

Verdicts = tuple[Verdict, ...]
Judge = Callable[[Hindsight, Recorded[Any], Edition], Verdicts]

ALL: Final = tuple(Condition)
AT_DISPATCH: Final = tuple(each for each in Condition if each is not Condition.REMITTANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How one kind of decision is judged again."""

    said: Callable[[Any], Verdicts]
    edition: Callable[[Any], str] = lambda event: event.edition
    """Event → the name of the edition that it was decided under."""
    judge: Judge
    conditions: tuple[Condition, ...] = ALL


def application_verdicts(desk: Hindsight, event: Recorded[Any], edition: Edition) -> Verdicts:
    """Judge an application as it was filed."""
    return deals.grant_verdicts(desk, desk.load(application.DECIDER, event.stream_id), edition)


def license_verdicts(desk: Hindsight, event: Recorded[Any], edition: Edition) -> Verdicts:
    """Judge the grant behind a license whose volume is held."""
    terms: Any = desk.load(license.DECIDER, event.stream_id).state
    filed = desk.load(application.DECIDER, terms.grant.terms.application_id)
    return deals.grant_verdicts(desk, filed, edition, reserved=True)


def shipment_verdicts(desk: Hindsight, event: Recorded[Any], edition: Edition) -> Verdicts:
    """Judge a shipment: of what left, or of all that was requested."""
    loaded = desk.load(shipment.DECIDER, event.stream_id)
    basis = shipments.load_basis(desk, loaded, lock="share")
    quantity = getattr(event.data, "quantity", basis.terms.quantity)
    return shipments.shipment_verdicts(desk, basis, edition, quantity=quantity)


JUDGED: Final[Mapping[type[Event], Judged]] = {
    DecisionProposed: Judged(
        said=lambda event: event.verdicts,
        edition=lambda event: event.proposal.edition,
        judge=application_verdicts,
    ),
    ApplicationApproved: Judged(said=lambda event: event.verdicts, judge=application_verdicts),
    LicenseReinstated: Judged(said=lambda event: event.verdicts, judge=license_verdicts),
    ClearanceAssessed: Judged(
        said=lambda event: event.clearance.verdicts,
        edition=lambda event: event.clearance.edition,
        judge=shipment_verdicts,
        conditions=AT_DISPATCH,
    ),
    ShipmentDispatched: Judged(
        said=lambda event: event.verdicts, judge=shipment_verdicts, conditions=AT_DISPATCH
    ),
}
"""Event → how its verdicts are judged again."""


def clearing_check(look: Look) -> Iterator[Difference]:
    """Judge again whatever was judged, under the edition that ruled."""
    look.expect(replay.count_types(JUDGED))
    with looking_back(), answered_by(_LEVIES_LEFT_OUT):
        for page in happened(JUDGED):
            for event, desk in page:
                yield from _differences(event, desk, JUDGED[type(event.data)])
                look.done()


class _LeviesLeftOut(Tables):
    """What C9 alone looks up is not looked up: its verdict is not judged."""

    def overdue_remittances(self, _desk: Desk, license_id: UUID, *, assessed_by: datetime) -> int:
        """Say none."""
        del license_id, assessed_by
        return 0

    def confirmed_cents(self, _desk: Desk, license_id: UUID, *, shipment_id: UUID) -> int:
        """Say none."""
        del license_id, shipment_id
        return 0


_LEVIES_LEFT_OUT: Final = _LeviesLeftOut()


def _differences(event: Recorded[Any], desk: Hindsight, judged: Judged) -> Iterator[Difference]:
    if isinstance(event.data, DecisionProposed) and event.data.proposal.outcome is Outcome.DENY:
        return  # a denial rests on the officers' reasons, not on verdicts
    named = judged.edition(event.data)
    ruling = ruling_at(event.recorded_at)
    if ruling is None or ruling.name != named:
        detail = f"decided under {named}, in force was {ruling.name if ruling else 'none'}"
        yield about(event, "edition_not_in_force", detail)
        return
    if not desk.saw_everything:
        return  # `recompute` names it; its place says nothing of what it saw
    try:
        found = _by_condition(judged.judge(desk, event, ruling))
    except Refused as refusal:
        detail = f"it had to be refused: {refusal.code}, {refusal.detail}"
        yield about(event, "judging_not_possible", detail)
        return
    except BROKEN:
        detail = "a stream that it rests on is as no decision could leave it"
        yield about(event, "judging_not_possible", detail)
        return
    said = _by_condition(judged.said(event.data))
    for condition in judged.conditions:
        if said.get(condition) != found[condition]:
            detail = f"{condition}: said {said.get(condition)}, judged again {found[condition]}"
            yield about(event, "verdict_otherwise", detail)


def _by_condition(verdicts: Verdicts) -> dict[Condition, tuple[bool, str, tuple[UUID, ...]]]:
    """Take from each verdict what must come out again; how it is worded may change."""
    return {
        verdict.condition: (verdict.holds, verdict.code, verdict.evidence) for verdict in verdicts
    }
