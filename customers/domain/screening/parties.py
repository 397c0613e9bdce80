"""Screen a party: every name of it, of its ultimate parent and of its owners, one by one. Pure."""

import hashlib
from collections.abc import Iterable, Iterator
from uuid import UUID, uuid5

from customers.domain.hits import (
    MAX_HITS,
    MAX_PRINTED,
    Hit,
    ListMatch,
    NameTooCommon,
    NativeNameOnly,
    ScreenedName,
    Subject,
)
from customers.domain.party import Party
from customers.domain.screening.matching import Match, Matcher
from customers.domain.screening.normalizing import is_native_only


def screen_party(
    customer_id: UUID, party: Party, *, party_version: int, matcher: Matcher
) -> tuple[Hit, ...]:
    """Compare every name of a party with the list: one hit a subject and entry, by best alias.

    Best hits first, at most MAX_HITS; those beyond become one hit that stands for all of them. A
    subject without a name in Latin letters is a hit of its own kind: the list cannot clear it.
    The same party version, subject and entry version give the same hit id, whatever the list.
    """
    version_id = uuid5(customer_id, f"party_version/{party_version}")
    native: list[Hit] = []
    matched: list[Hit] = []
    for subject, names in _subjects(party):
        subject_id = uuid5(version_id, f"{subject}/{names[0]}")
        if all(map(is_native_only, names)):
            screened = ScreenedName(subject=subject, subject_name=names[0], name=names[0])
            hit_id = uuid5(subject_id, "native_name_only")
            native.append(Hit(hit_id=hit_id, screened=screened, cause=NativeNameOnly()))
        for name, match in _best(names, matcher):
            screened = ScreenedName(subject=subject, subject_name=names[0], name=name)
            hit_id = uuid5(subject_id, match.listed.entry_hash)
            matched.append(Hit(hit_id=hit_id, screened=screened, cause=_cause(match)))
    ordered = sorted(matched, key=_by_score)
    return _at_most(MAX_HITS, (*native, *ordered), version_id)


def _subjects(party: Party) -> Iterator[tuple[Subject, tuple[str, ...]]]:
    """Yield whose names are screened, each with its main name first."""
    native = (party.native_name,) if party.native_name else ()
    own = (party.name, *party.aliases, *native)
    yield Subject.PARTY, own
    if party.ultimate_parent and party.ultimate_parent.name not in own:
        yield Subject.ULTIMATE_PARENT, (party.ultimate_parent.name,)
    for name in dict.fromkeys(owner.name for owner in party.owners or ()):
        yield Subject.OWNER, (name,)


def _best(names: tuple[str, ...], matcher: Matcher) -> Iterable[tuple[str, Match]]:
    """Find, for each entry that any of the names resembles, the name that does so most."""
    best: dict[str, tuple[str, Match]] = {}
    for name in dict.fromkeys(names):
        for match in matcher.search(name):
            known = best.get(match.listed.entry_hash)
            if known is None or match.score_per_mille > known[1].score_per_mille:
                best[match.listed.entry_hash] = (name, match)
    return best.values()


def _cause(match: Match) -> ListMatch:
    return ListMatch(
        entry_id=match.listed.entry_id[:MAX_PRINTED],
        entry_hash=match.listed.entry_hash,
        source=match.listed.source[:MAX_PRINTED],
        entry_name=match.listed.entry_name[:MAX_PRINTED],
        alias=match.listed.alias[:MAX_PRINTED],
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
