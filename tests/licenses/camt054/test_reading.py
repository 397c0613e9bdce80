"""camt.054: every transaction exactly as the bank states it."""

import hashlib
from datetime import date
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from licenses.camt054 import book_deposit, parse_camt054
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from licenses.domain.money import ReportedAccount
from tests.licenses.camt054.messages import (
    ACCOUNT,
    DETAILS,
    ENTRY,
    PARSED,
    REFERENCE,
    STATUS,
    changed,
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


def test_one_account_has_one_number_however_it_is_spaced() -> None:
    spaced = ACCOUNT.replace("DE02120300000000202051", "DE02 1203 0000\u00a00000 2020 51")
    assert only(parse_camt054(message(ENTRY, account=spaced))).account == PARSED.account
    for number in ("DE02 1203", "DE02\u00a01203", " DE02", "DE02\t"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(number, ReportedAccount)


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
