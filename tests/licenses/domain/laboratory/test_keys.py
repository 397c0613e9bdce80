"""Weak keys: every encoding of a point of small order, found by the group law itself."""

from typing import Final

import pytest

from audits.kernel import Refused
from licenses.domain.laboratory.keys import key_id, read_public_key
from tests.licenses.domain.laboratory.scenes import NEXT_PUBLIC_KEY, PUBLIC_KEY

P: Final = 2**255 - 19
D: Final = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)
NEUTRAL: Final = (0, 1)

Point = tuple[int, int]


def point(key: bytes) -> Point | None:
    """Decode a key (RFC 8032, section 5.1.3), tolerating a y that is not reduced."""
    number = int.from_bytes(key, "little")
    y = number % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    return (x if x % 2 == number >> 255 else -x % P), y


def double(one: Point) -> Point:
    """Add a point to itself on the twisted Edwards curve."""
    x, y = one
    product = D * x * x * y * y % P
    return (
        2 * x * y * pow(1 + product, -1, P) % P,
        (y * y + x * x) * pow(1 - product, -1, P) % P,
    )


def has_small_order(key: bytes) -> bool:
    found = point(key)
    return found is not None and double(double(double(found))) == NEUTRAL


ORDER_EIGHT_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
WEAK: Final = [
    (y | sign << 255).to_bytes(32, "little")
    for y in (0, 1, ORDER_EIGHT_Y, P - ORDER_EIGHT_Y, P - 1, P, P + 1)
    for sign in (0, 1)
]


@pytest.mark.parametrize("key", WEAK, ids=bytes.hex)
def test_a_key_of_small_order_is_refused(key: bytes) -> None:
    assert has_small_order(key)
    with pytest.raises(Refused) as refused:
        read_public_key(key.hex())
    assert refused.value.code == "public_key_weak"


def test_that_is_all_of_them() -> None:
    """Eight points; three of them have a second spelling of y or of the sign of x = 0."""
    assert len({point(key) for key in WEAK}) == 8


@pytest.mark.parametrize("key", [PUBLIC_KEY, NEXT_PUBLIC_KEY])
def test_a_genuine_key_is_read(key: str) -> None:
    assert not has_small_order(bytes.fromhex(key))
    assert read_public_key(key) == key


def test_keys_have_short_names() -> None:
    assert len(key_id(PUBLIC_KEY)) == 16
    assert key_id(PUBLIC_KEY) != key_id(NEXT_PUBLIC_KEY)
