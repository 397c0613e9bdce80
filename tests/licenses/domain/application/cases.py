"""An application at each stage of its life, with the facts that its decisions ask for."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from audits.kernel import Actor, Event
from customers.domain.values import Document
from licenses.domain.application.commands import (
    ConfirmDecision,
    DraftApplication,
    ProposeDecision,
    SubmitApplication,
)
from licenses.domain.application.content import KnownCustomer, complete, deal_fingerprint
from licenses.domain.application.events import (
    ApplicationApproved,
    ApplicationDenied,
    ApplicationDrafted,
    ApplicationReturned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    DecisionProposed,
)
from licenses.domain.application.facts import DecisionFacts, ProposalFacts, SubmitFacts
from licenses.domain.application.values import (
    Content,
    DraftItem,
    LineQuantity,
    Outcome,
    Party,
    PartyRole,
    Proposal,
    Proviso,
    SupplyStatement,
)
from licenses.domain.policy.model import Condition, LicenseRule, SupplyCertification, Verdict
from tests.support.people import EXPORTER, NOON, OFFICER, SECOND_OFFICER, identity

EDITION: Final = "brief-2026"
CONTROL_NUMBER: Final = "Z100001"
BUYER: Final = identity("customer/buyer")
END_USER: Final = identity("customer/end-user")
FORWARDER: Final = identity("customer/forwarder")
H200: Final = identity("product/h200")
H100: Final = identity("product/h100")
EXPIRY: Final = NOON + timedelta(days=365)
RULE: Final = LicenseRule(
    value_tolerance_percent=10,
    quantity_tolerance=0,
    validity_days_at_most=1461,
    citation="15 CFR 750.7(g), 750.11",
)
PROVISO: Final = Proviso(proviso_id="P1", text="Report every transfer within 30 days.")


def document(name: str) -> Document:
    """Make a document with a fingerprint of its own."""
    return Document(
        name=f"{name}.pdf",
        media_type="application/pdf",
        sha256=identity(name).hex * 2,
        size_bytes=1,
    )


ITEMS: Final = (
    DraftItem(
        line=1,
        product_id=H200,
        model="H200 SXM",
        eccn="3A090.a",
        quantity=100,
        unit_price_cents=30_000_00,
        manufacturer="NVIDIA",
        description="Accelerator modules",
    ),
    DraftItem(
        line=2,
        product_id=H100,
        model="H100 SXM",
        eccn="3A090.a",
        quantity=10,
        unit_price_cents=20_000_00,
        manufacturer="NVIDIA",
        description="Accelerator modules",
    ),
)
CONTENT: Final = Content(
    parties=(
        Party(role=PartyRole.PURCHASER, customer_id=BUYER),
        Party(role=PartyRole.ULTIMATE_CONSIGNEE, customer_id=END_USER),
        Party(role=PartyRole.END_USER, customer_id=END_USER),
    ),
    items=ITEMS,
    currency="USD",
    shipped_from_country="US",
    destination_country="CN",
    end_use="Training of speech models",
    documents=(document("contract"),),
    supply=SupplyStatement(certifications=tuple(SupplyCertification), us_units_shipped=400),
)
CUSTOMERS: Final = (
    KnownCustomer(customer_id=BUYER, party_version=1),
    KnownCustomer(customer_id=END_USER, party_version=3),
)


def drafting(content: Content = CONTENT, **changes: Any) -> DraftApplication:
    """Make the command that drafts `content`."""
    fields = msgspec.structs.asdict(content) | changes
    return DraftApplication(**fields)


def verdicts(**failing: str) -> tuple[Verdict, ...]:
    """Twelve verdicts, all holding but `C8="not_prepaid"` and the like."""
    return tuple(
        Verdict(
            condition=condition,
            holds=condition.value not in failing,
            code=failing.get(condition.value, "holds"),
            reason=f"Judged {condition}.",
            citation=f"Rule of {condition}",
            evidence=(identity(f"event/{condition}"),),
        )
        for condition in Condition
    )


def submitting(**changes: Any) -> SubmitFacts:
    """Facts of a submission to which nothing is objected."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": EXPORTER,
        "control_number": CONTROL_NUMBER,
        "edition": EDITION,
        "customers": CUSTOMERS,
    }
    return SubmitFacts(**fields | changes)


def proposing(actor: Actor = OFFICER, **changes: Any) -> ProposalFacts:
    """Facts of a proposal under which an approval is possible."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": actor,
        "edition": EDITION,
        "verdicts": verdicts(),
        "version": 2,
        "rule": RULE,
    }
    return ProposalFacts(**fields | changes)


def confirming(actor: Actor = SECOND_OFFICER, **changes: Any) -> DecisionFacts:
    """Facts of a confirmation under which an approval is possible."""
    fields: dict[str, Any] = {
        "now": NOON,
        "actor": actor,
        "edition": EDITION,
        "verdicts": verdicts(),
    }
    return DecisionFacts(**fields | changes)


SUBMIT: Final = SubmitApplication()
APPROVE: Final = ProposeDecision(
    outcome=Outcome.APPROVE, reasons=("Civilian end use",), provisos=(PROVISO,), expires_at=EXPIRY
)
DENY: Final = ProposeDecision(outcome=Outcome.DENY, reasons=("Military end use",))
CONFIRM: Final = ConfirmDecision(on_version=2)

DRAFTED: Final = ApplicationDrafted(exporter_id=EXPORTER.organization_id, content=CONTENT)
SUBMITTED: Final = ApplicationSubmitted(
    exporter_id=EXPORTER.organization_id,
    control_number=CONTROL_NUMBER,
    fingerprint=deal_fingerprint(EXPORTER.organization_id, CONTENT),
    submission=complete(CONTENT, CUSTOMERS),
    by=EXPORTER.person_id,
    edition=EDITION,
)
APPROVAL: Final = Proposal(
    outcome=Outcome.APPROVE,
    reasons=("Civilian end use",),
    provisos=(PROVISO,),
    quantities=(LineQuantity(line=1, quantity=100), LineQuantity(line=2, quantity=10)),
    expires_at=EXPIRY,
    on_version=2,
    by=OFFICER.person_id,
    edition=EDITION,
)
DENIAL: Final = Proposal(
    outcome=Outcome.DENY,
    reasons=("Military end use",),
    provisos=(),
    quantities=(),
    expires_at=None,
    on_version=2,
    by=OFFICER.person_id,
    edition=EDITION,
)
PROPOSED: Final = DecisionProposed(proposal=APPROVAL, verdicts=verdicts())
PROPOSED_DENIAL: Final = DecisionProposed(proposal=DENIAL, verdicts=())
APPROVED: Final = ApplicationApproved(
    proposal=APPROVAL,
    confirmed_by=SECOND_OFFICER.person_id,
    verdicts=verdicts(),
    edition=EDITION,
)
DENIED: Final = ApplicationDenied(
    proposal=DENIAL, confirmed_by=SECOND_OFFICER.person_id, edition=EDITION
)
RETURNED: Final = ApplicationReturned(reasons=("No end-use statement",), by=OFFICER.person_id)
WITHDRAWN: Final = ApplicationWithdrawn(reason="The buyer gave up")

HISTORIES: Final[dict[str, tuple[Event, ...]]] = {
    "not drafted": (),
    "draft": (DRAFTED,),
    "submitted": (DRAFTED, SUBMITTED),
    "proposed": (DRAFTED, SUBMITTED, PROPOSED),
    "approved": (DRAFTED, SUBMITTED, PROPOSED, APPROVED),
    "denied": (DRAFTED, SUBMITTED, PROPOSED_DENIAL, DENIED),
    "returned": (DRAFTED, SUBMITTED, RETURNED),
    "withdrawn": (DRAFTED, WITHDRAWN),
}
"""A history that ends in each state."""
