"""camt.054: what cannot be read exactly is one named error, never half a message."""

from typing import Final

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from licenses.camt054 import MAX_ENTRIES, MAX_MESSAGE_BYTES, book_deposit, parse_camt054
from licenses.camt054.reader import Camt054Error
from tests.licenses.camt054.messages import (
    AMOUNT,
    DATES,
    ENTRY,
    NEW,
    REFERENCE,
    STATUS,
    changed,
    code_of,
    entry,
    message,
    only,
)

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
