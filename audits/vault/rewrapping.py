"""The keys of natural persons wrapped anew, once another key from the environment takes over.

In batches, each a transaction with an event that says so: whatever is cut off goes on where it was.
The database lets a wrapped key change together with such an event alone. Runs as its owner.
"""

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec
from django.db import transaction

from audits import context as minting
from audits import reading, store
from audits.codec import fingerprint_of
from audits.differences import Difference, Look
from audits.events import PersonalKeysRewrapped
from audits.kernel import Context, Decider, Refused, State
from audits.statements import run
from audits.vault import wrapping
from audits.vault.wrapping import Wrapper

BATCH: Final = 500
"""Keys in one transaction: erasures of these wait for as long."""
STREAM: Final = UUID("a11ed000-0000-5000-8000-0000000000b7")
"""Known to the trigger that guards the keys, too."""

_USES: Final = (
    "SELECT wrapped_by, count(*) FROM audits_subject_key WHERE destroyed_at IS NULL"
    " GROUP BY wrapped_by ORDER BY wrapped_by NULLS FIRST"
)
_NEXT: Final = (
    "SELECT subject_id, wrapped_key, key_sha256 FROM audits_subject_key"
    " WHERE destroyed_at IS NULL AND wrapped_by IS DISTINCT FROM %b"
    " ORDER BY subject_id LIMIT %b FOR UPDATE"
)
_REWRAP: Final = (
    "UPDATE audits_subject_key k SET wrapped_key = d.wrapped_key, wrapped_by = %b"
    " FROM unnest(%b::uuid[], %b::bytea[]) AS d (subject_id, wrapped_key)"
    " WHERE k.subject_id = d.subject_id"
)
_ALL: Final = (
    "SELECT subject_id, wrapped_key, key_sha256 FROM audits_subject_key"
    " WHERE destroyed_at IS NULL AND subject_id > %b ORDER BY subject_id LIMIT %b"
)


class Wrapped(State):
    """How keys are wrapped; there is nothing to fold."""


REWRAPPING: Final = Decider(
    aggregate="personal_keys",
    initial=Wrapped(),
    evolve=lambda state, _event: state,
    decisions={},
)


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """How many keys of living subjects one key from the environment wraps."""

    wrapped_by: str | None
    """Null: wrapped before this was written down."""
    keys: int
    setting: str | None
    """Where that key is set; null: this process does not have it."""


def uses() -> tuple[Use, ...]:
    """Count what wraps how many keys."""
    settings = ("TOLLGATE_PERSONAL_KEY", "TOLLGATE_PERSONAL_KEY_OTHER")
    names = {wrapper.id: name for wrapper, name in zip(wrapping.known(), settings, strict=False)}
    return tuple(
        Use(wrapped_by=wrapper_id, keys=count, setting=names.get(wrapper_id or ""))
        for wrapper_id, count in run(_USES, []).fetchall()
    )


def rewrap(look: Look) -> int:
    """Wrap every key by the current key that another wraps; return how many.

    Refused `key_not_opened` where no key that is set opens one; what was wrapped before stays so.
    """
    wrapper = wrapping.current()
    look.expect(sum(use.keys for use in uses() if use.wrapped_by != wrapper.id))
    done = 0
    while count := _batch(wrapper):
        done += count
        look.done(count)
    return done


def _batch(wrapper: Wrapper) -> int:
    with transaction.atomic():
        rows = run(_NEXT, [wrapper.id, BATCH]).fetchall()
        if rows:
            anew = [wrapper.wrap(_opened(*row), row[0]) for row in rows]
            _record(PersonalKeysRewrapped(wrapped_by=wrapper.id, keys=len(rows)))
            run(_REWRAP, [wrapper.id, [row[0] for row in rows], anew])
    return len(rows)


def _opened(subject_id: UUID, wrapped: bytes, sha256: bytes) -> bytes:
    """Open a key, and know it by its fingerprint before it is wrapped anew."""
    key = _key_of(subject_id, wrapped, sha256)
    if key is None:
        raise Refused("key_not_opened", f"No key that is set opens the one of subject {subject_id}")
    return key


def _key_of(subject_id: UUID, wrapped: bytes, sha256: bytes) -> bytes | None:
    for wrapper in wrapping.known():
        key = wrapper.unwrap(wrapped, subject_id)
        if key is not None and hashlib.sha256(key).digest() == sha256:
            return key
    return None


def unopened(look: Look) -> Iterator[Difference]:
    """Name every subject whose key does not open, or is not the one that was minted."""
    look.expect(sum(use.keys for use in uses()))
    after = UUID(int=0)
    while rows := run(_ALL, [after, BATCH]).fetchall():
        for subject_id, wrapped, sha256 in rows:
            if _key_of(subject_id, wrapped, sha256) is None:
                detail = "no key that is set opens it, or it is another than was minted"
                yield Difference(
                    kind="key_not_opened", subject=f"subject {subject_id}", detail=detail
                )
        look.done(len(rows))
        after = rows[-1][0]


def _record(event: PersonalKeysRewrapped) -> None:
    command_id = minting.new_id()
    now = store.begin(command_id).now
    version = reading.load(REWRAPPING, STREAM, lock="write").version
    context = Context(
        actor=minting.system_actor("operator"),
        now=now,
        command_id=command_id,
        correlation_id=STREAM,
    )
    name = "RewrapPersonalKeys"
    draft = store.Draft(REWRAPPING.aggregate, STREAM, version + 1, event)
    store.append(store.seal([draft], context, store.Cause(name, fingerprint_of(name, STREAM))))
