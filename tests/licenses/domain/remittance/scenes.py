"""The remittance of a shipment worth 1,000.01: a levy of 250.01."""

from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from audits.kernel import Actor, Event, Facts
from licenses.domain.remittance import DECIDER
from licenses.domain.remittance.commands import (
    AssessRemittance,
    ConfirmRemittance,
    InstructRemittance,
    ReconcileRemittance,
    ReturnRemittance,
)
from licenses.domain.remittance.events import ReferenceKind, Source
from licenses.domain.remittance.facts import AssessFacts, ConfirmFacts, ReconcileFacts
from tests.licenses.domain.policy.deals import BRIEF
from tests.support.deciding import Step, played
from tests.support.people import BANK, NOON, SYSTEM, TREASURY, identity

SHIPMENT: Final = identity("shipment/remitted")
LICENSE: Final = identity("license/remitted")
EXPORTER_ID: Final = identity("organization/exporter")
TODAY: Final = NOON.date()
DUE_CENTS: Final = 250_01
IMAD: Final = "20261123MMQFMP3K000123"
CITATION: Final = BRIEF.levy.citation

ASSESS: Final = AssessRemittance(
    shipment_id=SHIPMENT,
    license_id=LICENSE,
    exporter_id=EXPORTER_ID,
    source=Source.ESCROW,
    levy=BRIEF.levy,
    is_covered=True,
    currency="USD",
    base_cents=1_000_01,
    cumulative_base_cents=1_000_01,
    edition=BRIEF.name,
)
RECONCILE: Final = ReconcileRemittance()


def acting(actor: Actor) -> Facts:
    return Facts(now=NOON, actor=actor)


def assess_facts(withheld_cents: int | None = DUE_CENTS) -> AssessFacts:
    return AssessFacts(now=NOON, actor=SYSTEM, withheld_cents=withheld_cents)


def instruct(reference: str = "T1", **changes: Any) -> InstructRemittance:
    command = InstructRemittance(bank_reference=reference, amount_cents=DUE_CENTS, currency="USD")
    return replace(command, **changes)


def came_back(reference: str = "T1") -> ReturnRemittance:
    return ReturnRemittance(bank_reference=reference, reason="The account was closed.")


def confirm(**changes: Any) -> ConfirmRemittance:
    command = ConfirmRemittance(
        reference_kind=ReferenceKind.FEDWIRE,
        reference=IMAD,
        amount_cents=DUE_CENTS,
        currency="USD",
        paid_on=TODAY,
    )
    return replace(command, **changes)


def confirm_facts(**changes: Any) -> ConfirmFacts:
    facts = ConfirmFacts(now=NOON, actor=TREASURY, reference_used_by_shipment_id=None)
    return replace(facts, **changes)


def ledger_says(
    due_cents: int = DUE_CENTS, paid_cents: int = DUE_CENTS, pending_cents: int = 0
) -> ReconcileFacts:
    return ReconcileFacts(
        now=NOON,
        actor=SYSTEM,
        due_cents=due_cents,
        paid_cents=paid_cents,
        pending_cents=pending_cents,
    )


ASSESSING: Final[Step] = (ASSESS, assess_facts())
INSTRUCTING: Final[Step] = (instruct(), acting(BANK))
RETURNING: Final[Step] = (came_back(), acting(BANK))
CONFIRMING: Final[Step] = (confirm(), confirm_facts())
RECONCILING: Final[Step] = (RECONCILE, ledger_says())
NOTHING_DUE: Final = replace(ASSESS, is_covered=False)


history = partial(played, DECIDER)
HISTORIES: Final[dict[str, list[Event]]] = {
    "not assessed": [],
    "assessed": history(ASSESSING),
    "instructed": history(ASSESSING, INSTRUCTING),
    "returned": history(ASSESSING, INSTRUCTING, RETURNING),
    "instructed anew": history(ASSESSING, INSTRUCTING, RETURNING, (instruct("T2"), acting(BANK))),
    "confirmed": history(ASSESSING, INSTRUCTING, CONFIRMING),
    "reconciled": history(ASSESSING, INSTRUCTING, CONFIRMING, RECONCILING),
    "nothing due": history((NOTHING_DUE, assess_facts(0))),
}
