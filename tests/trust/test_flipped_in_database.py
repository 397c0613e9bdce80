"""Every bit of a thousand events of every type, flipped one at a time in a live database, shows.

Also outside a database, in the one-file verifier: `test_flipped_bits.py`.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from django.db import transaction

from audits import context
from audits.exporting.bundle import Order, export
from audits.exporting.parts import LogChanged
from audits.exporting.scopes import Scope
from audits.models import EventRow
from audits.sealing.halt import SealingHalted
from audits.sealing.tiles import TileMissing
from audits.verification import verify
from tests.audits.sealing.office import Office
from tests.audits.sealing.tampering import REHASH, as_superuser, rebuild
from tests.trust.flipping import (
    Auditor,
    flip,
    half_empty_pages,
    held_checkpoint,
    specimens_of_each_type,
    without_triggers,
)
from verifier.verify_bundle import main

SEED: Final = 20_261_122
OF_EACH_TYPE: Final = 10
LEAST_EVENTS: Final = 1_000
DRAWN: Final = 10
INVENTED: Final = "file_differs"
"""The text of an invented edition has not the hash that the event says."""
FLIP_ONE: Final = """
    UPDATE audits_event SET canonical = set_bit(canonical, {bit}, 1 - get_bit(canonical, {bit}))
    WHERE event_id = '{event_id}'
"""
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


@dataclass(frozen=True)
class Reader:
    """Holds the key and an older checkpoint, and is given exports of the whole log."""

    office: Office
    held: Path
    capsys: pytest.CaptureFixture[str]

    def finds(self, name: str) -> set[str]:
        """Export the log and judge it; give the codes of all that differs."""
        place = self.held.with_name(name)
        try:
            export(Order(scope=Scope(kind="all")), place)
        except (LogChanged, TileMissing):
            return {"log_changed"}
        self.capsys.readouterr()
        main([str(place), "--json", "--key", str(self.office.key), f"--checkpoint={self.held}"])
        differences = json.loads(self.capsys.readouterr().out)["differences"]
        return {each["code"] for each in differences} - {INVENTED}


@pytest.mark.django_db
def test_drawn_flips_are_found_by_all_who_look_at_the_whole_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `verify`, by the reader of an export and, once hashes and tree are made to fit, the sealer."""
    office = Office(tmp_path, now_s=int(context.database_now().timestamp()))
    chance = random.Random(SEED)  # noqa: S311 -- repeatable, and hides nothing
    specimens_of_each_type(1)
    reader = Reader(office, tmp_path / "held", capsys)
    reader.held.write_bytes(held_checkpoint(office))
    events = EventRow.objects.filter(aggregate="specimen").order_by("event_id")
    for number, event in enumerate(chance.sample(list(events), DRAWN)):
        with transaction.atomic():  # taken back in the end
            bit = chance.randrange(8 * len(event.canonical))
            as_superuser(FLIP_ONE.format(bit=bit, event_id=event.event_id))
            [difference] = verify(only=("bytes",)).differences
            assert difference.kind == "leaf_hash_wrong"
            assert str(event.event_id) in difference.subject
            assert verify(only=("tree",)).kind == "leaf_mismatch"
            assert reader.finds(f"flipped-{number}")
            as_superuser(REHASH)
            rebuild()
            with pytest.raises(SealingHalted, match="had the root"):
                office.restarted().publish(now_s=office.now_s)
            assert verify(only=("checkpoints",)).kind == "checkpoint_differs"
            assert reader.finds(f"hashed-{number}")
            transaction.set_rollback(True)
    assert reader.finds("whole") == set()
    assert verify(only=("bytes", "tree", "checkpoints")).is_sound
