"""Four eyes checked from the journal alone: who confirmed is not who proposed.

The natural persons compared are those of the envelopes; what an event says of them besides must
agree, and a confirmation must follow a proposal of the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audits import replay
from audits.codec import Recorded
from audits.differences import Check, Difference, Look
from audits.kernel import Event
from audits.verification.authority import about


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one person does and another has to confirm, in one stream."""

    aggregate: str
    proposes: type[Event]
    confirms: tuple[type[Event], ...]
    said: Callable[[Any], tuple[UUID | None, UUID | None]] = lambda _confirmed: (None, None)
    """Who the confirmation says proposed and confirmed; None: it does not say."""
    subject: Callable[[Any], Any] = lambda _event: None
    """What of the stream both are about, such as a hit; a later proposal on it replaces this one."""
    agrees: Callable[[Any, Any], bool] = lambda _proposed, _confirmed: True
    """Whether exactly what was proposed is confirmed."""


def four_eyes_check(pairs: Sequence[Pair]) -> Check:
    """Make the check of these pairs."""

    def check(look: Look) -> Iterator[Difference]:
        """Compare every confirmation with the proposal before it."""
        look.expect(sum(replay.count([pair.aggregate]) for pair in pairs))
        for pair in pairs:
            proposals: dict[tuple[UUID, Any], Recorded[Any]] = {}
            for event in replay.events_of([pair.aggregate]):
                if event.version == 1:
                    proposals.clear()  # another stream begins
                key = (event.stream_id, pair.subject(event.data))
                if isinstance(event.data, pair.proposes):
                    proposals[key] = event
                elif isinstance(event.data, pair.confirms):
                    yield from _differences(pair, proposals.get(key), event)
                look.done()

    return check


def _differences(
    pair: Pair, proposed: Recorded[Any] | None, confirmed: Recorded[Any]
) -> Iterator[Difference]:
    if proposed is None:
        wanted = pair.proposes.__name__
        yield about(confirmed, "four_eyes_unproposed", f"no {wanted} stands before it")
        return
    proposer, confirmer = proposed.actor.person_id, confirmed.actor.person_id
    if proposer == confirmer:
        detail = f"{confirmer} confirmed what they did themselves in event {proposed.event_id}"
        yield about(confirmed, "four_eyes_same_person", detail)
    for name, said, was in zip(
        ("proposed", "confirmed"), pair.said(confirmed.data), (proposer, confirmer), strict=True
    ):
        if said not in {None, was}:
            yield about(confirmed, "four_eyes_misnamed", f"says that {said} {name}, it was {was}")
    if not pair.agrees(proposed.data, confirmed.data):
        detail = f"not what event {proposed.event_id} proposed"
        yield about(confirmed, "four_eyes_other_proposal", detail)
