"""The same history under another edition: what would have failed or differed. Changes nothing.

History stays as it was: what would have been refused still takes its volume and pays its levy, so that
each answer speaks of one decision alone. Overdue remittances (C9) are not asked about.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from audits.codec import Recorded
from audits.differences import Progress, Silence
from audits.kernel import Event
from audits.past.decided import happened
from audits.past.hindsight import Hindsight
from audits.past.moments import Moment
from licenses.auditing.outcomes import BrokenCap, Counterfactual, Failed, Failing, OtherLevy
from licenses.auditing.then import Then
from licenses.auditing.volumes import Account, Volumes
from licenses.domain import allotment, application, remittance, shipment
from licenses.domain.allotment.events import UsSaleReported, UsSaleReversed
from licenses.domain.ids import remittance_id
from licenses.domain.license.events import LicenseExpired, LicenseGranted, LicenseRevoked
from licenses.domain.policy import volume as volume_rules
from licenses.domain.policy.conditions.goods import volume_cap
from licenses.domain.policy.evaluation import GRANT_CONDITIONS, evaluate
from licenses.domain.policy.facts import DealFacts, RouteFacts, VolumeFacts
from licenses.domain.policy.levies import covers, levy_due, levy_total
from licenses.domain.policy.model import Condition, Edition, Verdict
from licenses.domain.remittance.events import RemittanceAssessed
from licenses.domain.shipment.events import ShipmentDispatched
from licenses.editions import looking_back
from licenses.gathering import deals, shipments, volume
from licenses.gathering.lookups import answered_by


@dataclass(slots=True)
class _History:
    """What the walk through history has come to."""

    edition: Edition
    volumes: Volumes
    grants: list[Failed] = field(default_factory=list)
    shipments: list[Failed] = field(default_factory=list)
    caps: list[BrokenCap] = field(default_factory=list)
    levies: dict[UUID, "_Levied"] = field(default_factory=dict)
    bases: dict[UUID, int] = field(default_factory=dict)
    """License → what its levied shipments came to so far, in cents."""


@dataclass(slots=True)
class _Levied:
    license_id: UUID
    currency: str
    assessed_cents: int = 0
    would_be_cents: int = 0


Happened = tuple[int, Recorded[Any], Hindsight]


def counterfactual(
    edition: Edition, at: Moment, progress: Progress | None = None
) -> Counterfactual:
    """Walk the log up to a moment and judge every grant, shipment and levy under `edition`."""
    history, watched = _History(edition, Volumes(edition.cap)), progress or Silence()
    watched.begin("counterfactual", at.log_index + 1)
    last = -1
    with looking_back(), answered_by(Then()):
        for page in happened(_STEPS, at):
            for recorded, desk in page:
                log_index, _ = desk.moment()
                _STEPS[type(recorded.data)](history, (log_index, recorded, desk))
                watched.advance(log_index - last)
                last = log_index
    watched.advance(at.log_index - last)
    return Counterfactual(
        edition=edition.name,
        stands_on=at,
        grants=tuple(history.grants),
        shipments=tuple(history.shipments),
        remittances=tuple(_other_levies(history)),
        caps=tuple(history.caps),
    )


def _sold(history: _History, happened: Happened) -> None:
    _, recorded, desk = happened
    account = _allotment_account(history, recorded, desk)
    sale = recorded.data
    history.volumes.sell(account, sale.sale_reference, units=sale.quantity, tpp=sale.tpp)


def _taken_back(history: _History, happened: Happened) -> None:
    _, recorded, desk = happened
    back = recorded.data
    _, product_id, _ = _allotment_account(history, recorded, desk)
    history.volumes.take_back(product_id, back.sale_reference, units=back.quantity, tpp=back.tpp)


def _allotment_account(history: _History, recorded: Recorded[Any], desk: Hindsight) -> Account:
    books: Any = desk.load(allotment.DECIDER, recorded.stream_id).state
    return history.volumes.account(
        books.volume.exporter_id, books.volume.product_id, recorded.recorded_at
    )


def _granted(history: _History, happened: Happened) -> None:
    log_index, recorded, desk = happened
    terms = recorded.data.terms
    filed = desk.load(application.DECIDER, terms.application_id)
    judged = deals.grant_verdicts(desk, filed, history.edition, reserved=True)
    verdicts = {verdict.condition: verdict for verdict in judged}
    verdicts[Condition.VOLUME_CAP] = _cap_of(history, happened)
    failing = _failing(verdicts[condition] for condition in GRANT_CONDITIONS)
    if failing:
        history.grants.append(
            Failed(
                id=recorded.stream_id,
                event_id=recorded.event_id,
                log_index=log_index,
                under=recorded.data.edition,
                units=sum(line.quantity for line in terms.lines),
                value_cents=terms.total_cents,
                currency=terms.currency,
                failing=failing,
            )
        )


def _cap_of(history: _History, happened: Happened) -> Verdict:
    """Count every line of a grant; of several verdicts on the cap, the first that fails."""
    _, recorded, desk = happened
    terms, found = recorded.data.terms, []
    for line in terms.lines:
        tpp = volume.registered_product(desk, line.product_id).tpp
        account = history.volumes.account(terms.exporter_id, line.product_id, recorded.recorded_at)
        facts = history.volumes.facts(account, asked_units=line.quantity, tpp=tpp)
        verdict = _cap_verdict(history.edition, terms.destination_country, facts)
        found.append(verdict)
        if not verdict.holds:
            history.caps.append(_broken(recorded, line, account, facts, history.edition))
        if volume_rules.counts(history.edition.cap, terms.destination_country):
            key = (recorded.stream_id, line.line)
            history.volumes.hold(account, key, units=line.quantity, tpp=tpp)
    return next((verdict for verdict in found if not verdict.holds), found[0])


def _cap_verdict(edition: Edition, destination: str, facts: VolumeFacts) -> Verdict:
    route = RouteFacts(shipped_from="US", destination=destination, parties=())
    return volume_cap(edition, DealFacts(now=edition.effective_from, route=route, volume=facts))


def _broken(
    recorded: Recorded[Any], line: Any, account: Account, facts: VolumeFacts, edition: Edition
) -> BrokenCap:
    left = volume_rules.headroom(edition.cap, us_sold=facts.us_sold, taken=facts.taken)
    return BrokenCap(
        license_id=recorded.stream_id,
        line=line.line,
        event_id=recorded.event_id,
        exporter_id=account[0],
        product_id=account[1],
        window=account[2],
        metric=facts.metric,
        us_sold=facts.us_sold,
        taken=facts.taken,
        asked=facts.asked,
        over=facts.asked - max(0, left),
        value_cents=line.value_cents,
        currency=recorded.data.terms.currency,
    )


def _ended(history: _History, happened: Happened) -> None:
    _, recorded, _ = happened
    for left in recorded.data.left:
        history.volumes.give_back((recorded.stream_id, left.line), units=left.quantity)


def _dispatched(history: _History, happened: Happened) -> None:
    log_index, recorded, desk = happened
    left: ShipmentDispatched = recorded.data
    basis = shipments.load_basis(
        desk, desk.load(shipment.DECIDER, recorded.stream_id), lock="share"
    )
    facts = shipments.deal_facts(desk, basis, history.edition, quantity=left.quantity)
    facts = replace(
        facts,
        volume=_volume_at_dispatch(history, recorded, basis.terms),
        levy=replace(facts.levy, overdue=0, confirmed_cents=_confirmed(desk, recorded.stream_id))
        if facts.levy
        else None,
    )
    failing = _failing(evaluate(history.edition, facts))
    if failing:
        history.shipments.append(
            Failed(
                id=recorded.stream_id,
                event_id=recorded.event_id,
                log_index=log_index,
                under=left.edition,
                units=left.quantity,
                value_cents=left.value_cents,
                currency=left.currency,
                failing=failing,
            )
        )
    if history.edition.levy.due_event == "dispatch":
        _levy(history, desk, recorded.stream_id, left.value_cents)


def _volume_at_dispatch(history: _History, recorded: Recorded[Any], terms: Any) -> VolumeFacts:
    """Say how full the account is that the license holds its volume in: nothing more is asked."""
    held = history.volumes.held(terms.license_id, terms.line)
    account = held or history.volumes.account(
        terms.exporter_id, terms.product_id, recorded.recorded_at
    )
    return history.volumes.facts(account)


def _confirmed(desk: Hindsight, shipment_id: UUID) -> int:
    state: Any = desk.load(remittance.DECIDER, remittance_id(shipment_id)).state
    return state.assessed.amount_cents if getattr(state, "confirmed", None) else 0


def _assessed(history: _History, happened: Happened) -> None:
    _, recorded, desk = happened
    assessed: RemittanceAssessed = recorded.data
    levied = history.levies.setdefault(
        assessed.shipment_id, _Levied(assessed.license_id, assessed.currency)
    )
    levied.assessed_cents = assessed.amount_cents
    if history.edition.levy.due_event == "import_for_testing":
        _levy(history, desk, assessed.shipment_id, 0)


def _levy(history: _History, desk: Hindsight, shipment_id: UUID, proceeds_cents: int) -> None:
    """Compute what a shipment would have owed: on its proceeds, or on its value at entry."""
    levy = history.edition.levy
    terms = desk.load(shipment.DECIDER, shipment_id).state.terms
    by_proceeds = levy.base == "sale_proceeds"
    # An entered value is in US dollars, as customs has it.
    currency = terms.currency if by_proceeds else "USD"
    levied = history.levies.setdefault(shipment_id, _Levied(terms.license_id, currency))
    base_cents = proceeds_cents if by_proceeds else terms.entered_value_cents or 0
    known = deals.known_product(desk, terms.product_id)
    if not base_cents or known is None:
        return
    if covers(
        levy,
        tpp_thousandths=known.tpp_thousandths,
        dram_bandwidth_gb_per_s=known.dram_bandwidth_gb_per_s,
    ):
        before = history.bases.get(terms.license_id, 0)
        history.bases[terms.license_id] = before + base_cents
        levied.would_be_cents = levy_due(levy, before + base_cents, levy_total(levy, before))


def _other_levies(history: _History) -> Iterator[OtherLevy]:
    for shipment_id, levied in history.levies.items():
        if levied.assessed_cents != levied.would_be_cents:
            yield OtherLevy(
                shipment_id=shipment_id,
                license_id=levied.license_id,
                assessed_cents=levied.assessed_cents,
                would_be_cents=levied.would_be_cents,
                difference_cents=levied.would_be_cents - levied.assessed_cents,
                currency=levied.currency,
            )


def _failing(verdicts: Any) -> tuple[Failing, ...]:
    return tuple(
        Failing(
            condition=verdict.condition,
            code=verdict.code,
            reason=verdict.reason,
            citation=verdict.citation,
        )
        for verdict in verdicts
        if not verdict.holds
    )


_STEPS: Final[Mapping[type[Event], Callable[[_History, Happened], None]]] = {
    UsSaleReported: _sold,
    UsSaleReversed: _taken_back,
    LicenseGranted: _granted,
    LicenseRevoked: _ended,
    LicenseExpired: _ended,
    ShipmentDispatched: _dispatched,
    RemittanceAssessed: _assessed,
}
"""Event → what it means under another edition."""
