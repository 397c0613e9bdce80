"""A policy edition as data: what each rule says, with its citation. Nothing here decides.

A regulatory limit is a field with its strictness in its name (`_below` is strict, `_at_most` is
not). Ratios are two integers. Lists that may be empty say what empty means.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from audits.kernel import Value
from customers.domain.values import Country, ShortText

Citation = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)", min_length=3, max_length=400)]
"""The rule or source that a verdict rests on, such as `15 CFR 742.6(b)(10)`."""
EditionName = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)", max_length=60)]
"""Such as `rule-2026`; taken once, for ever."""
Moment = Annotated[datetime, Meta(tz=True)]
Name = ShortText
Natural = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Percent = Annotated[int, Meta(ge=0, le=100)]


class Condition(StrEnum):
    """The twelve conditions of a shipment."""

    ELIGIBLE_PRODUCT = "C1"
    ELIGIBLE_DESTINATION = "C2"
    APPROVED_CUSTOMER = "C3"
    SCREENED_PARTIES = "C4"
    VOLUME_CAP = "C5"
    US_SUPPLY_FIRST = "C6"
    THIRD_PARTY_TEST = "C7"
    PREPAYMENT = "C8"
    REMITTANCE = "C9"
    LICENSE_IN_FORCE = "C10"
    DESTINATION_CLEARANCE = "C11"
    EXPORT_FILING = "C12"


class Verdict(Value):
    """What one condition says of one deal, why, on which rule and on which events."""

    condition: Condition
    holds: bool
    code: Annotated[str, Meta(pattern=r"^[a-z0-9_]+$(?!\n)", max_length=60)]
    """Stable; of several failures the first."""
    reason: Annotated[str, Meta(min_length=1, max_length=4000)]
    """For people; names every failure."""
    citation: Citation
    evidence: tuple[UUID, ...] = ()
    """Events that prove it."""


class ProductRule(Value):
    """C1. An absent ceiling is no ceiling; without admitted generations every one may pass."""

    tpp_below: Positive | None = None
    """Total processing performance, strict."""
    dram_bandwidth_gb_per_s_below: Positive | None = None
    """Total DRAM bandwidth, strict."""
    admitted_generations: tuple[Name, ...] = ()
    refused_generations: tuple[Name, ...] = ()
    eccns: tuple[Name, ...]
    citation: Citation


class DestinationRule(Value):
    """C2. Empty `shipped_from` or `destinations`: any country that is not refused."""

    shipped_from: tuple[Country, ...] = ()
    destinations: tuple[Country, ...] = ()
    refused_countries: tuple[Country, ...] = ()
    """Neither address, headquarters nor ultimate parent of any party may lie there."""
    citation: Citation


class Assurance(StrEnum):
    """What a customer certifies or proves before it is approved."""

    CIVILIAN_END_USE = "civilian_end_use"
    NO_MILITARY_END_USE = "no_military_end_use"
    NO_MILITARY_END_USER = "no_military_end_user"
    SECURITY_MEASURES = "security_measures"
    REMOTE_ACCESS_KYC = "remote_access_kyc"
    REMOTE_END_USERS_DISCLOSED = "remote_end_users_disclosed"


class CustomerRule(Value):
    """C3."""

    assurances: Annotated[tuple[Assurance, ...], Meta(min_length=1)]
    remote_countries: tuple[Country, ...] = ()
    """Remote end users there must be disclosed. No verdict asks: a certification discloses them all."""
    citation: Citation


class Switch(Value):
    """A rule turned on or off from a moment on."""

    effective_from: Moment
    on: bool
    citation: Citation


class ScreeningRule(Value):
    """C4. `affiliates` in order of time; before the first switch the rule is off."""

    list_age_days_at_most: Positive
    """A screening against a list fetched longer ago than this no longer counts."""
    owned_percent_at_least: Annotated[int, Meta(ge=1, le=100)]
    """Ownership by listed parties, in sum, from which an affiliate counts as listed itself."""
    affiliates: tuple[Switch, ...] = ()
    citation: Citation


class Cap(Value):
    """C5: shipped to `numerator_countries` at most ratio x sold in `denominator_country`."""

    numerator_countries: Annotated[tuple[Country, ...], Meta(min_length=1)]
    denominator_country: Country
    metric: Literal["units", "tpp"]
    ratio_numerator: Positive
    ratio_denominator: Positive
    window: Literal["calendar_year", "all_time"]
    citation: Citation


class SupplyCertification(StrEnum):
    """What an exporter certifies about supply at home."""

    NO_DELAY_OF_US_ORDERS = "no_delay_of_us_orders"
    NO_FOUNDRY_DIVERSION = "no_foundry_diversion"


class SupplyRule(Value):
    """C6."""

    certifications: tuple[SupplyCertification, ...] = ()
    us_units_shipped_stated: bool = False
    us_stock_covers_open_orders: bool = False
    commercially_available_by: date | None = None
    """The product was on sale in the United States on this day, at the latest."""
    citation: Citation


class TestingRule(Value):
    """C7: who may test, how many of a lot, and what may be measured."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    required: bool
    laboratory_country: Country
    """Headquarters of the laboratory and place of the test."""
    excluded_control_countries: tuple[Country, ...] = ()
    """Capital from there may not control the laboratory."""
    sample_minimum: Positive
    sample_numerator: Positive
    sample_denominator: Positive
    """Sample: that share of the lot, rounded up, at least the minimum, at most the lot."""
    tpp_below: Positive
    dram_bandwidth_gb_per_s_below: Positive
    interconnect_bandwidth_gb_per_s_at_most: Positive | None = None
    dram_capacity_gb_at_most: Positive | None = None
    citation: Citation


class Prepayment(Value):
    """C8."""

    required: bool
    on_ban: Literal["forfeit", "hold"]
    on_revocation: Literal["forfeit", "hold"]
    long_stop_days: Positive
    """Days after the license's expiry until unclaimed escrow comes before a person."""
    citation: Citation


class LevyWindow(Value):
    """Products that a levy covers; all four limits strict."""

    tpp_above: Natural
    tpp_below: Positive
    dram_bandwidth_gb_per_s_above: Natural
    dram_bandwidth_gb_per_s_below: Positive
    citation: Citation


class Levy(Value):
    """C9. Without windows it covers every product."""

    legal_basis: Name
    base: Literal["sale_proceeds", "entered_value"]
    rate_numerator: Natural
    rate_denominator: Positive
    payer: Literal["exporter", "importer_of_record"]
    due_event: Literal["dispatch", "import_for_testing"]
    rounding: Literal["up"]
    windows: tuple[LevyWindow, ...] = ()
    citation: Citation


class LicenseRule(Value):
    """C10."""

    value_tolerance_percent: Percent
    """May run over the licensed value by this share, until the full quantity has shipped."""
    quantity_tolerance: Natural
    """Units over the licensed quantity."""
    validity_days_at_most: Positive
    citation: Citation


class GateKind(StrEnum):
    """What the country of destination asks for."""

    END_USER_STATEMENT = "end_user_statement"
    IMPORT_CLEARANCE = "import_clearance"
    BUYER_CEILING = "buyer_ceiling"


class Gate(Value):
    """One gate of C11. Not required: its absence does not stop, its recorded refusal does."""

    kind: GateKind
    countries: Annotated[tuple[Country, ...], Meta(min_length=1)]
    required: bool
    citation: Citation


class ClearanceRule(Value):
    """C11."""

    gates: tuple[Gate, ...] = ()
    citation: Citation


class FilingRule(Value):
    """C12: Electronic Export Information."""

    license_code: Annotated[str, Meta(pattern="^[A-Z][0-9]{2}$", max_length=3)]
    eccns: Annotated[tuple[Name, ...], Meta(min_length=1)]
    itn_pattern: Annotated[str, Meta(min_length=1, max_length=100)]
    """Regular expression that the whole internal transaction number must match."""
    citation: Citation


class Ban(Value):
    """Products that may not ship at all, by model or by generation (compared without case)."""

    models: tuple[Name, ...] = ()
    generations: tuple[Name, ...] = ()
    reason: Name
    citation: Citation


class Edition(Value):
    """All rules that hold together from a moment on."""

    name: EditionName
    title: Name
    family: Literal["brief", "rule"]
    effective_from: Moment
    product: ProductRule
    destination: DestinationRule
    customer: CustomerRule
    screening: ScreeningRule
    cap: Cap
    supply: SupplyRule
    testing: TestingRule
    prepayment: Prepayment
    levy: Levy
    license: LicenseRule
    clearance: ClearanceRule
    filing: FilingRule
    bans: tuple[Ban, ...] = ()
