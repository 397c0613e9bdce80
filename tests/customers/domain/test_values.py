"""Values: what is accepted, what is a shape error, and the check character of the USCC."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.domain.values import (
    COUNTRIES,
    Address,
    Country,
    Document,
    LongText,
    Sha256,
    ShortText,
    Uscc,
    is_valid_uscc,
)

CHINA_TELECOM = "9111000071093019X7"
"""Printed on the public CMIC list entry of China Telecom."""


def test_every_assigned_country_is_accepted() -> None:
    assert len(COUNTRIES) == 249
    for code in COUNTRIES:
        assert msgspec.convert(code, Country) == code


@pytest.mark.parametrize("code", ["XX", "XK", "cn", "CHN", "C", "", "CN\n", "CNUS"])
def test_what_is_not_an_assigned_country_is_a_shape_error(code: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(code, Country)


@pytest.mark.parametrize("text", ["H200", " led by a space", "中芯国际", "a" * 200])
def test_short_text_accepts_one_line(text: str) -> None:
    assert msgspec.convert(text, ShortText) == text


@pytest.mark.parametrize("text", ["", "   ", "nul\x00", "two\nlines", "tab\t.", "a" * 201, "end\n"])
def test_short_text_refuses_blanks_controls_and_length(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, ShortText)


@pytest.mark.parametrize("text", ["two\nlines\tand a tab", "a" * 4_000])
def test_long_text_accepts_paragraphs(text: str) -> None:
    assert msgspec.convert(text, LongText) == text


@pytest.mark.parametrize("text", ["", "\n \n", "nul\x00", "bell\x07", "a" * 4_001])
def test_long_text_refuses_blanks_nul_and_length(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, LongText)


@pytest.mark.parametrize("digest", ["a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_a_sha256_is_64_lower_case_digits(digest: str) -> None:
    assert msgspec.convert("0" * 64, Sha256) == "0" * 64
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(digest, Sha256)


def test_an_address_needs_a_street_and_a_known_country() -> None:
    good = {"lines": ["31 Jinrong Street"], "city": "Beijing", "country": "CN"}
    assert msgspec.convert(good, Address).country == "CN"
    wrongs: tuple[dict[str, object], ...] = (
        {"lines": []},
        {"lines": ["x"] * 6},
        {"country": "XX"},
        {"planet": "Mars"},
    )
    for wrong in wrongs:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(good | wrong, Address)


def test_a_document_is_named_typed_sized_and_fingerprinted() -> None:
    good = {
        "name": "End-use statement",
        "media_type": "application/pdf",
        "sha256": "0" * 64,
        "size_bytes": 1,
    }
    assert msgspec.convert(good, Document).size_bytes == 1
    for wrong in (
        *({"size_bytes": 0}, {"sha256": "0"}, {"name": " "}),
        *({"media_type": "pdf"}, {"media_type": "text/csv\n"}),
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(good | wrong, Document)


def test_a_published_uscc_passes_its_check() -> None:
    assert is_valid_uscc(CHINA_TELECOM)
    assert msgspec.convert(CHINA_TELECOM, Uscc) == CHINA_TELECOM


@pytest.mark.parametrize("code", ["", CHINA_TELECOM[:-1], CHINA_TELECOM + "0", "I" * 18, "王" * 18])
def test_a_uscc_of_wrong_length_or_alphabet_fails(code: str) -> None:
    assert not is_valid_uscc(code)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(code, Uscc)


@given(position=st.integers(0, 17), other=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_one_wrong_character_never_passes_the_uscc_check(position: int, other: str) -> None:
    changed = CHINA_TELECOM[:position] + other + CHINA_TELECOM[position + 1 :]
    assert is_valid_uscc(changed) is (changed == CHINA_TELECOM)
