"""What an application says: parties, items, certifications, and the terms of a decision. Pure."""

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from audits.kernel import Value
from customers.domain.values import Country, Description, Document, LongText, ShortText
from licenses.domain.money import PositiveCents
from licenses.domain.policy.model import EditionName, Moment, SupplyCertification

_CODES: Final = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES: Final = frozenset(_CODES.split())
"""The codes of ISO 4217 in which a price can be paid: no funds, metals or test codes."""

Currency = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^(?:{'|'.join(sorted(CURRENCIES))})$",
        min_length=3,
        max_length=3,
        description="ISO 4217 code, such as `USD`; amounts are in its minor unit.",
        examples=["USD"],
    ),
]
"""The currency of every amount in a deal."""

LineNumber = Annotated[int, msgspec.Meta(ge=1, le=999, description="Number of the line, from 1.")]
"""Names an item through application, license, allotment and shipment."""

Quantity = Annotated[int, msgspec.Meta(ge=1, le=10_000_000, description="Units of the product.")]
"""A number of accelerators: whole, at least one."""

Units = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
"""A count of accelerators over years, which may be none."""

Eccn = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?:EAR99|[0-9][A-E][0-9]{3}(?:\.[a-z](?:\.[0-9]{1,2})?)?)$(?!\n)",
        max_length=10,
        description="Export Control Classification Number, such as `3A090.a`.",
        examples=["3A090.a"],
    ),
]
"""An Export Control Classification Number (15 CFR 774, supplement 1), or EAR99."""

ControlNumber = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Z][0-9]{6}$",
        min_length=7,
        max_length=7,
        description="Application control number: a letter and six digits.",
        examples=["Z100001"],
    ),
]
"""The number under which the licensing office keeps an application (15 CFR 748.6)."""

MAX_CONTENT_BYTES: Final = 24 * 1024
MAX_PROPOSAL_BYTES: Final = 16 * 1024
"""As JSON; every event that repeats both stays inside the 64 KiB of the journal."""

MAX_TOTAL_CENTS: Final = 10**15
"""Largest value of an application: keeps every sum made from it well inside 64 bits."""


class PartyRole(StrEnum):
    """What a customer is in the deal, beside the applicant (15 CFR 748.5)."""

    OTHER_PARTY = "other_party"
    PURCHASER = "purchaser"
    INTERMEDIATE_CONSIGNEE = "intermediate_consignee"
    ULTIMATE_CONSIGNEE = "ultimate_consignee"
    END_USER = "end_user"


class Party(Value):
    """A customer in one role, as the applicant names it."""

    role: PartyRole
    customer_id: UUID


class NamedParty(Value):
    """A customer in one role, in the version of the party that the application was filed on."""

    role: PartyRole
    customer_id: UUID
    party_version: Annotated[int, msgspec.Meta(ge=1)]


class DraftItem(Value):
    """A line as far as the applicant has filled it in; None means not given."""

    line: LineNumber
    product_id: UUID | None = None
    model: ShortText | None = None
    eccn: Eccn | None = None
    quantity: Quantity | None = None
    unit_price_cents: PositiveCents | None = None
    manufacturer: ShortText | None = None
    description: Description | None = None


class Item(Value):
    """A complete line; `total_cents` is quantity x unit price."""

    line: LineNumber
    product_id: UUID
    model: ShortText
    eccn: Eccn
    quantity: Quantity
    unit_price_cents: PositiveCents
    total_cents: PositiveCents
    manufacturer: ShortText
    description: Description


class SupplyStatement(Value):
    """What the exporter states about supply in the United States (condition C6), in units."""

    certifications: Annotated[tuple[SupplyCertification, ...], msgspec.Meta(max_length=10)] = ()
    us_units_shipped: Units | None = None
    """Already shipped to customers in the United States."""
    us_stock_units: Units | None = None
    us_open_order_units: Units | None = None


Parties = Annotated[tuple[Party, ...], msgspec.Meta(max_length=50)]
DraftItems = Annotated[tuple[DraftItem, ...], msgspec.Meta(max_length=50)]
Documents = Annotated[tuple[Document, ...], msgspec.Meta(max_length=50)]


class Content(Value):
    """What a draft says so far; None means not given."""

    parties: Parties | None = None
    items: DraftItems | None = None
    currency: Currency | None = None
    shipped_from_country: Country | None = None
    destination_country: Country | None = None
    end_use: LongText | None = None
    documents: Documents | None = None
    supply: SupplyStatement | None = None
    end_user_statement: Document | None = None
    """The statement of the end user, as far as its country issues one before the license."""
    prior_application_id: UUID | None = None
    """The application that was returned without action and that this one takes up again."""


class Submission(Value):
    """What a complete application says: the content that officers decide on."""

    parties: tuple[NamedParty, ...]
    items: tuple[Item, ...]
    total_cents: PositiveCents
    """Sum of the items."""
    currency: Currency
    shipped_from_country: Country
    destination_country: Country
    end_use: LongText
    documents: tuple[Document, ...]
    supply: SupplyStatement
    end_user_statement: Document | None
    prior_application_id: UUID | None


Reasons = Annotated[tuple[LongText, ...], msgspec.Meta(min_length=1, max_length=10)]
"""Why an officer decided as they did: never empty."""


class Proviso(Value):
    """A condition of a license, which its holder acknowledges before anything ships."""

    proviso_id: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^[A-Z][A-Z0-9-]*$(?!\n)",
            max_length=20,
            description="Names the proviso within its license.",
            examples=["P1"],
        ),
    ]
    text: Description


class LineQuantity(Value):
    """How much of a line is approved."""

    line: LineNumber
    quantity: Quantity


class Outcome(StrEnum):
    """What an officer proposes."""

    APPROVE = "approve"
    DENY = "deny"


class Proposal(Value):
    """A decision that one officer proposes and another confirms."""

    outcome: Outcome
    reasons: Reasons
    provisos: tuple[Proviso, ...]
    quantities: tuple[LineQuantity, ...]
    """The approved lines, each named; empty for a denial."""
    expires_at: Moment | None
    on_version: int
    """Version of the application that the officer had before them; names the proposal."""
    by: UUID
    """The natural person who proposes."""
    edition: EditionName
