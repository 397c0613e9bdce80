"""The codec: canonical bytes equal RFC 8785, and what is written is read back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from types import new_class
from typing import Any
from uuid import UUID

import msgspec
import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audits.codec import CodecError, Registry, canonical, leaf_hash
from audits.kernel import MAX_SAFE_INTEGER, Cents, Event, Role, Value
from audits.shapes import NoCanonicalForm
from audits.unreadable import StoredEventUnreadable
from tests.audits.sales import (
    REGISTRY,
    ByWire,
    InKind,
    Line,
    Noted,
    Price,
    Sold,
    anything,
    cents,
    lines,
    numbers,
    prices,
    recorded,
)
from tests.support.people import identity

moments = st.datetimes(timezones=st.just(UTC))
payments = st.builds(ByWire, fee_cents=cents, reference=st.none() | anything) | st.builds(
    InKind, goods=anything, count=numbers
)
sales = st.builds(
    Sold,
    zulu=anything,
    alpha=st.none() | anything,
    lines=st.lists(lines, max_size=3).map(tuple),
    paid=st.none() | payments,
    instalments_cents=st.lists(cents, max_size=3).map(tuple),
    by=st.uuids(),
    on=st.dates(),
    at=st.none() | moments,
    role=st.sampled_from(Role),
    count=numbers,
    final=st.booleans(),
    pairs=st.lists(st.tuples(st.uuids(), numbers), max_size=2).map(tuple),
    extras=st.none() | st.lists(prices, max_size=2).map(tuple),
)
notes = st.builds(Noted, note=st.none() | anything, kind=st.sampled_from(["a", "b", None]))


def document(value: Any) -> Any:
    """Say independently of the codec what JSON shall hold of a value; money by its field's name."""
    if isinstance(value, msgspec.Struct):
        tag = value.__struct_config__.tag
        return dict(members(value)) | ({} if tag is None else {"type": tag})
    if isinstance(value, tuple):
        return [document(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID | date):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def members(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for name in value.__struct_fields__:
        item = getattr(value, name)
        if not name.endswith("_cents") or item is None:
            yield name, document(item)
        else:
            yield name, [str(one) for one in item] if isinstance(item, tuple) else str(item)


# -- Canonical bytes -----------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(sales)
def test_the_bytes_are_those_of_rfc_8785(sold: Sold) -> None:
    envelope = recorded(sold, name="sold")
    assert REGISTRY.encode(envelope) == rfc8785.dumps(document(envelope))


documents = st.recursive(
    st.none() | st.booleans() | numbers | anything,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\x00")), inner)
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=300)
@given(documents)
@example({"b": 1, "a": [MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER], "aa": {"": None}})
@example(['\u2028\u2029\x7f\x80/\\"\b\t\n\f\r\x1f\uffff\U0010ffff', ":1234567890123456"])
def test_a_plain_document_has_the_bytes_of_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("number", [MAX_SAFE_INTEGER + 1, -MAX_SAFE_INTEGER - 1, 2**63, 2**200])
def test_an_integer_beyond_2_53_is_refused(number: int) -> None:
    with pytest.raises(CodecError) as refusal:
        canonical([number])
    assert refusal.value.code == "integer_out_of_range"
    line = Line(model="H200", quantity=number, unit=Price(amount_cents=1))
    with pytest.raises(CodecError) as refusal:
        REGISTRY.encode(recorded(a_sale(lines=(line,)), name="sold"))
    assert refusal.value.code == "integer_out_of_range"


def a_sale(**changes: Any) -> Sold:
    sold = Sold(
        zulu="z",
        alpha=None,
        lines=(),
        paid=None,
        instalments_cents=(),
        by=identity("seller"),
        on=date(2026, 11, 23),
        at=None,
        role=Role.EXPORTER,
        count=0,
        final=True,
    )
    return msgspec.structs.replace(sold, **changes)


def test_money_beyond_2_53_is_kept_to_the_cent() -> None:
    most = 2**63 - 1
    sold = a_sale(paid=ByWire(fee_cents=most), instalments_cents=(most, 0))
    content = REGISTRY.encode(recorded(sold, name="sold"))
    assert b'"fee_cents":"9223372036854775807"' in content
    assert b'"instalments_cents":["9223372036854775807","0"]' in content
    assert REGISTRY.decode("sold", 1, content).data == sold


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\udc00\ud800"])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(CodecError) as refusal:
        REGISTRY.encode(recorded(Noted(note=text), name="noted"))
    assert refusal.value.code == "text_not_unicode"


@pytest.mark.parametrize("text", ["\x00", "a\\\x00", "\\\\\x00"])
def test_nul_is_refused_because_jsonb_cannot_hold_it(text: str) -> None:
    with pytest.raises(CodecError) as refusal:
        REGISTRY.encode(recorded(Noted(note=text), name="noted"))
    assert refusal.value.code == "text_with_nul"


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "u0000"])
def test_a_backslash_before_u0000_is_only_text(text: str) -> None:
    content = REGISTRY.encode(recorded(Noted(note=text), name="noted"))
    assert REGISTRY.decode("noted", 1, content).data == Noted(note=text)


class Count(IntEnum):
    """Numbers with names."""

    ONE = 1


class Renaming(Value, rename="camel"):
    """Writes its field under another name."""

    some_field: int


@pytest.mark.parametrize(
    "kind",
    [float, dict[str, int], Any, bytes, set[str], Count, Renaming, Cents | str, tuple[Cents, int]],
)
def test_a_class_without_one_written_form_is_refused_when_its_name_is_fixed(kind: Any) -> None:
    event: Any = new_class(
        "Strange", (Event,), exec_body=lambda body: body.update(__annotations__={"field": kind})
    )
    with pytest.raises(NoCanonicalForm):
        Registry().register({"strange": event})


def test_the_leaf_hash_is_that_of_rfc_6962() -> None:
    # The hash of the empty leaf, from the test vectors of Certificate Transparency.
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"").hex() == empty


# -- Reading back --------------------------------------------------------------------------


@settings(deadline=None, max_examples=300)
@given(sales)
@example(a_sale(alpha="null", zulu="null", paid=ByWire(fee_cents=0, reference="null")))
@example(a_sale(alpha="NULL", paid=InKind(goods="12", count=12)))
def test_a_sale_is_read_back_as_it_was_written(sold: Sold) -> None:
    envelope = recorded(sold, name="sold")
    assert REGISTRY.decode("sold", 1, REGISTRY.encode(envelope)) == envelope


@settings(deadline=None)
@given(notes)
@example(Noted(note="null"))
@example(Noted(note="true"))
def test_a_note_is_read_back_as_it_was_written(noted: Noted) -> None:
    envelope = recorded(noted, name="noted")
    assert REGISTRY.decode("noted", 1, REGISTRY.encode(envelope)) == envelope


def test_an_event_without_money_is_read_strictly() -> None:
    content = REGISTRY.encode(recorded(Noted(note="x"), name="noted"))
    with pytest.raises(StoredEventUnreadable):
        REGISTRY.decode("noted", 1, content.replace(b'"version":1', b'"version":"1"'))


def test_an_unknown_field_is_never_dropped_in_silence() -> None:
    content = REGISTRY.encode(recorded(Noted(note="x"), name="noted"))
    with pytest.raises(StoredEventUnreadable):
        REGISTRY.decode("noted", 1, content.replace(b'"note":"x"', b'"note":"x","other":1'))
