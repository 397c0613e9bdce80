"""Twelve conditions, twelve verdicts. Pure."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from licenses.domain.policy.conditions import goods, laboratory, money, papers, parties
from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Condition, Edition, Verdict

CONDITIONS: Final[Mapping[Condition, Callable[[Edition, DealFacts], Verdict]]] = MappingProxyType(
    {
        Condition.ELIGIBLE_PRODUCT: goods.eligible_product,
        Condition.ELIGIBLE_DESTINATION: parties.eligible_destination,
        Condition.APPROVED_CUSTOMER: parties.approved_customer,
        Condition.SCREENED_PARTIES: parties.screened_parties,
        Condition.VOLUME_CAP: goods.volume_cap,
        Condition.US_SUPPLY_FIRST: goods.us_supply_first,
        Condition.THIRD_PARTY_TEST: laboratory.third_party_test,
        Condition.PREPAYMENT: money.prepayment,
        Condition.REMITTANCE: money.remittance,
        Condition.LICENSE_IN_FORCE: papers.license_in_force,
        Condition.DESTINATION_CLEARANCE: papers.destination_clearance,
        Condition.EXPORT_FILING: papers.export_filing,
    }
)

GRANT_CONDITIONS: Final = (
    Condition.ELIGIBLE_PRODUCT,
    Condition.ELIGIBLE_DESTINATION,
    Condition.APPROVED_CUSTOMER,
    Condition.SCREENED_PARTIES,
    Condition.VOLUME_CAP,
    Condition.US_SUPPLY_FIRST,
)
"""What must hold before a license is granted: all that is known of a deal before there is a lot.

The others can only come to hold under a license: escrow opens at grant (C8), a levy falls on a
shipment (C9), the license itself (C10), and lot, statement and filing belong to one shipment.
"""


def evaluate(edition: Edition, deal: DealFacts) -> tuple[Verdict, ...]:
    """Judge a deal: exactly one verdict for each of C1 to C12, in that order."""
    return tuple(condition(edition, deal) for condition in CONDITIONS.values())


def unmet(
    verdicts: Iterable[Verdict], conditions: Iterable[Condition] = tuple(Condition)
) -> tuple[Verdict, ...]:
    """Select the verdicts that do not hold; a condition of `conditions` without one is a bug.

    Raises LookupError for a missing verdict: silence must never count as consent.
    """
    by_condition = {verdict.condition: verdict for verdict in verdicts}
    return tuple(
        by_condition[condition] for condition in conditions if not by_condition[condition].holds
    )
