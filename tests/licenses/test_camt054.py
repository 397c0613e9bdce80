"""camt.054: every transaction exactly as the bank states it, or one named error."""

import hashlib
from datetime import date
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from licenses.camt054 import (
    MAX_ENTRIES,
    MAX_MESSAGE_BYTES,
    Camt054Entry,
    book_deposit,
    parse_camt054,
)
from licenses.camt054_xml import Camt054Error
from licenses.domain.escrow.commands import BookDeposit
from licenses.domain.escrow.events import CreditDebit, EntryStatus
from licenses.domain.money import ReportedAccount

OLD: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"
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


FOUR_HUNDRED: Final = '<Amt Ccy="USD">400</Amt>'
THE_REST: Final = '<Amt Ccy="USD">600.01</Amt>'


def test_two_payments_of_a_message_never_share_a_reference() -> None:
    # Banks that repeat the batch's own reference in each detail: the second would be taken for a
    # repeat of the first, and its money would be lost.
    shared = batch(transaction("T1", FOUR_HUNDRED), transaction("T1", THE_REST))
    assert code_of(shared) == "camt054_reference_repeated"
    assert code_of(message(ENTRY, ENTRY)) == "camt054_reference_repeated"


def test_a_reference_may_be_shared_by_stages_of_one_payment_and_across_accounts() -> None:
    pending = ENTRY.replace("BOOK", "PDNG")
    reversal = ENTRY.replace("CRDT", "DBIT").replace(STATUS, f"<RvslInd>true</RvslInd>{STATUS}")
    stages = parse_camt054(message(pending, ENTRY, reversal))
    assert [item.bank_reference for item in stages] == ["E1", "E1", "E1"]
    other = f"<Ntfctn><Id>N-2</Id>{ACCOUNT.replace('51<', '52<')}{ENTRY}</Ntfctn>"
    raw = message(ENTRY).replace(b"</Ntfctn>", b"</Ntfctn>" + other.encode())
    assert len({item.account for item in parse_camt054(raw)}) == 2


@pytest.mark.parametrize("direction", ["DBIT", "?"])
def test_the_transactions_of_an_entry_have_its_direction(direction: str) -> None:
    indicator = f"<CdtDbtInd>{direction}</CdtDbtInd>"
    alone = entry("</Refs>", f"</Refs>{indicator}")
    assert code_of(alone) == "camt054_batch_differs"
    among = transaction("T2", THE_REST + indicator)
    assert code_of(batch(transaction("T1", FOUR_HUNDRED), among)) == "camt054_batch_differs"
    same = entry("</Refs>", "</Refs><CdtDbtInd>CRDT</CdtDbtInd>")
    assert only(parse_camt054(same)).credit_debit is CreditDebit.CREDIT


@pytest.mark.parametrize("told", ["1", "3", "two"])
def test_a_batch_has_as_many_transactions_as_it_says(told: str) -> None:
    both = transaction("T1", FOUR_HUNDRED) + transaction("T2", THE_REST)
    two = batch("<Btch><NbOfTxs>2</NbOfTxs></Btch>", both)
    assert len(parse_camt054(two)) == 2
    assert code_of(two.replace(b">2<", f">{told}<".encode())) == "camt054_batch_differs"


def test_one_payer_is_not_credited_with_a_batch_of_many() -> None:
    assert code_of(batch(transaction("T1", FOUR_HUNDRED))) == "camt054_batch_differs"
    before_charges = batch(transaction("T1", '<Amt Ccy="USD">1000.02</Amt>'))
    assert only(parse_camt054(before_charges)).amount_cents == 1_000_01
    in_euros = batch(transaction("T1", '<Amt Ccy="EUR">900</Amt>'))
    assert only(parse_camt054(in_euros)).amount_cents == 1_000_01


def test_a_batch_without_its_transactions_names_no_payer() -> None:
    whole = only(parse_camt054(batch("<Btch><NbOfTxs>5</NbOfTxs></Btch>")))
    assert (whole.payer_name, whole.end_to_end_id) == (None, None)


# What is refused


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("camt054_field_invalid", "CRDT", "CREDIT"),
        ("camt054_field_invalid", "BOOK", "DONE"),
        ("camt054_field_invalid", "<Cd>BOOK</Cd>", "<Prtry>BOOK</Prtry>"),
        ("camt054_field_invalid", STATUS, f"<RvslInd>yes</RvslInd>{STATUS}"),
        ("camt054_field_invalid", "USD", "usd"),
        ("camt054_field_invalid", ' Ccy="USD"', ""),
        ("camt054_field_invalid", "2026-11-23", "2026-02-29"),
        ("camt054_field_invalid", "2026-11-23", "20261123"),
        ("camt054_field_invalid", "2026-11-23", "yesterday"),
        ("camt054_field_invalid", "<Dt>2026-11-23</Dt>", "<DtTm>2026-11-23T25:00:00Z</DtTm>"),
        ("camt054_field_invalid", "<Dt>2026-11-23</Dt>", "<DtTm>20261123T100000Z</DtTm>"),
        ("camt054_field_invalid", "E1", "E" * 36),
        ("camt054_field_invalid", "PREPAYMENT-7", "P" * 36),
        ("camt054_field_invalid", "Harbor Cloud Co., Ltd.", "H" * 141),
        ("camt054_field_invalid", "E1", "E\x7f1"),
        ("camt054_amount_invalid", "1000.01", "-1000.01"),
        ("camt054_amount_inexact", "1000.01", "1000.001"),
        ("camt054_element_missing", AMOUNT, ""),
        ("camt054_element_missing", "<CdtDbtInd>CRDT</CdtDbtInd>", ""),
        ("camt054_element_missing", STATUS, ""),
        ("camt054_element_missing", DATES, ""),
        ("camt054_element_missing", REFERENCE, ""),
        ("camt054_element_missing", "E1", " "),
    ],
)
def test_what_cannot_be_read_is_named(code: str, old: str, new: str) -> None:
    assert code_of(entry(old, new)) == code


def test_never_half_a_message() -> None:
    assert code_of(message(ENTRY, ENTRY.replace("CRDT", "?"))) == "camt054_field_invalid"


def test_the_longest_fields_fit() -> None:
    changed("E1", "E" * 35, bank_reference="E" * 35)
    changed("Harbor Cloud Co., Ltd.", "H" * 140, payer_name="H" * 140)


def test_header_and_account_are_needed() -> None:
    assert code_of(message(ENTRY, account="")) == "camt054_element_missing"
    without_id = message(ENTRY).replace(b"<MsgId>M-1</MsgId>", b"")
    assert code_of(without_id) == "camt054_element_missing"


@pytest.mark.parametrize(
    "namespace",
    [
        "",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08",
        "urn:iso:std:iso:20022:tech:xsd:camt.054.001.01",
        "urn:iso:std:iso:20022:tech:xsd:camt.054.001.081",
        "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
    ],
)
def test_another_message_is_refused(namespace: str) -> None:
    assert code_of(message(ENTRY, namespace=namespace)) == "camt054_wrong_document"


def test_another_root_is_refused() -> None:
    assert code_of(f'<Doc xmlns="{NEW}"/>'.encode()) == "camt054_wrong_document"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"<Document>",
        message(ENTRY)[:-1],
        message(ENTRY).replace(b"UTF-8", b"klingon"),
        message(ENTRY).replace(b"UTF-8", b"utf-7"),
        message(ENTRY).replace(b"Harbor", b"\xff\xfe"),
        message(ENTRY).replace(b"Harbor", b"\x00"),
        message(ENTRY.replace("Harbor", "&undefined;")),
    ],
)
def test_what_is_not_xml_is_refused(raw: bytes) -> None:
    assert code_of(raw) == "camt054_not_xml"


LAUGHS: Final = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE Document [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE Document [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document SYSTEM "http://example.test/evil.dtd">',
        "<!DOCTYPE Document>",
    ],
)
def test_entities_and_dtds_are_refused(doctype: str) -> None:
    body = message(ENTRY.replace("Harbor", "&l9;")).decode()
    assert code_of(body.replace("?><", f"?>{doctype}<", 1).encode()) == "camt054_dtd_forbidden"


def test_size_and_number_have_limits() -> None:
    padding = MAX_MESSAGE_BYTES - len(message(ENTRY, "<!---->"))
    assert len(parse_camt054(message(ENTRY, f"<!--{' ' * padding}-->"))) == 1
    assert code_of(message(ENTRY, f"<!--{' ' * (padding + 1)}-->")) == "camt054_too_large"
    most = [ENTRY.replace("E1", f"E{place}") for place in range(MAX_ENTRIES)]
    assert len(parse_camt054(message(*most))) == MAX_ENTRIES
    assert code_of(message(*most, ENTRY.replace("E1", "X"))) == "camt054_too_many_entries"


def test_deep_nesting_is_survived() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    assert only(parse_camt054(message(ENTRY, deep))).bank_reference == "E1"


# Any bytes


def survives(raw: bytes) -> None:
    try:
        parsed = parse_camt054(raw)
    except Camt054Error as error:
        assert error.code.startswith("camt054_")  # noqa: PT017 -- either outcome is right
        return
    for item in parsed:
        assert isinstance(book_deposit(item).amount_cents, int)


@settings(max_examples=300)
@forall(raw=st.binary())
def test_any_bytes(raw: bytes) -> None:
    survives(raw)


@settings(max_examples=500)
@forall(
    position=st.integers(min_value=0, max_value=len(message(ENTRY))),
    length=st.integers(min_value=0, max_value=40),
    inserted=st.one_of(st.binary(max_size=20), st.text(max_size=20).map(str.encode)),
)
def test_any_damage_to_a_message(position: int, length: int, inserted: bytes) -> None:
    whole = message(ENTRY)
    survives(whole[:position] + inserted + whole[position + length :])


TEXTS: Final = st.text(
    st.characters(codec="utf-8", exclude_characters="<&", exclude_categories=["Cc", "Cs"]),
    max_size=40,
)


@settings(max_examples=300)
@forall(
    field=st.sampled_from(["1000.01", "CRDT", "BOOK", "2026-11-23", "E1", "PREPAYMENT-7", "USD"]),
    text=TEXTS,
)
def test_any_text_in_any_field(field: str, text: str) -> None:
    survives(entry(field, text.replace('"', "")))
