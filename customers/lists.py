"""The edge where screening lists come in: files, packed or plain, into rows and back to a matcher.

Reading is pure and lies in `domain.screening`; whether a list comes into use is decided by
`domain.screening_list`. Here lists are unpacked, stored whole or not at all, and indexed.
"""

import functools
import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction

from audits.kernel import Refused
from customers.domain.screening.entries import Entry, ListContents, names_of
from customers.domain.screening.matching import ListedName, Matcher
from customers.domain.screening.normalizing import normalize
from customers.domain.screening.parsing import parse_list
from customers.domain.screening_list.commands import ImportList
from customers.models import ListEntry, ListName, ListSnapshot

MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024
"""Forty times the list of 2022: whatever unpacks to more is no screening list."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BATCH: Final = 2_000
_MATCHERS_KEPT: Final = 2
"""The list in use and, around an import, the one before."""


def unpack(content: bytes) -> bytes:
    """Unpack a gzip file; anything else is given back as it is.

    Raises Refused: `list_unreadable` (damaged or cut off), `list_too_large`.
    """
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            unpacked = packed.read(MAX_UNPACKED_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise Refused("list_unreadable", f"The file cannot be unpacked: {error}") from error
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise Refused("list_too_large", f"The list is larger than {MAX_UNPACKED_BYTES} bytes")
    return unpacked


def store_list(content: bytes, *, source: str, fetched_at: datetime) -> ImportList:
    """Store a list, whole or not at all, and give the command that brings it into use.

    `content`: the CSV file, plain or packed by gzip. A list that is stored already is not stored
    again. Raises Refused as `unpack` and `parse_list` do; nothing is stored then.
    """
    contents = parse_list(unpack(content))
    bad_rows = msgspec.to_builtins(contents.bad_rows)
    with transaction.atomic():
        snapshot, is_new = ListSnapshot.objects.get_or_create(
            sha256=contents.sha256,
            defaults={
                "source": source,
                "fetched_at": fetched_at,
                "rows": contents.rows,
                "entries": len(contents.entries),
                "names": contents.names,
                "bad_rows": bad_rows,
            },
        )
        if is_new:
            _store_entries(snapshot, contents)
    return ImportList(
        sha256=contents.sha256,
        source=source,
        fetched_at=fetched_at,
        rows=contents.rows,
        entries=len(contents.entries),
        names=contents.names,
        bad_rows=contents.bad_rows,
    )


@functools.lru_cache(maxsize=_MATCHERS_KEPT)
def matcher_for(sha256: str) -> Matcher:
    """Index the names of a stored list, once a process. Raises Refused: `list_unknown`."""
    if not ListSnapshot.objects.filter(sha256=sha256).exists():
        raise Refused("list_unknown", "No such screening list is stored")
    return Matcher(_listed_names(sha256))


def _listed_names(sha256: str) -> Iterator[ListedName]:
    rows = (
        ListName.objects.filter(entry__snapshot__sha256=sha256)
        .order_by("pk")
        .values_list("entry__entry_id", "entry__entry_hash", "entry__source", "entry__name", "name")
    )
    return (ListedName(*row) for row in rows.iterator(chunk_size=_BATCH))


def _store_entries(snapshot: ListSnapshot, contents: ListContents) -> None:
    rows = ListEntry.objects.bulk_create(
        (_entry_row(snapshot, entry) for entry in contents.entries), batch_size=_BATCH
    )
    ListName.objects.bulk_create(
        (
            ListName(entry=row, name=name, normalized=normalize(name))
            for row, entry in zip(rows, contents.entries, strict=True)
            for name in names_of(entry)
        ),
        batch_size=_BATCH,
    )


def _entry_row(snapshot: ListSnapshot, entry: Entry) -> ListEntry:
    return ListEntry(
        snapshot=snapshot,
        line=entry.line,
        entry_id=entry.entry_id,
        entry_hash=entry.entry_hash,
        source=entry.source,
        kind=entry.kind,
        programs=list(entry.programs),
        name=entry.name,
        raw=entry.raw,
    )
