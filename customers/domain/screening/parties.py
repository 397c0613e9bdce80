"""Screen a party: every name of it, of its ultimate parent and of its owners, one by one. Pure."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from audits.personal import ERASED, is_token
from customers.domain.hits import (
    MAX_HITS,
    MAX_PRINTED,
    MAX_PRINTED_SEALED,
    Hit,
    ListMatch,
    NameErased,
    NameTooCommon,
    NativeNameOnly,
    ScreenedName,
    Subject,
)
from customers.domain.party import Party
from customers.domain.screening.matching import Match, Matcher
from customers.domain.screening.normalizing import is_native_only


@dataclass(frozen=True, slots=True)
class Lens:
    """How sealed names are read while they are compared, and what is noted beside them sealed."""

    read: Callable[[str], str] = lambda name: name
    """The name in clear."""
    beside: Callable[[str, str], str] = lambda _name, text: text
    """(name as recorded, text) → the text as secret as the name is."""


CLEAR: Final = Lens()
"""For parties none of whose names is sealed."""


def screen_party(
    customer_id: UUID, party: Party, *, party_version: int, matcher: Matcher, lens: Lens = CLEAR
) -> tuple[Hit, ...]:
    """Compare every name of a party with the list: one hit a subject and entry, by best alias.

    Best hits first, at most MAX_HITS; those beyond become one hit that stands for all of them. A
    subject without a name in Latin letters is a hit of its own kind: the list cannot clear it; so
    is one whose name was erased. The same party version, subject and entry version give the same
    hit id, whatever the list; names enter into it as they are recorded, sealed ones sealed.
    """
    version_id = uuid5(customer_id, f"party_version/{party_version}")
    unnamed: list[Hit] = []
    matched: list[Hit] = []
    for subject, names in _subjects(party, lens):
        subject_id = uuid5(version_id, f"{subject}/{names[0]}")
        if (cause := _unnamed(names, lens)) is not None:
            screened = ScreenedName(subject=subject, subject_name=names[0], name=names[0])
            unnamed.append(
                Hit(hit_id=uuid5(subject_id, cause[0]), screened=screened, cause=cause[1])
            )
        for name, match in _best(names, matcher, lens):
            screened = ScreenedName(subject=subject, subject_name=names[0], name=name)
            hit_id = uuid5(subject_id, match.listed.entry_hash)
            found = _cause(match, name, lens)
            matched.append(Hit(hit_id=hit_id, screened=screened, cause=found))
    ordered = sorted(matched, key=_by_score)
    return _at_most(MAX_HITS, (*unnamed, *ordered), version_id)


def _subjects(party: Party, lens: Lens) -> Iterator[tuple[Subject, tuple[str, ...]]]:
    """Yield whose names are screened, each as recorded and with its main name first."""
    native = (party.native_name,) if party.native_name else ()
    own = (party.name, *party.aliases, *native)
    yield Subject.PARTY, own
    parent = party.ultimate_parent
    if parent and lens.read(parent.name) not in set(map(lens.read, own)):
        yield Subject.ULTIMATE_PARENT, (parent.name,)
    for name in dict.fromkeys(owner.name for owner in party.owners or ()):
        yield Subject.OWNER, (name,)


def _unnamed(names: tuple[str, ...], lens: Lens) -> tuple[str, NativeNameOnly | NameErased] | None:
    """Tell why the list cannot clear a subject, if it cannot."""
    texts = list(map(lens.read, names))
    if ERASED in texts:
        return "name_erased", NameErased()
    if all(map(is_native_only, texts)):
        return "native_name_only", NativeNameOnly()
    return None


def _best(names: tuple[str, ...], matcher: Matcher, lens: Lens) -> Iterable[tuple[str, Match]]:
    """Find, for each entry that any of the names resembles, the name that does so most."""
    best: dict[str, tuple[str, Match]] = {}
    for name in dict.fromkeys(names):
        text = lens.read(name)
        for match in matcher.search(text) if text != ERASED else ():
            known = best.get(match.listed.entry_hash)
            if known is None or match.score_per_mille > known[1].score_per_mille:
                best[match.listed.entry_hash] = (name, match)
    return best.values()


def _cause(match: Match, name: str, lens: Lens) -> ListMatch:
    """Say which entry a name resembles; how the entry is called tells what the name is like."""
    most = MAX_PRINTED_SEALED if is_token(name) else MAX_PRINTED
    return ListMatch(
        entry_id=match.listed.entry_id[:MAX_PRINTED],
        entry_hash=match.listed.entry_hash,
        source=match.listed.source[:MAX_PRINTED],
        entry_name=lens.beside(name, match.listed.entry_name[:most]),
        alias=lens.beside(name, match.listed.alias[:most]),
        score_per_mille=match.score_per_mille,
    )


def _by_score(hit: Hit) -> tuple[int, UUID]:
    score = hit.cause.score_per_mille if isinstance(hit.cause, ListMatch) else 0
    return -score, hit.hit_id


def _at_most(most: int, hits: tuple[Hit, ...], version_id: UUID) -> tuple[Hit, ...]:
    """Let one hit stand for all those beyond `most`."""
    if len(hits) <= most:
        return hits
    named, rest = hits[: most - 1], hits[most - 1 :]
    fingerprint = hashlib.sha256(b"".join(sorted(hit.hit_id.bytes for hit in rest))).hexdigest()
    collective = Hit(
        hit_id=uuid5(version_id, fingerprint),
        screened=rest[0].screened,
        cause=NameTooCommon(entries=len(rest), entries_sha256=fingerprint),
    )
    return (*named, collective)
