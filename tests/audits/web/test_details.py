"""What an event says, as labels and values."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audits.web.details import MOST_CHARACTERS, MOST_ITEMS, Describing, Detail

PLAIN = Describing(lambda minor, _currency: f"{minor / 100:.2f}")
ID = "0d6f3b9e-54d1-5a0e-9a53-0f5ad1f0a001"


def shown(name: str, value: Any, describing: Describing = PLAIN) -> Detail:
    [(_, detail)] = describing.describe({name: value}).fields
    return detail


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("quantity", 15832, "15,832"),
        ("holds", True, "yes"),
        ("holds", False, "no"),
        ("note", "", "none"),
        ("serials", [], "none"),
        ("supply", {}, "none"),
        ("note", "<script>", "<script>"),
        ("issued_on", "2026-02-02", "2026-02-02"),
        ("expires_at", "whenever", "whenever"),
        ("amount_cents", "a lot", "a lot"),
    ],
)
def test_plain_values_are_texts(name: str, value: Any, text: str) -> None:
    assert shown(name, value) == Detail(text)


def test_null_is_left_out() -> None:
    described = PLAIN.describe({"note": None, "quantity": 0})
    assert described == Detail(fields=(("Quantity", Detail("0")),))
    assert PLAIN.describe({"note": None}) == Detail("none")
    assert shown("values", [None]) == Detail(values=(Detail("none"),))


@pytest.mark.parametrize("code", [ID, "ab" * 32])
def test_ids_and_hashes_are_codes(code: str) -> None:
    assert shown("x", code) == Detail(code, is_code=True)
    assert shown("x", f"{code} and more").is_code is False


def test_moments_are_moments() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
    assert shown("tested_at", "2026-11-23T12:00:00.123456Z") == Detail(moment=moment)


def test_money_names_the_currency_beside_it_or_above_it() -> None:
    data = {
        "total_cents": "350",
        "currency": "EUR",
        "items": [{"price_cents": "100"}, {"price_cents": 200, "currency": "USD"}],
    }
    total, _, items = (detail for _, detail in PLAIN.describe(data).fields)
    assert total.text == "EUR 3.50"
    assert [item.fields[0][1].text for item in items.values] == ["EUR 1.00", "USD 2.00"]


def test_money_without_a_currency_takes_that_of_the_deal_or_says_that_it_has_none() -> None:
    in_deal = Describing(PLAIN.amount, "USD")
    assert shown("price_cents", "100", in_deal).text == "USD 1.00"
    assert shown("price_cents", "123456").text == "123,456 (minor units)"


@pytest.mark.parametrize(("count", "left_out"), [(MOST_ITEMS, 0), (MOST_ITEMS + 1, 1)])
def test_of_a_long_list_the_beginning_is_shown(count: int, left_out: int) -> None:
    detail = shown("serials", [f"S{n}" for n in range(count)])
    assert (len(detail.values), detail.left_out) == (MOST_ITEMS, left_out)


def test_of_a_long_text_the_beginning_is_shown() -> None:
    whole, longer = "x" * MOST_CHARACTERS, "x" * (MOST_CHARACTERS + 1)
    assert shown("report", whole).text == whole
    assert shown("report", longer).text == f"{whole}… (1,001 characters, all of them in the JSON)"


def test_size_counts_texts() -> None:
    assert PLAIN.describe({"a": 1, "b": [1, 2], "c": {"d": "e"}}).size() == 4
    assert Detail("x").size() == 1
