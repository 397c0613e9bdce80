"""A deal that holds in every condition, under either edition, and how to change one thing in it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from licenses.domain.policy.evaluation import CONDITIONS
from licenses.domain.policy.facts import (
    ClearanceFacts,
    CustomerFacts,
    DealFacts,
    FilingFacts,
    GateFacts,
    LaboratoryFacts,
    LevyFacts,
    LicenseFacts,
    Measured,
    PartyFacts,
    PaymentFacts,
    ProductFacts,
    RouteFacts,
    ScreenedPartyFacts,
    ScreeningFacts,
    ShipmentFacts,
    SupplyFacts,
    TestingFacts,
    VolumeFacts,
)
from licenses.domain.policy.model import (
    Assurance,
    Condition,
    Edition,
    GateKind,
    SupplyCertification,
    Verdict,
)
from licenses.domain.policy.parsing import parse_edition
from tests.support.people import NOON, identity

EDITIONS: Final = Path(__file__).parents[4] / "licenses" / "editions"
BRIEF_TOML: Final = (EDITIONS / "brief-2026.toml").read_text()
RULE_TOML: Final = (EDITIONS / "rule-2026.toml").read_text()
BRIEF: Final = parse_edition(BRIEF_TOML)
RULE: Final = parse_edition(RULE_TOML)

BUYER: Final = identity("party/buyer")
END_USER: Final = identity("party/end-user")
PRICE_CENTS: Final = 3_200_000_00
"""Of a shipment of 100 units; the license covers 200."""


def proof(name: str) -> tuple[UUID, ...]:
    """Name one event that proves something."""
    return (identity(f"event/{name}"),)


def _party(party_id: UUID, role: str) -> PartyFacts:
    return PartyFacts(
        party_id=party_id,
        role=role,
        country="CN",
        headquarters_country="CN",
        ultimate_parent_country="CN",
        evidence=proof(role),
    )


def _screened(party_id: UUID) -> ScreenedPartyFacts:
    return ScreenedPartyFacts(
        party_id=party_id,
        screened=True,
        list_fetched_at=NOON - timedelta(days=1),
        listed_ownership_percent=0,
        evidence=proof(f"screening/{party_id}"),
    )


BRIEF_DEAL: Final = DealFacts(
    now=NOON,
    product=ProductFacts(
        product_id=identity("product/h200"),
        model="H200 SXM",
        maker="NVIDIA",
        generation="Hopper",
        eccn="3A090.a",
        tpp_thousandths=15_832_000,
        dram_bandwidth_gb_per_s=4800,
        us_commercially_available_on=date(2024, 3, 27),
        evidence=proof("product_registered"),
    ),
    route=RouteFacts(
        shipped_from="US",
        destination="CN",
        parties=(_party(BUYER, "purchaser"), _party(END_USER, "end user")),
        evidence=proof("application_submitted"),
    ),
    customer=CustomerFacts(
        status="approved",
        approved_until=NOON + timedelta(days=365),
        assurances=tuple(Assurance),
        evidence=proof("customer_approved"),
    ),
    screening=ScreeningFacts(
        parties=(_screened(BUYER), _screened(END_USER)), evidence=proof("list_imported")
    ),
    volume=VolumeFacts(
        metric="units",
        window="2026",
        us_sold=400,
        taken=200,
        asked=0,
        frozen=False,
        evidence=proof("volume_reserved"),
    ),
    supply=SupplyFacts(
        certifications=tuple(SupplyCertification),
        us_units_shipped=400,
        us_stock_units=50,
        us_open_order_units=50,
        evidence=proof("supply"),
    ),
    testing=TestingFacts(
        certified=True,
        lot_size=100,
        sampled=5,
        laboratory=LaboratoryFacts(
            accredited=True,
            headquarters_country="US",
            tested_in="US",
            control_countries=("US",),
            financial_interest=False,
            evidence=proof("laboratory_accredited"),
        ),
        highest=Measured(
            tpp=15_700,
            dram_bandwidth_gb_per_s=4750,
            interconnect_bandwidth_gb_per_s=900,
            dram_capacity_gb=141,
        ),
        evidence=proof("certificate_issued"),
    ),
    payment=PaymentFacts(
        agreed_cents=2 * PRICE_CENTS,
        deposited_cents=2 * PRICE_CENTS,
        held_cents=PRICE_CENTS,
        price_cents=PRICE_CENTS,
        currency="USD",
        evidence=proof("escrow_funded"),
    ),
    levy=LevyFacts(
        overdue=0,
        currency="USD",
        base_cents=PRICE_CENTS,
        held_cents=PRICE_CENTS,
        imported_for_testing=True,
        confirmed_cents=PRICE_CENTS // 4,
        evidence=proof("remittance"),
    ),
    license=LicenseFacts(
        number="D000001",
        status="active",
        expires_at=NOON + timedelta(days=30),
        provisos_acknowledged=True,
        exporter_id=identity("organization/exporter"),
        product_id=identity("product/h200"),
        party_ids=(BUYER, END_USER),
        end_use="Weather forecasts",
        quantity=200,
        value_cents=2 * PRICE_CENTS,
        shipped_quantity=100,
        shipped_value_cents=PRICE_CENTS,
        currency="USD",
        evidence=proof("license_granted"),
    ),
    shipment=ShipmentFacts(
        exporter_id=identity("organization/exporter"),
        product_id=identity("product/h200"),
        party_ids=(BUYER, END_USER),
        end_use="Weather forecasts",
        quantity=100,
        value_cents=PRICE_CENTS,
        evidence=proof("shipment_requested"),
    ),
    clearance=ClearanceFacts(
        gates=(
            GateFacts(
                kind=GateKind.END_USER_STATEMENT, cleared=True, evidence=proof("statement_held")
            ),
        )
    ),
    filing=FilingFacts(
        itn="X20261123000001",
        license_code="C30",
        license_number="D000001",
        eccn="3A090.a",
        evidence=proof("export_filed"),
    ),
)


def changed(facts: DealFacts, group: str, /, **changes: Any) -> DealFacts:
    """Give the same deal with some fields of one group changed."""
    group_facts = msgspec.structs.replace(getattr(facts, group), **changes)
    return msgspec.structs.replace(facts, **{group: group_facts})


def without(facts: DealFacts, *groups: str) -> DealFacts:
    """Give the same deal with some groups unknown."""
    return msgspec.structs.replace(facts, **dict.fromkeys(groups))


def amended(edition: Edition, part: str, /, **changes: Any) -> Edition:
    """Give the same edition with some fields of one rule changed."""
    rule = msgspec.structs.replace(getattr(edition, part), **changes)
    return msgspec.structs.replace(edition, **{part: rule})


RULE_DEAL: Final = changed(
    BRIEF_DEAL,
    "volume",
    metric="tpp",
    window="all_time",
    us_sold=400 * 15_832,
    taken=200 * 15_832,
)


HOLDING: Final = {
    "product_eligible",
    "destination_eligible",
    "customer_approved",
    "parties_clear",
    "outside_cap",
    "within_cap",
    "us_supply_first",
    "test_not_required",
    "lot_certified",
    "prepayment_not_required",
    "prepaid",
    "levy_secured",
    "license_covers",
    "destination_clear",
    "export_filed",
}
"""Every code of a verdict that holds."""


def expect(
    code: str, condition: Condition, edition: Edition, deal: DealFacts, *, citation: str = ""
) -> Verdict:
    """Judge one condition and check its code, whether it holds, and the citation where given."""
    verdict = CONDITIONS[condition](edition, deal)
    assert verdict.condition is condition
    assert verdict.code == code, verdict
    assert verdict.holds is (code in HOLDING), verdict
    assert verdict.citation == citation or not citation
    return verdict
