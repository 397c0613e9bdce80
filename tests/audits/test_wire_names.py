"""Names of events are fixed, old schemas are read through upcasters, commands are told apart."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
import pytest

from audits.codec import CodecError, RawEvent, Registry, fingerprint, leaf_hash
from audits.kernel import Command, Event
from audits.reading import decode
from audits.unreadable import StoredEventUnreadable
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


NOTED: Final = REGISTRY.encode(recorded(Noted(note="x"), name="noted"))


def reads(names: Registry) -> list[Callable[[str, int, bytes], Any]]:
    """List every way to read stored bytes."""
    return [
        names.decode,
        names.decode_event,
        lambda *row: names.decode_events([row]),
    ]


def test_a_schema_from_the_future_is_refused() -> None:
    for read in reads(REGISTRY):
        with pytest.raises(StoredEventUnreadable) as refusal:
            read("noted", 2, NOTED)
        assert getattr(refusal.value.__cause__, "code", None) == "schema_from_the_future"


@pytest.mark.parametrize("names", [REGISTRY, names_after_two_changes()], ids=["now", "upcast"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"note":', b'"other":'),
        (b'"note":"x"', b'"note":12'),
        (b'"data":', b'"date":'),
        (b'"data":', b'"data":1,"date":'),
    ],
)
def test_what_is_no_event_is_refused_by_name_and_nothing_else_of_it_is_told(
    names: Registry, before: bytes, after: bytes
) -> None:
    content = NOTED.replace(before, after)
    assert content != NOTED
    for read in reads(names):
        with pytest.raises(StoredEventUnreadable) as refusal:
            read("noted", 1, content)
        named = f"event {identity('event')} of the journal cannot be read"
        assert (str(refusal.value), refusal.value.code) == (named, "stored_event_unreadable")


@pytest.mark.parametrize("content", [b"", b"\xff", NOTED[:-1], NOTED.replace(b"{", b"[")])
def test_bytes_that_do_not_say_what_they_are_of_are_named_by_their_hash(content: bytes) -> None:
    for read in (*reads(REGISTRY), *reads(Registry()), lambda *row: decode(row[2])):
        with pytest.raises(StoredEventUnreadable, match=leaf_hash(content).hex()):
            read("noted", 1, content)


@pytest.mark.parametrize("gone", [b'"version":', b'"schema_version":', b'"event_id":'])
def test_an_envelope_without_a_part_cannot_be_read(gone: bytes) -> None:
    content = NOTED.replace(gone, b'"another":')
    for read in (REGISTRY.decode, Registry().decode, lambda *row: decode(row[2])):
        with pytest.raises(StoredEventUnreadable):
            read("noted", 1, content)


def test_of_many_events_the_one_that_cannot_be_read_is_named() -> None:
    ids = [identity(text) for text in "abc"]
    whole = [NOTED.replace(str(identity("event")).encode(), str(each).encode()) for each in ids]
    whole[1] = whole[1].replace(b'"note":', b'"other":')
    with pytest.raises(StoredEventUnreadable, match=str(ids[1])):
        REGISTRY.decode_events([("noted", 1, each) for each in whole])


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
