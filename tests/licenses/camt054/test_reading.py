"""camt.054: every transaction exactly as the bank states it."""

import hashlib
from datetime import date
from typing import Final

import pytest
from msgspec.structs import replace

from licenses.camt054 import book_deposit, parse_camt054
from licenses.camt054.reader import Camt054Error
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from tests.licenses.camt054.messages import (
    AMOUNT,
    DETAILS,
    ENTRY,
    PARSED,
    REFERENCE,
    STATUS,
    changed,
    code_of,
    entry,
    message,
    only,
)

OLD: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"


# What is read


def test_an_entry_is_read() -> None:
    assert parse_camt054(message(ENTRY)) == (PARSED,)


def test_an_entry_becomes_the_command_that_books_it() -> None:
    assert book_deposit(PARSED) == BookDeposit(
        account="DE02120300000000202051",
        bank_reference="E1",
        end_to_end_id="PREPAYMENT-7",
        payer_name="Harbor Cloud Co., Ltd.",
        amount_cents=1_000_01,
        currency="USD",
        value_on=date(2026, 11, 23),
        status=EntryStatus.BOOKED,
        credit_debit=CreditDebit.CREDIT,
        message_sha256=PARSED.message_sha256,
    )


def test_version_two_is_read() -> None:
    old = (
        ENTRY.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")
        .replace("<Pty>", "")
        .replace("</Pty>", "")
    )
    raw = message(old, namespace=OLD)
    expected = replace(PARSED, message_sha256=hashlib.sha256(raw).hexdigest())
    assert parse_camt054(raw) == (expected,)


@pytest.mark.parametrize("version", ["04", "08", "12", "99"])
def test_later_versions_are_tolerated(version: str) -> None:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.054.001.{version}"
    assert only(parse_camt054(message(ENTRY, namespace=namespace))).amount_cents == 1_000_01


def test_a_prefix_is_not_a_difference() -> None:
    raw = message(ENTRY).decode().replace("<", "<c:").replace("<c:/", "</c:")
    raw = raw.replace("<c:?xml", "<?xml").replace("xmlns=", "xmlns:c=")
    assert only(parse_camt054(raw.encode())).bank_reference == "E1"


def test_every_direction_and_status() -> None:
    changed("CRDT", "DBIT", credit_debit=CreditDebit.DEBIT)
    changed("BOOK", "PDNG", status=EntryStatus.PENDING)
    changed("BOOK", "INFO", status=EntryStatus.INFORMATION)
    changed("BOOK", "FUTR", status=EntryStatus.FUTURE)
    changed(STATUS, f"<RvslInd>true</RvslInd>{STATUS}", is_reversal=True)
    changed(STATUS, f"<RvslInd>0</RvslInd>{STATUS}", is_reversal=False)


def test_an_account_may_have_another_number_than_an_iban() -> None:
    raw = message(ENTRY, account="<Acct><Id><Othr><Id>4711/2</Id></Othr></Id></Acct>")
    assert only(parse_camt054(raw)).account == "4711/2"


def test_what_was_not_provided_is_none() -> None:
    changed("PREPAYMENT-7", "NOTPROVIDED", end_to_end_id=None)
    changed(DETAILS, "", end_to_end_id=None, payer_name=None)
    changed("PREPAYMENT-7", "  ", end_to_end_id=None)


def test_the_bank_reference_may_be_with_the_transaction() -> None:
    raw = message(
        ENTRY.replace(REFERENCE, "").replace("<Refs>", "<Refs><AcctSvcrRef>T9</AcctSvcrRef>")
    )
    assert only(parse_camt054(raw)).bank_reference == "T9"


def test_days_and_moments() -> None:
    day = "<ValDt><Dt>2026-11-23</Dt></ValDt>"
    changed(day, "<ValDt><Dt>2026-11-24Z</Dt></ValDt>", value_on=date(2026, 11, 24))
    changed(day, "<ValDt><Dt>2026-11-24+08:00</Dt></ValDt>", value_on=date(2026, 11, 24))
    # The bank's own calendar: late on the 23rd in New York, though the 24th in UTC.
    moment = "<ValDt><DtTm>2026-11-23T22:30:00-05:00</DtTm></ValDt>"
    changed(day, moment, value_on=date(2026, 11, 23))
    changed(day, "", value_on=date(2026, 11, 20))  # the booking date counts
    changed("<BookgDt><Dt>2026-11-20</Dt></BookgDt>", "", booked_on=None)


def test_names_keep_their_letters_and_lose_extra_space() -> None:
    changed("Harbor Cloud Co., Ltd.", "\n  海港云 &amp;  Söhne ", payer_name="海港云 & Söhne")


def test_several_entries_keep_their_order() -> None:
    second = ENTRY.replace("E1", "E2")
    parsed = parse_camt054(message(ENTRY, second))
    assert [item.bank_reference for item in parsed] == ["E1", "E2"]


def test_no_entries_is_an_answer() -> None:
    assert parse_camt054(message()) == ()


def transaction(reference: str, amount: str) -> str:
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>X-{reference}"
        f"</EndToEndId></Refs>{amount}</TxDtls>"
    )


def batch(*transactions: str) -> bytes:
    return entry(DETAILS, f"<NtryDtls>{''.join(transactions)}</NtryDtls>")


def test_a_batch_is_taken_apart() -> None:
    parsed = parse_camt054(
        batch(
            transaction("T1", '<Amt Ccy="USD">400</Amt>'),
            transaction("T2", '<AmtDtls><TxAmt><Amt Ccy="USD">600.01</Amt></TxAmt></AmtDtls>'),
        )
    )
    assert [(item.bank_reference, item.end_to_end_id, item.amount_cents) for item in parsed] == [
        ("T1", "X-T1", 400_00),
        ("T2", "X-T2", 600_01),
    ]


@pytest.mark.parametrize("rest", ['<Amt Ccy="USD">600</Amt>', '<Amt Ccy="USD">600.02</Amt>'])
def test_a_batch_adds_up(rest: str) -> None:
    raw = batch(transaction("T1", '<Amt Ccy="USD">400</Amt>'), transaction("T2", rest))
    assert code_of(raw) == "camt054_batch_differs"


def test_a_difference_of_a_batch_is_told_in_sums_with_their_currency() -> None:
    raw = batch(
        transaction("T1", '<Amt Ccy="USD">400</Amt>'), transaction("T2", '<Amt Ccy="USD">600</Amt>')
    )
    with pytest.raises(Camt054Error) as caught:
        parse_camt054(raw)
    assert "add up to USD 1,000.00, the entry says USD 1,000.01" in caught.value.detail


def test_a_batch_has_one_currency() -> None:
    euros = transaction("T2", '<Amt Ccy="EUR">600.01</Amt>')
    raw = batch(transaction("T1", '<Amt Ccy="USD">400</Amt>'), euros)
    assert code_of(raw) == "camt054_batch_differs"


def test_transactions_of_a_batch_have_references_and_amounts_of_their_own() -> None:
    whole = transaction("T1", AMOUNT)
    without_reference = whole.replace("<AcctSvcrRef>T1</AcctSvcrRef>", "")
    assert code_of(batch(whole, without_reference)) == "camt054_element_missing"
    assert code_of(batch(whole, transaction("T2", ""))) == "camt054_element_missing"
