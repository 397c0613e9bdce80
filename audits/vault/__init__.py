"""The keys of natural persons: seals personal texts, opens them, and shows what was erased as such.

Each subject (one natural person within one thing) has a key of its own, wrapped by a key from the
environment. The journal and all tables hold tokens only; destroying a subject's key erases them all
at once, wherever they were copied to. The database destroys keys by itself, together with the event
that says so: no statement here does.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.db import transaction

from audits import context as minting
from audits.kernel import Command
from audits.personal import (
    ERASED,
    PREFIX,
    SEALED_FORM,
    holds_personal,
    is_token,
    rewritten,
    subject_of,
)
from audits.statements import run
from audits.vault import wrapping
from audits.vault.wrapping import KEY_BYTES

C = TypeVar("C", bound=Command)
T = TypeVar("T")

UNREADABLE: Final = "[unreadable]"
"""What is shown of a token that no key of ours made."""
_NAME: Final = b"name"
_TOKEN: Final = re.compile(f"({SEALED_FORM})".encode())

_LIVE: Final = (
    "SELECT subject_id, wrapped_key, name_mark FROM audits_subject_key"
    " WHERE organization_id = %b AND holder_id = %b AND destroyed_at IS NULL"
    " ORDER BY created_at, subject_id"
)
_KEYS: Final = "SELECT subject_id, wrapped_key FROM audits_subject_key WHERE subject_id = ANY(%b)"
_STATUS: Final = (
    "SELECT holder_id, key_sha256, destroyed_at FROM audits_subject_key WHERE subject_id = %b"
)
_NAMED: Final = (
    "SELECT subject_id, wrapped_key, name_mark, created_at, destroyed_at FROM audits_subject_key"
    " WHERE holder_id = %b ORDER BY created_at, subject_id"
)
_LOCK: Final = "SELECT pg_advisory_xact_lock(uuid_hash_extended(%b::uuid, 2))"
_MINT: Final = (
    "INSERT INTO audits_subject_key"
    " (subject_id, organization_id, holder_id, wrapped_key, name_mark, key_sha256, wrapped_by)"
    " VALUES (%b, %b, %b, %b, %b, %b, %b)"
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose record of which thing names a person: subjects of one are never those of another."""

    organization_id: UUID
    thing_id: UUID


@dataclass(frozen=True, slots=True)
class Subject:
    """A natural person as far as sealing goes."""

    id: UUID
    cipher: AESSIV

    def seal(self, text: str) -> str:
        """Make the token of a text; the same text gives the same token."""
        ciphertext = self.cipher.encrypt(text.encode(), [self.id.bytes])
        return f"{PREFIX}{self.id}:{base64.urlsafe_b64encode(ciphertext).decode().rstrip('=')}"

    def open(self, token: str) -> str:
        """Read a token of this subject; one that its key did not make is unreadable."""
        encoded = token.rpartition(":")[2]
        try:
            ciphertext = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            return self.cipher.decrypt(ciphertext, [self.id.bytes]).decode()
        except (InvalidTag, ValueError):
            return UNREADABLE

    def mark(self, name: str) -> bytes:
        """Make the mark by which this name is found again; it goes with the key."""
        return self.cipher.encrypt(name.encode(), [self.id.bytes, _NAME])

    def name_of(self, mark: bytes) -> str:
        """Read a mark."""
        return self.cipher.decrypt(mark, [self.id.bytes, _NAME]).decode()


class KeyStatus(NamedTuple):
    """What may be known of a key by anybody."""

    holder_id: UUID
    key_sha256: bytes
    destroyed_at: datetime | None


class NamedSubject(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom a thing names."""

    subject_id: UUID
    name: str
    """The name by which the person came in; `[erased]` once the key is destroyed."""
    created_at: datetime
    destroyed_at: datetime | None


def status_of(subject_id: UUID) -> KeyStatus | None:
    """Look a subject's key up; None: there is no such subject."""
    row = run(_STATUS, [subject_id]).fetchone()
    return None if row is None else KeyStatus._make(row)


def named_in(thing_id: UUID) -> list[NamedSubject]:
    """List the persons whom a thing names, in the order in which they came in."""
    return [
        NamedSubject(
            subject_id=subject_id,
            name=ERASED
            if wrapped is None
            else Subject(subject_id, _unwrapped(subject_id, wrapped)).name_of(mark),
            created_at=minting.utc(created_at),
            destroyed_at=destroyed_at and minting.utc(destroyed_at),
        )
        for subject_id, wrapped, mark, created_at, destroyed_at in run(_NAMED, [thing_id])
    ]


def named_by(command: Command) -> list[str]:
    """List the persons whom a command names in clear.

    Raises msgspec.ValidationError where the command brings a token, or the word for erased data.
    """
    if PREFIX.encode() in msgspec.json.encode(command):
        raise msgspec.ValidationError(f"`{PREFIX}…` is kept for what the service seals itself")
    people: dict[str, None] = {}

    def note(text: str, person: str) -> str:
        people[person] = None
        return text

    if holds_personal(type(command)):
        rewritten(command, note)
    return list(people)


def sealed(command: C, holder: Holder) -> C:
    """Put tokens in place of a command's personal texts, minting keys for persons not seen before.

    Raises msgspec.ValidationError as `named_by` does.
    """
    people = named_by(command)
    if not people:
        return command
    subjects = _subjects(holder, people)
    return rewritten(command, lambda text, person: subjects[person].seal(text))


def seal_name(name: str, holder: Holder) -> str:
    """Seal the name of a person who is not named in a command."""
    return _subjects(holder, [name])[name].seal(name)


class Glass:
    """The sealed texts of one value, opened in this process's memory: read, and sealed beside."""

    def __init__(self, value: Any) -> None:
        tokens = _TOKEN.findall(msgspec.json.encode(value))
        self._subjects: Final = _known({UUID(subject_of(token.decode())) for token in tokens})

    def read(self, text: str) -> str:
        """Give a text of the value in clear; an erased one as the word for it."""
        if not is_token(text):
            return text
        subject = self._subject(text)
        return ERASED if subject is None else subject.open(text)

    def beside(self, token: str, text: str) -> str:
        """Seal a text for the subject of a token of the value; in clear where that is no token."""
        if not is_token(token):
            return text
        subject = self._subject(token)
        return ERASED if subject is None else subject.seal(text)

    def _subject(self, token: str) -> Subject | None:
        return self._subjects.get(UUID(subject_of(token)), _STRANGER)


def revealed(content: bytes) -> bytes:
    """Put the texts, or the word for erased ones, in place of all tokens of a JSON document."""
    tokens = {token.decode() for token in _TOKEN.findall(content)}
    if not tokens:
        return content
    known = _known({UUID(subject_of(token)) for token in tokens})

    def text_of(found: re.Match[bytes]) -> bytes:
        token = found[1].decode()
        subject = known.get(UUID(subject_of(token)), _STRANGER)
        text = ERASED if subject is None else subject.open(token)
        return msgspec.json.encode(text)[1:-1]

    return _TOKEN.sub(text_of, content)


class _Stranger(Subject):
    """Stands for a subject that there is not."""

    def seal(self, text: str) -> str:
        """Keep nothing."""
        del text
        return UNREADABLE

    def open(self, token: str) -> str:
        """Read nothing."""
        del token
        return UNREADABLE


_STRANGER: Final = _Stranger(UUID(int=0), AESSIV(bytes(KEY_BYTES)))


def _subjects(holder: Holder, people: Iterable[str]) -> Mapping[str, Subject]:
    """Find the subjects of these persons; mint those that are not there yet."""
    wanted = set(people)
    found = _matching(holder, wanted)
    if wanted <= found.keys():
        return found
    with transaction.atomic():
        run(_LOCK, [holder.thing_id])  # two requests at once must not mint the same person twice
        found = _matching(holder, wanted)
        for name in sorted(wanted - found.keys()):
            found[name] = _minted(holder, name)
    return found


def _matching(holder: Holder, people: set[str]) -> dict[str, Subject]:
    found: dict[str, Subject] = {}
    rows = run(_LIVE, [holder.organization_id, holder.thing_id]).fetchall()
    for subject_id, wrapped, mark in rows:
        subject = Subject(subject_id, _unwrapped(subject_id, wrapped))
        for name in people - found.keys():
            if subject.mark(name) == mark:
                found[name] = subject
    return found


def _minted(holder: Holder, name: str) -> Subject:
    key = secrets.token_bytes(KEY_BYTES)
    subject = Subject(minting.new_id(), AESSIV(key))
    wrapper = wrapping.current()
    values: list[Any] = [subject.id, holder.organization_id, holder.thing_id]
    values += [wrapper.wrap(key, subject.id), subject.mark(name), hashlib.sha256(key).digest()]
    run(_MINT, [*values, wrapper.id])
    return subject


def _known(subject_ids: set[UUID]) -> dict[UUID, Subject | None]:
    """Read the keys of subjects; None: it was destroyed."""
    return {
        subject_id: None
        if wrapped is None
        else Subject(subject_id, _unwrapped(subject_id, wrapped))
        for subject_id, wrapped in run(_KEYS, [list(subject_ids)]).fetchall()
    }


def _unwrapped(subject_id: UUID, wrapped: bytes) -> AESSIV:
    return AESSIV(wrapping.unwrapped(subject_id, wrapped))


def require_key() -> None:
    """Raise ImproperlyConfigured in a process that has to seal and cannot."""
    wrapping.current()
