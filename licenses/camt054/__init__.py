"""Reads ISO 20022 camt.054 messages: what the bank says happened on the escrow account.

An edge parser: bytes in, checked values out, or one named error; never half a message. Amounts are
read as exact decimals into integers of the minor unit; no float is ever made. Versions 001.02
(names directly below `Dbtr`, status as text) and 001.08 (names below `Dbtr/Pty`, status as code)
are known, and later ones as far as they keep to those forms.

Source: ISO 20022 message definition camt.054.001, BankToCustomerDebitCreditNotification.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element

import msgspec

from audits.kernel import Value
from customers.domain.values import Sha256
from licenses.camt054.reader import Camt054Error, Reader, boolean, namespace_of, parse_xml
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from licenses.domain.money import (
    AmountCents,
    BankPartyName,
    BankReference,
    Currency,
    ReportedAccount,
    sum_text,
)

MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024
MAX_ENTRIES: Final = 1_000

_DETAIL_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt")
"""Where a transaction states its amount: since version 001.04, and before."""

_NOT_PROVIDED: Final = "NOTPROVIDED"
"""What ISO 20022 puts where the payer gave no EndToEndId."""


class Camt054Entry(Value):
    """One transaction on the account, as the bank states it."""

    message_id: BankReference
    message_sha256: Sha256
    account: ReportedAccount
    bank_reference: BankReference
    """`AcctSvcrRef`: with `account` it identifies the transaction for ever."""
    end_to_end_id: BankReference | None
    """What the payer quoted; None where the bank says that nothing was."""
    status: EntryStatus
    credit_debit: CreditDebit
    is_reversal: bool
    amount_cents: AmountCents
    """In minor units of `currency`."""
    currency: Currency
    value_on: date
    booked_on: date | None
    payer_name: BankPartyName | None


def parse_camt054(message: bytes) -> tuple[Camt054Entry, ...]:
    """Read every transaction of a camt.054 message, in its order.

    Raises `Camt054Error` when anything in it cannot be read exactly. An entry that batches several
    transactions gives one result for each; their amounts must add up to the entry's, and no two
    transactions of an account may share a reference: one would be taken for a repeat of the other.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise Camt054Error("camt054_too_large", f"More than {MAX_MESSAGE_BYTES} bytes")
    root = parse_xml(message)
    reader = Reader(namespace=namespace_of(root))
    notification = reader.one(root, "BkToCstmrDbtCdtNtfctn")
    common = {
        "message_id": reader.text(notification, "GrpHdr/MsgId"),
        "message_sha256": hashlib.sha256(message).hexdigest(),
    }
    found = [
        common | {"account": reader.account(part)} | transaction
        for part in reader.all(notification, "Ntfctn")
        for entry in reader.all(part, "Ntry")
        for transaction in _transactions(reader, entry)
    ]
    if len(found) > MAX_ENTRIES:
        raise Camt054Error("camt054_too_many_entries", f"More than {MAX_ENTRIES} transactions")
    entries = tuple(_checked(fields) for fields in found)
    _refuse_shared_references(entries)
    return entries


def book_deposit(entry: Camt054Entry) -> BookDeposit:
    """Turn a parsed transaction into the command that books it."""
    return BookDeposit(
        account=entry.account,
        bank_reference=entry.bank_reference,
        end_to_end_id=entry.end_to_end_id,
        payer_name=entry.payer_name,
        amount_cents=entry.amount_cents,
        currency=entry.currency,
        value_on=entry.value_on,
        status=entry.status,
        credit_debit=entry.credit_debit,
        is_reversal=entry.is_reversal,
        message_sha256=entry.message_sha256,
    )


def _transactions(reader: Reader, entry: Element) -> Iterator[dict[str, Any]]:
    shared = _entry_fields(reader, entry)
    details = reader.all(entry, "NtryDtls/TxDtls")
    _refuse_contradictions(reader, entry, details)
    if not details:
        yield shared | {"bank_reference": _reference(reader.text_or_none(entry, "AcctSvcrRef"))}
    elif len(details) == 1:
        # The entry's own amount is what was booked; details may state it before charges.
        _refuse_part_of_batch(reader, details[0], shared)
        yield shared | _detail_fields(reader, entry, details[0])
    else:
        yield from _batch(reader, entry, details, shared)


def _refuse_contradictions(reader: Reader, entry: Element, details: list[Element]) -> None:
    """Refuse details of another direction than the entry, or fewer or more than it announces."""
    direction = reader.text(entry, "CdtDbtInd")
    if any(reader.text_or_none(each, "CdtDbtInd") not in {None, direction} for each in details):
        raise Camt054Error("camt054_batch_differs", f"A transaction of the entry is no {direction}")
    for part in reader.all(entry, "NtryDtls"):
        told, found = reader.text_or_none(part, "Btch/NbOfTxs"), len(reader.all(part, "TxDtls"))
        if found and told is not None and told != str(found):
            reason = f"The batch announces {told[:15]} transactions and gives {found}"
            raise Camt054Error("camt054_batch_differs", reason)


def _refuse_part_of_batch(reader: Reader, detail: Element, shared: dict[str, Any]) -> None:
    """Refuse to take the payer of one transaction for the payer of a larger entry."""
    amount = reader.first(detail, *_DETAIL_AMOUNTS)
    if amount is None:
        return
    amount_cents, currency = reader.money(amount)
    if currency == shared["currency"] and amount_cents < shared["amount_cents"]:
        raise _sums_differ("The only transaction is", amount_cents, shared)


def _entry_fields(reader: Reader, entry: Element) -> dict[str, Any]:
    amount_cents, currency = reader.money(reader.one(entry, "Amt"))
    booked_on = reader.date_or_none(entry, "BookgDt")
    value_on = reader.date_or_none(entry, "ValDt") or booked_on
    if value_on is None:
        raise Camt054Error("camt054_element_missing", "Ntry has neither ValDt nor BookgDt")
    return {
        "end_to_end_id": None,
        "status": reader.text(entry, "Sts/Cd", "Sts"),
        "credit_debit": reader.text(entry, "CdtDbtInd"),
        "is_reversal": boolean(reader.text_or_none(entry, "RvslInd")),
        "amount_cents": amount_cents,
        "currency": currency,
        "value_on": value_on,
        "booked_on": booked_on,
        "payer_name": None,
    }


def _detail_fields(reader: Reader, entry: Element, detail: Element) -> dict[str, Any]:
    quoted = reader.text_or_none(detail, "Refs/EndToEndId")
    own_reference = reader.text_or_none(detail, "Refs/AcctSvcrRef")
    return {
        "bank_reference": _reference(reader.text_or_none(entry, "AcctSvcrRef") or own_reference),
        "end_to_end_id": None if quoted == _NOT_PROVIDED else quoted,
        "payer_name": reader.text_or_none(
            detail, "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Agt/FinInstnId/Nm"
        ),
    }


def _batch(
    reader: Reader, entry: Element, details: list[Element], shared: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Take a batch apart; each transaction needs an amount and a reference of its own."""
    total_cents = 0
    for detail in details:
        amount_cents, currency = reader.money(reader.one(detail, *_DETAIL_AMOUNTS))
        own_reference = reader.text_or_none(detail, "Refs/AcctSvcrRef")
        if currency != shared["currency"]:
            raise Camt054Error("camt054_batch_differs", "A transaction in another currency")
        total_cents += amount_cents
        yield (
            shared
            | _detail_fields(reader, entry, detail)
            | {"bank_reference": _reference(own_reference), "amount_cents": amount_cents}
        )
    if total_cents != shared["amount_cents"]:
        raise _sums_differ("The transactions add up to", total_cents, shared)


def _sums_differ(what: str, amount_cents: int, shared: dict[str, Any]) -> Camt054Error:
    sums = (sum_text(cents, shared["currency"]) for cents in (amount_cents, shared["amount_cents"]))
    return Camt054Error(
        "camt054_batch_differs", f"{what} {next(sums)}, the entry says {next(sums)}"
    )


def _reference(reference: str | None) -> str:
    if reference is None:
        raise Camt054Error(
            "camt054_element_missing",
            "A transaction has no AcctSvcrRef: a repeat of it could not be recognized",
        )
    return reference


def _refuse_shared_references(entries: tuple[Camt054Entry, ...]) -> None:
    """Let one reference name one payment, which may come pending, then booked, then reversed."""
    stages = Counter(
        (each.account, each.bank_reference, each.status, each.credit_debit, each.is_reversal)
        for each in entries
    )
    for (_, reference, *_stage), number in stages.items():
        if number > 1:
            reason = f"{number} transactions share the AcctSvcrRef {reference}"
            raise Camt054Error("camt054_reference_repeated", reason)


def _checked(fields: dict[str, Any]) -> Camt054Entry:
    try:
        return msgspec.convert(fields, Camt054Entry, strict=False)
    except msgspec.ValidationError as error:
        raise Camt054Error("camt054_field_invalid", str(error)) from error
