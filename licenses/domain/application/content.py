"""The content of an application: merging saves, naming gaps, completing, recognizing. Pure."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from audits.kernel import Value
from licenses.domain.application.values import (
    MAX_TOTAL_CENTS,
    Content,
    DraftItem,
    Party,
    PartyRole,
    Submission,
)

REQUIRED_FIELDS: Final = (
    "items",
    "currency",
    "shipped_from_country",
    "destination_country",
    "end_use",
    "documents",
    "supply",
)
REQUIRED_ITEM_FIELDS: Final = (
    "product_id",
    "model",
    "eccn",
    "quantity",
    "unit_price_cents",
    "manufacturer",
    "description",
)
DEAL_ROLES: Final = (PartyRole.PURCHASER, PartyRole.ULTIMATE_CONSIGNEE, PartyRole.END_USER)
"""Required of every application; together with the goods they make the deal."""
SINGLE_ROLES: Final = (PartyRole.PURCHASER, PartyRole.ULTIMATE_CONSIGNEE)


class Gap(Value):
    """Something that keeps an application from being complete."""

    field: str
    reason: str


class KnownCustomer(Value):
    """A customer that the exporter registered, and the present version of its particulars."""

    customer_id: UUID
    party_version: int


def merge(content: Content, changes: Content) -> Content:
    """Lay what `changes` gives over `content`; None leaves a field as it was."""
    given = {
        field: value
        for field in Content.__struct_fields__
        if (value := getattr(changes, field)) is not None
    }
    return msgspec.structs.replace(content, **given)


def gaps(content: Content, customers: Collection[KnownCustomer]) -> tuple[Gap, ...]:
    """Name everything that is missing or wrong, in one go."""
    return (
        *_field_gaps(content),
        *_party_gaps(content.parties or (), {known.customer_id for known in customers}),
        *_item_gaps(content.items or ()),
    )


def complete(content: Content, customers: Collection[KnownCustomer]) -> Submission:
    """Make the submission of a content without gaps: names party versions and totals."""
    versions = {known.customer_id: known.party_version for known in customers}
    draft = msgspec.to_builtins(content, builtin_types=(UUID,))
    items = [
        item | {"total_cents": item["quantity"] * item["unit_price_cents"]}
        for item in sorted(draft["items"], key=lambda item: item["line"])
    ]
    parties = [
        party | {"party_version": versions[party["customer_id"]]} for party in draft["parties"]
    ]
    total_cents = sum(item["total_cents"] for item in items)
    whole = draft | {"items": items, "parties": parties, "total_cents": total_cents}
    return msgspec.convert(whole, Submission, builtin_types=(UUID,))


def deal_fingerprint(exporter_id: UUID, content: Content) -> str:
    """Hash what makes a deal this deal: exporter, buying parties, destination, units per product.

    Neither the price nor the freight forwarder counts, nor how the units are spread over lines:
    changing those does not make another deal of it. Lower-case hexadecimal SHA-256.
    """
    units: Counter[str] = Counter()
    for item in content.items or ():
        units[str(item.product_id)] += item.quantity or 0
    parties = {
        (party.role.value, str(party.customer_id))
        for party in content.parties or ()
        if party.role in DEAL_ROLES
    }
    deal: list[Any] = [
        str(exporter_id),
        content.destination_country,
        sorted(parties),
        sorted(units.items()),
    ]
    return hashlib.sha256(msgspec.json.encode(deal)).hexdigest()


def _field_gaps(content: Content) -> Iterator[Gap]:
    for field in REQUIRED_FIELDS:
        if getattr(content, field) in (None, ()):
            yield Gap(field=field, reason="is required")


def _party_gaps(parties: Sequence[Party], known: Collection[UUID]) -> Iterator[Gap]:
    roles = Counter(party.role for party in parties)
    for role in DEAL_ROLES:
        if not roles[role]:
            yield Gap(field="parties", reason=f"names no {role}")
    for role in SINGLE_ROLES:
        if roles[role] > 1:
            yield Gap(field="parties", reason=f"names more than one {role}")
    for position, party in enumerate(parties):
        if party in parties[:position]:
            yield Gap(field=f"parties[{position}]", reason="is named twice in this role")
        if party.customer_id not in known:
            reason = "is not a customer of this exporter"
            yield Gap(field=f"parties[{position}].customer_id", reason=reason)


def _item_gaps(items: Sequence[DraftItem]) -> Iterator[Gap]:
    for position, item in enumerate(items):
        if any(item.line == other.line for other in items[:position]):
            yield Gap(field=f"items[{position}].line", reason=f"repeats line {item.line}")
        for field in REQUIRED_ITEM_FIELDS:
            if getattr(item, field) is None:
                yield Gap(field=f"items[{position}].{field}", reason="is required")
    if sum((item.quantity or 0) * (item.unit_price_cents or 0) for item in items) > MAX_TOTAL_CENTS:
        yield Gap(field="items", reason=f"are worth more than {MAX_TOTAL_CENTS:,} minor units")
