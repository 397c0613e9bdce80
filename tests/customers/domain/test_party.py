"""The shape of a party: how many aliases and owners, how large a share."""

from typing import Any

import msgspec
import pytest

from customers.domain.party import Party, missing_of
from tests.customers.histories import PARTY

ALIAS = "Riverside"


def owner(share_basis_points: int) -> dict[str, Any]:
    return {"name": "Meadow Fund", "country": "SG", "share_basis_points": share_basis_points}


def described(**changes: Any) -> Party:
    return msgspec.convert(msgspec.to_builtins(PARTY) | changes, Party)


@pytest.mark.parametrize(
    "changes",
    [
        {"aliases": (ALIAS,) * 10},
        {"owners": (owner(1),) * 30},
        {"owners": (owner(10_000),)},
        {"owners": ()},
        {"owners": None},
    ],
)
def test_a_party_within_its_limits_is_accepted(changes: dict[str, Any]) -> None:
    assert described(**changes).name == PARTY.name


@pytest.mark.parametrize(
    "changes",
    [
        {"aliases": (ALIAS,) * 11},
        {"owners": (owner(1),) * 31},
        {"owners": (owner(0),)},
        {"owners": (owner(10_001),)},
        {"name": " "},
        {"kind": "vessel"},
        {"uscc": "9132"},
    ],
)
def test_a_party_beyond_its_limits_is_a_shape_error(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        described(**changes)


@pytest.mark.parametrize("country", ["CN", "HK", "MO", "TW"])
def test_where_names_are_written_in_chinese_the_native_name_is_asked_for(country: str) -> None:
    address = {"lines": ["1 Road"], "city": "Town", "country": country}
    assert missing_of(described(address=address, native_name=None)) == ("native_name",)
    assert missing_of(described(address=address)) == ()
