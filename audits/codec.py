"""Event class ⇄ wire name and canonical bytes (RFC 8785), with upcasters for older schemas.

The canonical bytes of an event are made once, when it is written; they are what is hashed, stored,
sealed and exported. Money travels as decimal strings; integers beyond 2^53 - 1 are refused, and so
is text that the database's jsonb cannot hold.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
import msgspec.inspect
import rfc8785

from audits.kernel import MAX_SAFE_INTEGER, Actor, Command, Event
from audits.shapes import Writer, holds_integers, holds_money, writer_of
from audits.unreadable import UNREADABLE, StoredEventUnreadable

E_co = TypeVar("E_co", covariant=True)
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_encoder: Final = msgspec.json.Encoder(order="sorted")
_LONG_NUMBER: Final = re.compile(rb"[:,\[]-?[0-9]{16}")
"""A number that may lie beyond 2^53 - 1 (9007199254740991, 16 digits): look closer."""
_DIGITS: Final = bytes(ord("0") if chr(byte) in "0123456789" else 0 for byte in range(256))
"""Makes any digit a zero: a row of sixteen is then found many times faster than by the pattern."""
_SIXTEEN: Final = b"0" * 16
_NUL: Final = b"\\u0000"
"""May be U+0000, which jsonb refuses, or a backslash before `u0000`: look closer."""


class CodecError(Exception):
    """An event that cannot be written or read; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code


class CommandRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which command made an event, and the hash of what it asked."""

    fingerprint: str
    """SHA-256 over name, target and canonical body, lower-case hex."""
    id: UUID
    name: str
    ordinal: int
    """Place of the event among those of the command, from 0."""


class Recorded(msgspec.Struct, Generic[E_co], frozen=True, kw_only=True, gc=False):
    """The envelope: everything that the journal keeps of one event. Its bytes are what is hashed."""

    actor: Actor
    aggregate: str
    causation_id: UUID | None
    command: CommandRef
    correlation_id: UUID
    data: E_co
    edition: str | None
    event_id: UUID
    on_behalf_of: UUID | None
    recorded_at: datetime
    schema_version: int
    stream_id: UUID
    type: str
    version: int


class _Inside(msgspec.Struct, Generic[E_co], frozen=True, gc=False):
    """An envelope of which nothing is read but the event."""

    data: E_co


class RawEvent(Event):
    """An event whose wire name is retired or unknown: to be shown, never folded."""

    name: str
    json: str


@dataclass(frozen=True, slots=True)
class WireType:
    """One event class on the wire: its fixed name, its schema version, how to write and read it."""

    name: str
    event: type[Event]
    schema_version: int
    write: Writer | None
    """Turns `data` into what JSON shall hold; None: it is that already."""
    holds_integers: bool
    read: Callable[[bytes], Recorded[Any]]
    read_inside: Callable[[bytes], _Inside[Any]]
    """Reads the event alone, which takes about half the time."""


@dataclass(slots=True)
class Registry:
    """Fixes wire names, which are never reused. Whatever reads here raises StoredEventUnreadable."""

    _by_name: dict[str, WireType] = field(default_factory=dict)
    _by_event: dict[type[Event], WireType] = field(default_factory=dict)
    _inside: dict[tuple[str, int], Callable[[bytes], _Inside[Any]]] = field(default_factory=dict)
    """Wire name and current schema → what reads the event alone."""
    _upcasters: dict[tuple[str, int], Upcaster] = field(default_factory=dict)
    _retired: set[str] = field(default_factory=set)

    def register(self, names: Mapping[str, type[Event]]) -> None:
        """Fix `names`; registering the same pair again changes nothing."""
        for name, event in names.items():
            known = self._by_name.get(name)
            if known is not None and known.event is event:
                continue
            if known is not None or name in self._retired or event in self._by_event:
                raise CodecError("wire_name_taken", f"{name} or {event.__name__} is already fixed")
            self._add(_wire_type(name, event))

    def retire(self, *names: str) -> None:
        """Close `names` for writing for ever; journals that hold them stay readable as raw."""
        for name in names:
            wire = self._by_name.pop(name, None)
            if wire is not None:
                del self._by_event[wire.event]
                del self._inside[name, wire.schema_version]
            self._retired.add(name)

    def upcast(self, name: str, from_version: int, upcaster: Upcaster) -> None:
        """Read schema `from_version` of `name` through `upcaster`; new events get the next version."""
        wire = self._by_name[name]
        if from_version != wire.schema_version:
            raise CodecError("upcaster_gap", f"{name} is at schema {wire.schema_version}")
        self._upcasters[name, from_version] = upcaster
        del self._inside[name, from_version]
        self._add(replace(wire, schema_version=from_version + 1))

    def _add(self, wire: WireType) -> None:
        self._by_name[wire.name] = wire
        self._by_event[wire.event] = wire
        self._inside[wire.name, wire.schema_version] = wire.read_inside

    def wire_type(self, event: type[Event]) -> WireType:
        """Find how `event` is written; CodecError `event_not_registered` for a stranger."""
        try:
            return self._by_event[event]
        except KeyError:
            raise CodecError("event_not_registered", f"{event.__name__} has no wire name") from None

    def names(self) -> list[str]:
        """List the wire names that may be written, sorted."""
        return sorted(self._by_name)

    def schema(self, name: str) -> type[Event]:
        """Return the event class behind a wire name; CodecError `event_unknown`."""
        try:
            return self._by_name[name].event
        except KeyError:
            raise CodecError("event_unknown", f"{name} is not a wire name") from None

    def encode(self, recorded: Recorded[Event]) -> bytes:
        """Make the canonical bytes; `data` is encoded by the registered class, money as strings."""
        wire = self.wire_type(type(recorded.data))
        data = recorded.data if wire.write is None else wire.write(recorded.data)
        content = _encode(data)
        if wire.holds_integers and _holds_long_number(content):
            content = _strict(content)
        return _without_nul(_encode(msgspec.structs.replace(recorded, data=msgspec.Raw(content))))

    def decode(self, name: str, schema_version: int, content: bytes) -> Recorded[Event]:
        """Read canonical bytes back, typed; older schemas through upcasters, strangers as raw."""
        wire = self._by_name.get(name)
        try:
            if wire is None:
                return _decode_raw(name, content)
            if wire.schema_version == schema_version:
                return wire.read(content)
            return self._decode_old(wire, schema_version, content)
        except (CodecError, *UNREADABLE) as error:
            raise StoredEventUnreadable(content) from error

    def decode_event(self, name: str, schema_version: int, content: bytes) -> Event:
        """Read the event alone out of canonical bytes, for whoever folds and asks no more."""
        read = self._inside.get((name, schema_version))
        if read is None:
            return self.decode(name, schema_version, content).data
        try:
            event: Event = read(content).data
        except UNREADABLE as error:
            raise StoredEventUnreadable(content) from error
        return event

    def decode_events(self, rows: Sequence[tuple[str, int, bytes]]) -> list[Event]:
        """Read many events as `decode_event` does one; a call for each would cost a tenth more."""
        inside = self._inside
        try:
            return [
                read(content).data
                if (read := inside.get((name, schema_version)))
                else self.decode(name, schema_version, content).data
                for name, schema_version, content in rows
            ]
        except UNREADABLE:
            return [self.decode_event(*row) for row in rows]  # says which it is

    def _decode_old(self, wire: WireType, version: int, content: bytes) -> Recorded[Event]:
        if version > wire.schema_version:
            raise CodecError("schema_from_the_future", f"{wire.name} schema {version}")
        document = msgspec.json.decode(content)
        for step in range(version, wire.schema_version):
            document["data"] = self._upcasters[wire.name, step](document["data"])
        return wire.read(msgspec.json.encode(document))


def canonical(value: Any) -> bytes:
    """Encode to RFC 8785 bytes; money inside must be text already.

    Values hold str, int, bool, None, structs and dicts with ASCII keys, sequences, UUID, date and
    UTC datetime; no floats. A sorted msgspec encoding gives the same bytes for these and is many
    times faster; numbers that look too long take the strict path, which refuses what JSON readers
    would round. Raises CodecError `integer_out_of_range`, `text_not_unicode`, `text_with_nul`.
    """
    content = _encode(value)
    return _without_nul(_strict(content) if _holds_long_number(content) else content)


def _encode(value: Any) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError as error:
        raise CodecError("text_not_unicode", "a surrogate stands alone in a text") from error


def _holds_long_number(content: bytes) -> bool:
    return _SIXTEEN in content.translate(_DIGITS) and _LONG_NUMBER.search(content) is not None


def _strict(content: bytes) -> bytes:
    try:
        return rfc8785.dumps(msgspec.json.decode(content))
    except rfc8785.IntegerDomainError as error:
        raise CodecError("integer_out_of_range", f"beyond {MAX_SAFE_INTEGER}") from error


def _without_nul(content: bytes) -> bytes:
    if _NUL in content and _NUL in content.replace(b"\\\\", b""):
        raise CodecError("text_with_nul", "U+0000 cannot be stored in a text")
    return content


def leaf_hash(content: bytes) -> bytes:
    """Hash canonical bytes as a Merkle leaf: SHA-256(0x00 || content), RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + content).digest()


def fingerprint(command: Command, target: UUID) -> str:
    """Hash what a command asks, so that a reused command id with another body is seen."""
    return fingerprint_of(type(command).__name__, target, body_of(command))


def body_of(command: Command) -> bytes:
    """Write what a command asks, in the one form that is hashed."""
    return _encoder.encode(command)


def fingerprint_of(name: str, target: UUID, body: bytes = b"") -> str:
    """Hash a command's name, target and body; SHA-256, lower-case hex."""
    head = msgspec.json.encode([name, target])
    return hashlib.sha256(head + b"\n" + body).hexdigest()


def _decode_raw(name: str, content: bytes) -> Recorded[Event]:
    recorded: Recorded[Any] = msgspec.json.decode(content, type=Recorded[msgspec.Raw])
    return msgspec.structs.replace(
        recorded, data=RawEvent(name=name, json=bytes(recorded.data).decode())
    )


def _wire_type(name: str, event: type[Event]) -> WireType:
    info = msgspec.inspect.type_info(event)
    strict = not holds_money(info)  # only money needs the lenient reading of numbers from strings
    return WireType(
        name=name,
        event=event,
        schema_version=1,
        write=writer_of(info),
        holds_integers=holds_integers(info),
        read=msgspec.json.Decoder(Recorded[event], strict=strict).decode,  # type: ignore[valid-type]
        read_inside=msgspec.json.Decoder(_Inside[event], strict=strict).decode,  # type: ignore[valid-type]
    )


registry: Final = Registry()
"""The registry of this installation; each app fixes its names in its `wire.py`."""
