"""Messages of the bank, and what is read from them."""

import hashlib
from datetime import date
from typing import Any, Final

import pytest
from msgspec.structs import replace

from licenses.camt054 import Camt054Entry, parse_camt054
from licenses.camt054.reader import Camt054Error
from licenses.domain.escrow.events import CreditDebit, EntryStatus

NEW: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"

AMOUNT: Final = '<Amt Ccy="USD">1000.01</Amt>'
STATUS: Final = "<Sts><Cd>BOOK</Cd></Sts>"
DATES: Final = "<BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt>"
REFERENCE: Final = "<AcctSvcrRef>E1</AcctSvcrRef>"
DETAILS: Final = (
    "<NtryDtls><TxDtls><Refs><EndToEndId>PREPAYMENT-7</EndToEndId></Refs>"
    "<RltdPties><Dbtr><Pty><Nm>Harbor Cloud Co., Ltd.</Nm></Pty></Dbtr></RltdPties>"
    "</TxDtls></NtryDtls>"
)
ENTRY: Final = (
    f"<Ntry>{AMOUNT}<CdtDbtInd>CRDT</CdtDbtInd>{STATUS}{DATES}{REFERENCE}{DETAILS}</Ntry>"
)
ACCOUNT: Final = "<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>"


def message(*entries: str, namespace: str = NEW, account: str = ACCOUNT) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace}">'
        "<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M-1</MsgId></GrpHdr>"
        f"<Ntfctn><Id>N-1</Id>{account}{''.join(entries)}</Ntfctn>"
        "</BkToCstmrDbtCdtNtfctn></Document>"
    ).encode()


def entry(old: str, new: str) -> bytes:
    """Change one thing in the entry; what is to change must be there."""
    assert old in ENTRY
    return message(ENTRY.replace(old, new))


def only(parsed: tuple[Camt054Entry, ...]) -> Camt054Entry:
    (one,) = parsed
    return one


def code_of(raw: bytes) -> str:
    with pytest.raises(Camt054Error) as error:
        parse_camt054(raw)
    assert error.value.detail
    return error.value.code


PARSED: Final = Camt054Entry(
    message_id="M-1",
    message_sha256=hashlib.sha256(message(ENTRY)).hexdigest(),
    account="DE02120300000000202051",
    bank_reference="E1",
    end_to_end_id="PREPAYMENT-7",
    status=EntryStatus.BOOKED,
    credit_debit=CreditDebit.CREDIT,
    is_reversal=False,
    amount_cents=1_000_01,
    currency="USD",
    value_on=date(2026, 11, 23),
    booked_on=date(2026, 11, 20),
    payer_name="Harbor Cloud Co., Ltd.",
)


def changed(old: str, new: str, **changes: Any) -> None:
    """Assert that one change in the message makes exactly these changes in the result."""
    raw = entry(old, new)
    expected = replace(PARSED, message_sha256=hashlib.sha256(raw).hexdigest(), **changes)
    assert only(parse_camt054(raw)) == expected
