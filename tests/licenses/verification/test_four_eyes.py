"""Every decision of two people is checked again: who proposed, who confirmed, and what."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from audits.codec import Recorded
from audits.kernel import Actor, Event
from customers.domain.customer.events import (
    ApprovalProposed,
    CustomerApproved,
    HitAdjudicated,
    HitReleased,
)
from customers.verification import PAIRS as CUSTOMER_PAIRS
from licenses.domain.application.events import (
    ApplicationApproved,
    ApplicationDenied,
    ApplicationSubmitted,
    DecisionProposed,
)
from licenses.domain.edition.events import EditionApproved, EditionPublished
from licenses.domain.escrow.events import RefundProposed, RefundWaived
from licenses.domain.ids import edition_id
from licenses.domain.laboratory.events import DisqualificationProposed, LaboratoryDisqualified
from licenses.domain.license.events import LicenseRevoked, RevocationProposed
from licenses.verification.decisions import PAIRS as LICENSE_PAIRS
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import forge, found, latest, names
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER, identity

Place = tuple[str, Any]


class Case:
    """A pair as it happened in the world."""

    def __init__(
        self,
        check: str,
        place: Callable[[Played], Place],
        events: tuple[type[Event], type[Event]],
        named: tuple[Callable[[Any, Actor], Any], Callable[[Any, Actor, Actor], Any]],
        other: Callable[[Any], Any],
    ) -> None:
        self.check = check
        self.place = place
        self.proposes, self.confirms = events
        self.proposed_by, self.confirmed_by = named
        self.other = other

    def history(self, played: Played) -> tuple[Recorded[Any], Recorded[Any]]:
        """Give what was proposed and confirmed in the world."""
        _, stream = self.place(played)
        return latest(stream, self.proposes), latest(stream, self.confirms)

    def forge(
        self, played: Played, event: Event, actor: Actor, *, stream: Any = None
    ) -> Recorded[Any]:
        """Write one more of these events into the stream, or into another."""
        aggregate, place = self.place(played)
        [forged] = forge((aggregate, stream or place, event), actor=actor, command="Any")
        return forged


def by(event: Any, actor: Actor) -> Any:
    return replace(event, by=actor.person_id)


def stated(proposed: str, confirmed: str) -> Callable[[Any, Actor, Actor], Any]:
    return lambda event, maker, checker: replace(
        event, **{proposed: maker.person_id, confirmed: checker.person_id}
    )


def decided(event: Any, maker: Actor, checker: Actor) -> Any:
    return replace(event, proposal=by(event.proposal, maker), confirmed_by=checker.person_id)


def application_case(deal: str, confirms: type[Event]) -> Case:
    return Case(
        "license_decisions",
        lambda played: ("application", getattr(played, deal).application_id),
        (DecisionProposed, confirms),
        (lambda event, actor: replace(event, proposal=by(event.proposal, actor)), decided),
        lambda event: replace(event, proposal=replace(event.proposal, reasons=("Other",))),
    )


CASES = {
    "approval": Case(
        "customer_approvals",
        lambda played: ("customer", played.open.customer_id),
        (ApprovalProposed, CustomerApproved),
        (by, stated("proposed_by", "by")),
        lambda event: replace(event, party_version=9),
    ),
    "edition": Case(
        "license_decisions",
        lambda _played: ("edition", edition_id("brief-2026")),
        (EditionPublished, EditionApproved),
        (by, stated("published_by", "by")),
        lambda event: replace(event, sha256="0" * 64),
    ),
    "grant": application_case("open", ApplicationApproved),
    "denial": application_case("denied", ApplicationDenied),
    "revocation": Case(
        "license_decisions",
        lambda played: ("license", played.revoked.license_id),
        (RevocationProposed, LicenseRevoked),
        (by, stated("proposed_by", "confirmed_by")),
        lambda event: replace(event, reason="Another"),
    ),
    "refund": Case(
        "license_decisions",
        lambda played: ("escrow", played.refunded.escrow_id),
        (RefundProposed, RefundWaived),
        (by, stated("proposed_by", "by")),
        lambda event: replace(event, amount_cents=event.amount_cents - 1),
    ),
    "disqualification": Case(
        "license_decisions",
        lambda played: ("laboratory", played.stage.laboratory_id),
        (DisqualificationProposed, LaboratoryDisqualified),
        (by, stated("proposed_by", "by")),
        lambda event: replace(event, reason="Another"),
    ),
}
cases = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def test_every_pair_has_its_case() -> None:
    known = {(case.proposes, case.confirms) for case in CASES.values()}
    pairs = {
        (pair.proposes, confirm)
        for pair in (*CUSTOMER_PAIRS, *LICENSE_PAIRS)
        for confirm in pair.confirms
        if pair.proposes not in {HitAdjudicated, ApplicationSubmitted}  # below
    }
    assert pairs == known


@cases
def test_two_people_are_no_difference(played: Played, case: Case) -> None:
    proposed, confirmed = case.history(played)
    case.forge(played, case.proposed_by(proposed.data, SECOND_OFFICER), SECOND_OFFICER)
    again = case.confirmed_by(confirmed.data, SECOND_OFFICER, OFFICER)
    case.forge(played, again, OFFICER)
    assert found(case.check) == (None, [])


@cases
def test_one_person_alone_is_named(played: Played, case: Case) -> None:
    proposed, confirmed = case.history(played)
    case.forge(played, case.proposed_by(proposed.data, OFFICER), OFFICER)
    alone = case.forge(played, case.confirmed_by(confirmed.data, OFFICER, OFFICER), OFFICER)
    names(case.check, "four_eyes_same_person", alone.event_id)


@cases
def test_one_person_who_names_another_is_named(played: Played, case: Case) -> None:
    proposed, confirmed = case.history(played)
    case.forge(played, case.proposed_by(proposed.data, SECOND_OFFICER), OFFICER)
    alone = case.forge(played, case.confirmed_by(confirmed.data, SECOND_OFFICER, OFFICER), OFFICER)
    names(case.check, "four_eyes_same_person", alone.event_id)


@cases
@pytest.mark.parametrize("said", [(EXPORTER, SECOND_OFFICER), (OFFICER, EXPORTER)])
def test_a_confirmation_that_names_somebody_else_is_named(
    played: Played, case: Case, said: tuple[Actor, Actor]
) -> None:
    _, confirmed = case.history(played)
    event = case.forge(played, case.confirmed_by(confirmed.data, *said), SECOND_OFFICER)
    names(case.check, "four_eyes_misnamed", event.event_id)


@cases
def test_a_confirmation_of_something_else_is_named(played: Played, case: Case) -> None:
    _, confirmed = case.history(played)
    event = case.forge(played, case.other(confirmed.data), SECOND_OFFICER)
    names(case.check, "four_eyes_other_proposal", event.event_id)


@cases
def test_a_confirmation_without_a_proposal_is_named(played: Played, case: Case) -> None:
    _, confirmed = case.history(played)
    event = case.forge(played, confirmed.data, SECOND_OFFICER, stream=identity("nowhere"))
    kind, subjects = found(case.check)
    assert kind == "four_eyes_unproposed"
    assert all(str(event.event_id) in subject for subject in subjects)


def hits(played: Played) -> tuple[Recorded[Any], Recorded[Any]]:
    return latest(played.near, HitAdjudicated), latest(played.near, HitReleased)


def test_whoever_adjudicated_a_hit_does_not_release_it(played: Played) -> None:
    adjudicated, released = hits(played)
    forge(("customer", played.near, by(adjudicated.data, OFFICER)), actor=OFFICER, command="Any")
    happened = ("customer", played.near, by(released.data, OFFICER))
    [event] = forge(happened, actor=OFFICER, command="Any")
    names("customer_approvals", "four_eyes_same_person", event.event_id)


def test_another_hit_than_the_one_adjudicated_is_not_released(played: Played) -> None:
    _, released = hits(played)
    other = replace(released.data, hit_id=identity("other hit"))
    [event] = forge(("customer", played.near, other), actor=SECOND_OFFICER, command="Any")
    names("customer_approvals", "four_eyes_unproposed", event.event_id)


@pytest.mark.parametrize("kind", [DecisionProposed, ApplicationApproved])
def test_nobody_decides_on_what_they_filed(played: Played, kind: type[Event]) -> None:
    stream = played.open.application_id
    filed = latest(stream, ApplicationSubmitted)
    decision = latest(stream, kind)
    assert decision.actor != filed.actor
    again = filed.data, decision.data
    happened = [("application", stream, event) for event in again]
    _, event = forge(*happened, actor=decision.actor, command="Any")
    names("license_decisions", "four_eyes_same_person", event.event_id)
