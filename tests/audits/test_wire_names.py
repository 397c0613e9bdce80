"""Names of events are fixed, old schemas are read through upcasters, commands are told apart."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import pytest

from audits.codec import CodecError, RawEvent, Registry, fingerprint
from audits.kernel import Command, Event
from tests.audits.sales import REGISTRY, Noted, Sold, recorded, registry
from tests.support.people import identity


class Renamed(Event):
    """The same as Noted, after a change of schema."""

    text: str | None
    words: int


# -- Names ---------------------------------------------------------------------------------


def test_an_event_without_a_wire_name_cannot_be_written() -> None:
    for stranger in (Renamed(text="x", words=1), RawEvent(name="noted", json="{}")):
        with pytest.raises(CodecError) as refusal:
            REGISTRY.encode(recorded(stranger, name="noted"))
        assert refusal.value.code == "event_not_registered"


def test_a_retired_event_cannot_be_written_and_is_read_raw() -> None:
    names = registry()
    envelope = recorded(Noted(note="once"), name="noted")
    content = names.encode(envelope)
    names.retire("noted")
    with pytest.raises(CodecError) as refusal:
        names.encode(envelope)
    assert refusal.value.code == "event_not_registered"
    read = names.decode("noted", 1, content)
    assert read.data == RawEvent(name="noted", json='{"kind":null,"note":"once"}')
    assert names.decode_event("noted", 1, content) == read.data
    assert msgspec.structs.replace(read, data=envelope.data) == envelope
    assert names.names() == ["sold"]


def test_an_unknown_event_is_read_raw() -> None:
    content = REGISTRY.encode(recorded(Noted(note=None), name="noted"))
    read = Registry().decode("noted", 1, content)
    assert read.data == RawEvent(name="noted", json='{"kind":null,"note":null}')


def test_a_wire_name_is_never_reused() -> None:
    names = registry()
    names.register({"sold": Sold})  # the same pair again is no reuse
    names.retire("noted", "never_used")
    for name, event in (("sold", Renamed), ("noted", Noted), ("never_used", Renamed)):
        with pytest.raises(CodecError) as refusal:
            names.register({name: event})
        assert refusal.value.code == "wire_name_taken"


def test_an_event_has_one_wire_name() -> None:
    names = registry()
    with pytest.raises(CodecError) as refusal:
        names.register({"sold_again": Sold})
    assert refusal.value.code == "wire_name_taken"


def test_the_class_behind_a_name_is_found() -> None:
    assert REGISTRY.schema("sold") is Sold
    with pytest.raises(CodecError) as refusal:
        REGISTRY.schema("lost")
    assert refusal.value.code == "event_unknown"


# -- Older schemas: a worked example -------------------------------------------------------
# Schema 1 of `noted` had `note`; schema 2 calls it `text`; schema 3 counts the words.


def rename_note(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": data["note"]}


def count_words(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "words": len((data["text"] or "").split())}


def names_after_two_changes() -> Registry:
    names = Registry()
    names.register({"noted": Renamed})
    names.upcast("noted", 1, rename_note)
    names.upcast("noted", 2, count_words)
    return names


def test_an_old_event_is_read_through_every_upcaster_in_turn() -> None:
    old = REGISTRY.encode(recorded(Noted(note="two words"), name="noted"))
    names = names_after_two_changes()
    read = names.decode("noted", 1, old)
    assert read.data == Renamed(text="two words", words=2)
    assert names.decode_event("noted", 1, old) == read.data
    new = names.encode(recorded(Renamed(text="x", words=1), name="noted", schema_version=3))
    both = names.decode_events([("noted", 3, new), ("noted", 1, old)])
    assert both == [Renamed(text="x", words=1), read.data]
    assert read.schema_version == 1  # what was recorded, not what it was read as


def test_a_new_event_is_written_with_the_new_schema_version() -> None:
    names = names_after_two_changes()
    assert names.wire_type(Renamed).schema_version == 3
    envelope = recorded(Renamed(text="x", words=1), name="noted", schema_version=3)
    assert names.decode("noted", 3, names.encode(envelope)) == envelope


def test_an_upcaster_starts_where_the_last_one_ended() -> None:
    names = names_after_two_changes()
    for wrong in (1, 4):
        with pytest.raises(CodecError) as refusal:
            names.upcast("noted", wrong, rename_note)
        assert refusal.value.code == "upcaster_gap"


def test_a_schema_from_the_future_is_refused() -> None:
    content = REGISTRY.encode(recorded(Noted(note="x"), name="noted"))
    with pytest.raises(CodecError) as refusal:
        REGISTRY.decode("noted", 2, content)
    assert refusal.value.code == "schema_from_the_future"


class Sell(Command):
    """Sell something."""

    model: Annotated[str, msgspec.Meta(max_length=20)]
    quantity: int


def test_a_fingerprint_tells_command_target_and_body_apart() -> None:
    class Buy(Command):
        """Buy something."""

        model: str
        quantity: int

    asked = {
        fingerprint(Sell(model="H200", quantity=1), identity("one")),
        fingerprint(Sell(model="H200", quantity=2), identity("one")),
        fingerprint(Sell(model="H20", quantity=1), identity("one")),
        fingerprint(Sell(model="H200", quantity=1), identity("two")),
        fingerprint(Buy(model="H200", quantity=1), identity("one")),
    }
    assert len(asked) == 5
    assert fingerprint(Sell(quantity=1, model="H200"), identity("one")) in asked
