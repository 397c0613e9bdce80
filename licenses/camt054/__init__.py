"""Reads ISO 20022 camt.054 messages: what the bank says happened on the escrow account.

An edge parser: bytes in, checked values out, or one named error; never half a message. Amounts are
read as exact decimals into integers of the minor unit; no float is ever made. Versions 001.02
(names directly below `Dbtr`, status as text) and 001.08 (names below `Dbtr/Pty`, status as code)
are known, and later ones as far as they keep to those forms.

Source: ISO 20022 message definition camt.054.001, BankToCustomerDebitCreditNotification.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from audits.kernel import Value
from customers.domain.values import Sha256
from licenses.camt054.reader import Camt054Error, Reader
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from licenses.domain.money import (
    AmountCents,
    BankAccount,
    BankPartyName,
    BankReference,
    Currency,
    sum_text,
)

MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024
MAX_ENTRIES: Final = 1_000

_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.(?:0[2-9]|[1-9]\d)")
_NOT_PROVIDED: Final = "NOTPROVIDED"
"""What ISO 20022 puts where the payer gave no EndToEndId."""


class Camt054Entry(Value):
    """One transaction on the account, as the bank states it."""

    message_id: BankReference
    message_sha256: Sha256
    account: BankAccount
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
    transactions gives one result for each; their amounts must add up to the entry's.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise Camt054Error("camt054_too_large", f"More than {MAX_MESSAGE_BYTES} bytes")
    root = _parse_xml(message)
    reader = Reader(namespace=_namespace(root))
    notification = reader.one(root, "BkToCstmrDbtCdtNtfctn")
    common = {
        "message_id": reader.text(notification, "GrpHdr/MsgId"),
        "message_sha256": hashlib.sha256(message).hexdigest(),
    }
    found = [
        common | {"account": reader.text(part, "Acct/Id/IBAN", "Acct/Id/Othr/Id")} | transaction
        for part in reader.all(notification, "Ntfctn")
        for entry in reader.all(part, "Ntry")
        for transaction in _transactions(reader, entry)
    ]
    if len(found) > MAX_ENTRIES:
        raise Camt054Error("camt054_too_many_entries", f"More than {MAX_ENTRIES} transactions")
    return tuple(_checked(fields) for fields in found)


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


def _parse_xml(message: bytes) -> Element:
    try:
        root: Element = fromstring(message, forbid_dtd=True)
    except DefusedXmlException as error:
        # Entity expansion and external entities need a DTD; a bank's message has none.
        raise Camt054Error("camt054_dtd_forbidden", "A DTD is not allowed") from error
    except (ParseError, LookupError, ValueError) as error:
        # LookupError and ValueError: an encoding that expat does not know or cannot use.
        raise Camt054Error("camt054_not_xml", f"Not well-formed XML: {error}") from error
    return root


def _namespace(root: Element) -> str:
    namespace, _, name = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", "")
    if name != "Document" or not _NAMESPACE.fullmatch(namespace):
        raise Camt054Error("camt054_wrong_document", f"Not a camt.054 document: {root.tag[:200]}")
    return namespace


def _transactions(reader: Reader, entry: Element) -> Iterator[dict[str, Any]]:
    shared = _entry_fields(reader, entry)
    details = reader.all(entry, "NtryDtls/TxDtls")
    if not details:
        yield shared | {"bank_reference": _reference(reader.text_or_none(entry, "AcctSvcrRef"))}
    elif len(details) == 1:
        # The entry's own amount is what was booked; details may state it before charges.
        yield shared | _detail_fields(reader, entry, details[0])
    else:
        yield from _batch(reader, entry, details, shared)


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
        "is_reversal": reader.flag(entry, "RvslInd"),
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
        amount_cents, currency = reader.money(reader.one(detail, "Amt", "AmtDtls/TxAmt/Amt"))
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
        raise Camt054Error(
            "camt054_batch_differs",
            f"The transactions add up to {sum_text(total_cents, shared['currency'])},"
            f" the entry says {sum_text(shared['amount_cents'], shared['currency'])}",
        )


def _reference(reference: str | None) -> str:
    if reference is None:
        raise Camt054Error(
            "camt054_element_missing",
            "A transaction has no AcctSvcrRef: a repeat of it could not be recognized",
        )
    return reference


def _checked(fields: dict[str, Any]) -> Camt054Entry:
    try:
        return msgspec.convert(fields, Camt054Entry, strict=False)
    except msgspec.ValidationError as error:
        raise Camt054Error("camt054_field_invalid", str(error)) from error
