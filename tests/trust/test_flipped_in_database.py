"""Every bit of a thousand events of every type, flipped one at a time in a live database, shows.

Also outside a database, in the one-file verifier: `test_flipped_bits.py`.
"""

import random
from pathlib import Path
from typing import Final

import pytest

from tests.audits.sealing.office import Office
from tests.trust.flipping import (
    Auditor,
    flip,
    half_empty_pages,
    held_checkpoint,
    specimens_of_each_type,
    without_triggers,
)

SEED: Final = 20_261_122
OF_EACH_TYPE: Final = 10
LEAST_EVENTS: Final = 1_000
PROVED: Final = 3
"""So many events of every round are also led to the root, hash by hash."""


@pytest.mark.django_db(transaction=True)
def test_every_flipped_bit_of_every_event_of_a_live_journal_is_found(tmp_path: Path) -> None:
    """Every bit of at least 1,000 events of every type: some eight million attacks, all found.

    In round k a superuser, with the trigger off, commits one update that leaves every event with
    its k-th bit flipped and no other: each event is an attack by itself. Then the auditor, who has the
    public key and an older checkpoint, reads all of them in a session of `tollgate_auditor`, hashes
    them and compares with the leaves under the signed root; some are led to that root by their proofs.
    An event that has no k-th bit is whole again, and must be accepted, as all must be in the end.
    """
    office, chance = Office(tmp_path), random.Random(SEED)  # noqa: S311 -- repeatable
    count, found = specimens_of_each_type(OF_EACH_TYPE), 0
    note = held_checkpoint(office)
    with Auditor.holding(note, str(office.key)) as auditor, without_triggers(), half_empty_pages():
        bits = {event_id: 8 * len(content) for event_id, content in auditor.read()}
        assert len(bits) == count >= LEAST_EVENTS
        for bit in range(max(bits.values()) + 1):
            flip(bit)
            events = auditor.read(bit)
            whole = {event[0] for event in events if auditor.accepts(event)}
            if whole != {event_id for event_id, end in bits.items() if end == bit}:
                pytest.fail(f"bit {bit} of an event does not show, or one was not put right")
            for event in chance.sample(events, min(PROVED, len(events))):
                assert auditor.proves(event) == (event[0] in whole)
            found += len(events) - len(whole)
        assert found == sum(bits.values())
        assert all(auditor.proves(event) for event in auditor.read())
