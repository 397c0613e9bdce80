"""Facts for products, applications and licenses."""

import functools
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from audits.execution import Desk
from audits.kernel import Facts
from audits.reading import Loaded
from customers.domain.customer.state import Unregistered
from licenses.domain import application, product
from licenses.domain.application.commands import ProposeDecision
from licenses.domain.application.content import Gap, KnownCustomer, deal_fingerprint
from licenses.domain.application.facts import (
    DecisionFacts,
    IneligibleLine,
    ProposalFacts,
    SubmitFacts,
)
from licenses.domain.application.state import ApplicationState, Draft, Proposed, Submitted
from licenses.domain.application.values import Content, Outcome
from licenses.domain.license.facts import ProposalFacts as RevocationProposalFacts
from licenses.domain.license.facts import ReinstatementFacts, RevocationFacts
from licenses.domain.license.state import LicenseState
from licenses.domain.policy.conditions.goods import eligible_product
from licenses.domain.policy.facts import DealFacts
from licenses.domain.product.decisions import ProductFacts
from licenses.domain.product.reference import Reference, find_part, identity_of, parse_reference
from licenses.domain.product.state import Registered
from licenses.editions import edition_in_force
from licenses.gathering import deals, parties
from licenses.gathering.common import common
from licenses.gathering.lookups import lookups, standing
from licenses.numbers import Series

REFERENCE_FILE: Final = Path(__file__).parent.parent / "reference" / "accelerators.toml"


def next_control_number(desk: Desk) -> str:
    """Take an application control number: a letter and six digits. Read nothing after it.

    A number that is held gives its transaction a place among all others: what it reads from then on
    may come after that place in the log.
    """
    return Series.APPLICATION.number(lookups().control_number(desk))


def next_license_number(desk: Desk) -> str:
    """Take a license number: D and seven digits. Read nothing after it, either."""
    return Series.LICENSE.number(lookups().license_number(desk))


@functools.cache
def accelerators() -> Reference:
    """Read the project's reference of known parts, once a process."""
    return parse_reference(REFERENCE_FILE.read_text(encoding="utf-8"))


def product_facts(desk: Desk, command: Any, _loaded: Loaded[Any]) -> ProductFacts:
    """Find the part that the description names."""
    stated = command.specification
    known = find_part(accelerators(), maker=stated.maker, model=stated.model)
    return ProductFacts(**common(desk), known=known)


def naming_facts(desk: Desk, command: Content, _loaded: Loaded[ApplicationState]) -> Facts:
    """Gather nothing; while a draft names customers, nobody erases what is known of them."""
    parties.load_customers(desk, (party.customer_id for party in command.parties or ()))
    return Facts(**common(desk))


def submit_facts(desk: Desk, _command: Any, loaded: Loaded[ApplicationState]) -> SubmitFacts:
    """Gather customers, eligibility and duplicates for a submission."""
    edition = edition_in_force(desk.context.now)
    state = loaded.state
    content = state.content if isinstance(state, Draft) else Content()
    exporter_id = desk.context.actor.organization_id
    fingerprint = deal_fingerprint(exporter_id, content)
    pending = standing(
        desk,
        application.DECIDER,
        lambda: lookups().duplicate_of(desk, fingerprint, but=loaded.stream_id),
    )
    return SubmitFacts(
        **common(desk),
        edition=edition.name,
        customers=known_customers(desk, content, exporter_id),
        ineligible=ineligible_lines(desk, content),
        misdescribed=misdescribed_lines(desk, content),
        duplicate_of=pending,
        control_number=next_control_number(desk),
    )


def known_customers(desk: Desk, content: Content, exporter_id: UUID) -> tuple[KnownCustomer, ...]:
    """Name the parties that are customers of this exporter, and their versions."""
    loaded = parties.load_customers(desk, (party.customer_id for party in content.parties or ()))
    return tuple(
        KnownCustomer(customer_id=key, party_version=each.state.file.party_version)
        for key, each in loaded.items()
        if not isinstance(each.state, Unregistered) and each.state.file.exporter_id == exporter_id
    )


def ineligible_lines(desk: Desk, content: Content) -> tuple[IneligibleLine, ...]:
    """Name the lines whose product the edition in force does not let through."""
    now = desk.context.now
    edition = edition_in_force(now)
    found = []
    for item in content.items or ():
        known = deals.known_product(desk, item.product_id) if item.product_id else None
        verdict = eligible_product(edition, DealFacts(now=now, product=known))
        if item.product_id and not verdict.holds:
            found.append(
                IneligibleLine(line=item.line, reason=verdict.reason, citation=verdict.citation)
            )
    return tuple(found)


def misdescribed_lines(desk: Desk, content: Content) -> tuple[Gap, ...]:
    """Name what lines say of their product that its registration does not: model, ECCN."""
    found = []
    for position, item in enumerate(content.items or ()):
        known = desk.load(product.DECIDER, item.product_id).state if item.product_id else None
        if not isinstance(known, Registered):
            continue
        maker, model = known.specification.maker, known.specification.model
        names = {
            identity_of(accelerators(), maker=maker, model=each)
            for each in (model, item.model or model)
        }
        if len(names) > 1:
            found.append(
                Gap(
                    field=f"items[{position}].model",
                    reason=f"is not {maker} {model}, which is registered",
                )
            )
        if item.eccn not in {None, known.specification.eccn}:
            found.append(
                Gap(
                    field=f"items[{position}].eccn",
                    reason=f"is not {known.specification.eccn}, which is registered",
                )
            )
    return tuple(found)


def proposal_facts(
    desk: Desk, command: ProposeDecision, loaded: Loaded[ApplicationState]
) -> ProposalFacts:
    """Gather the verdicts that a proposed approval rests on."""
    edition = edition_in_force(desk.context.now)
    filed = isinstance(loaded.state, Submitted | Proposed)
    approves = filed and command.outcome is Outcome.APPROVE
    return ProposalFacts(
        **common(desk),
        edition=edition.name,
        verdicts=deals.grant_verdicts(desk, loaded, edition) if approves else (),
        version=loaded.version,
        rule=edition.license,
    )


def decision_facts(desk: Desk, _command: Any, loaded: Loaded[ApplicationState]) -> DecisionFacts:
    """Gather the verdicts anew: what held at the proposal need not hold at the confirmation."""
    edition = edition_in_force(desk.context.now)
    state = loaded.state
    approves = isinstance(state, Proposed) and state.proposal.outcome is Outcome.APPROVE
    return DecisionFacts(
        **common(desk),
        edition=edition.name,
        verdicts=deals.grant_verdicts(desk, loaded, edition) if approves else (),
    )


def reinstatement_facts(
    desk: Desk, _command: Any, loaded: Loaded[LicenseState]
) -> ReinstatementFacts:
    """Judge the grant anew, under the edition in force."""
    edition = edition_in_force(desk.context.now)
    terms = loaded.state.grant.terms  # type: ignore[union-attr]  # it was suspended, so it exists
    filed = desk.load(application.DECIDER, terms.application_id)
    verdicts = deals.grant_verdicts(desk, filed, edition, reserved=True)
    return ReinstatementFacts(**common(desk), edition=edition.name, verdicts=verdicts)


def revocation_proposal_facts(
    desk: Desk, _command: Any, loaded: Loaded[LicenseState]
) -> RevocationProposalFacts:
    """Name the version that the officer decides on, and the edition in force."""
    edition = edition_in_force(desk.context.now)
    return RevocationProposalFacts(**common(desk), version=loaded.version, edition=edition.name)


def revocation_facts(desk: Desk, _command: Any, _loaded: Loaded[LicenseState]) -> RevocationFacts:
    """Name the edition that says what becomes of the money."""
    return RevocationFacts(**common(desk), edition=edition_in_force(desk.context.now).name)
