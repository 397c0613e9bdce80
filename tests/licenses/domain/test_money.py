"""Money: decimals become integers exactly, or not at all; payments are reported once made."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from audits.kernel import Refused
from licenses.domain.money import InexactAmountError, minor_units, refuse_day_ahead


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0", "USD", 0),
        ("0.01", "USD", 1),
        ("1", "USD", 100),
        ("1.", "USD", 100),
        (".5", "USD", 50),
        ("+1.5", "USD", 150),
        ("1.50000", "USD", 150),
        ("00012.34", "USD", 12_34),
        ("0.29", "USD", 29),  # 28 by way of a float
        ("1", "JPY", 1),
        ("1.0", "JPY", 1),
        ("1.234", "KWD", 1_234),
        ("1.2345", "CLF", 12_345),
        ("10000000000000", "USD", 10**15),
        ("1000000000000000", "JPY", 10**15),
    ],
)
def test_amounts_are_exact(amount: str, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "error"),
    [
        ("0.001", "USD", InexactAmountError),
        ("1.5", "JPY", InexactAmountError),
        ("1.2345", "KWD", InexactAmountError),
        ("10000000000000.01", "USD", ValueError),
        ("1000000000000001", "JPY", ValueError),
        ("9" * 19, "JPY", ValueError),
        ("", "USD", ValueError),
        (".", "USD", ValueError),
        ("-1", "USD", ValueError),
        ("1e3", "USD", ValueError),
        ("1,000.00", "USD", ValueError),
        ("1 000", "USD", ValueError),
        ("NaN", "USD", ValueError),
        ("INF", "USD", ValueError),
        ("0x10", "USD", ValueError),
        ("\u0661", "USD", ValueError),  # a digit, but not a decimal one of XML
        ("1\n", "USD", ValueError),
    ],
)
def test_what_is_not_exact_is_refused(amount: str, currency: str, error: type[Exception]) -> None:
    with pytest.raises(ValueError, match=r"amount|digits|beyond") as raised:
        minor_units(amount, currency)
    assert raised.type is error


@forall(cents=st.integers(min_value=0, max_value=10**15))
def test_every_amount_comes_back(cents: int) -> None:
    assert minor_units(f"{cents // 100}.{cents % 100:02}", "USD") == cents


def test_a_day_begins_at_midnight_utc() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    refuse_day_ahead(midnight.date(), midnight)
    with pytest.raises(Refused) as refused:
        refuse_day_ahead(midnight.date(), midnight - timedelta(microseconds=1))
    assert refused.value.code == "payment_day_ahead"


def test_another_zone_does_not_begin_a_day() -> None:
    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)
    with pytest.raises(Refused):
        refuse_day_ahead(
            evening.date() + timedelta(days=1), evening.astimezone(timezone(timedelta(hours=8)))
        )
