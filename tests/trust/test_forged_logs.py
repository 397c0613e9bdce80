"""Whoever rewrites the log is found by who holds the public key and one older checkpoint outside.

The forger has all of the database and software of its own; some also have the log's own key.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from audits.exporting.bundle import Order, export
from audits.exporting.parts import LogChanged
from audits.exporting.scopes import Scope
from audits.kernel import Refused
from audits.models import FrontierRow
from audits.sealing.halt import SealingHalted
from audits.sealing.tiles import TileMissing
from tests.audits.sealing.journals import seal
from tests.audits.sealing.published import LOG as DATABASE_LOG
from tests.audits.sealing.published import publish
from tests.audits.sealing.tampering import as_superuser, rebuild
from tests.verifier.bundles import FORGER, LOG, Made, Signer, checkpoint, event, history, whole
from tests.verifier.naive import leaf
from verifier.verify_bundle import main

STREAMS, VERSIONS = 5, 8
EVENTS: Final = history(STREAMS, VERSIONS)
NEWEST: Final = len(EVENTS)
HELD: Final = 24
"""How many events the log had when somebody outside kept its checkpoint."""
STREAM: Final = 2
Log = list[bytes]


def edited(log: Log) -> Log:
    return [*log[:7], log[7].replace(b'"200"', b'"900"'), *log[8:]]


def reversed_(log: Log) -> Log:
    return log[::-1]


ATTACKS: Final[dict[str, Callable[[Log], Log]]] = {
    "edit": edited,
    "delete": lambda log: [*log[:7], *log[8:]],
    "delete and fill up": lambda log: [*log[:7], *log[8:], event(STREAM, 9)],
    "insert": lambda log: [*log[:7], event(9, 1), *log[7:]],
    "repeat": lambda log: [*log[:8], log[7], *log[8:]],
    "swap": lambda log: [*log[:7], log[12], *log[8:12], log[7], *log[13:]],
    "swap neighbors": lambda log: [*log[:7], log[8], log[7], *log[9:]],
    "reorder": reversed_,
    "drop the beginning": lambda log: log[1:],
    "wipe": lambda _: [],
    "wipe and begin anew": lambda log: [event(7, n + 1) for n in range(len(log))],
}


@dataclass
class Auditor:
    """Holds the log's public key, and one older checkpoint outside."""

    place: Path
    capsys: pytest.CaptureFixture[str]

    def judges(self, made: Made, *others: bytes, alone: bool = False) -> tuple[int, Any]:
        """Judge a bundle by the checkpoint of HELD events, and by others; alone: by the key only."""
        place = made.write(self.place / str(len(list(self.place.iterdir()))))
        known = [] if alone else [checkpoint([leaf(each) for each in EVENTS[:HELD]])]
        options = ["--json", "--key", LOG.key]
        for number, note in enumerate((*known, *others)):
            path = place.with_name(f"{place.name}-{number}")
            path.write_bytes(note)
            options.append(f"--checkpoint={path}")
        self.capsys.readouterr()
        code = main([str(place), *options])
        return code, json.loads(self.capsys.readouterr().out)


@pytest.fixture
def auditor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Auditor:
    return Auditor(tmp_path, capsys)


def shown(log: Log, *signers: Signer, is_whole: bool) -> Made:
    """Make the bundle of a whole log, or of the one stream that was attacked."""
    made = whole(log, *signers).but(consistent_with=(HELD,) if len(log) > HELD else ())
    if is_whole:
        return made
    places = [at for at, each in enumerate(log) if b'"stream_id":"%08x-' % STREAM in each]
    return made.but(events=[log[at] for at in places], places=places, whole=False)


FORMS: Final = pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "part"])


@FORMS
def test_what_was_not_attacked_is_proved(*, is_whole: bool, auditor: Auditor) -> None:
    assert auditor.judges(shown(EVENTS, LOG, is_whole=is_whole))[0] == 0


@FORMS
@pytest.mark.parametrize("signer", ["nobody", "forger", "the log's own key"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_found(
    attack: str, signer: str, *, is_whole: bool, auditor: Auditor
) -> None:
    """Hashed again consistently, under the genuine checkpoint, a forged one, one of a stolen key."""
    made = shown(ATTACKS[attack](EVENTS), FORGER if signer == "forger" else LOG, is_whole=is_whole)
    if signer == "nobody":
        made = made.but(note=whole(EVENTS).note)
    code, answer = auditor.judges(made)
    assert code != 0, answer
    assert code == 1 or answer["unusable"]  # whoever has nothing left cannot even make the proof


def test_every_truncation_is_found(auditor: Auditor) -> None:
    """By one event or by all: with the newest checkpoint held, or under an older one that is genuine."""
    newest = whole(EVENTS).note
    for size in range(NEWEST):
        made = shown(EVENTS[:size], LOG, is_whole=True)
        code, answer = auditor.judges(made, newest)
        assert (code, answer["differences"][-1]["code"]) == (1, "log_rolled_back")
        assert auditor.judges(made)[0] == (1 if size < HELD else 0)
        assert auditor.judges(made.but(note=newest), alone=True)[0] == 1


@FORMS
def test_a_backup_that_went_on_otherwise_is_found(*, is_whole: bool, auditor: Auditor) -> None:
    restored = [*EVENTS[: HELD - 1], *(event(8, n + 1) for n in range(NEWEST))]
    code, answer = auditor.judges(shown(restored, LOG, is_whole=is_whole))
    assert (code, answer["differences"][0]["code"]) == (1, "log_rewritten")


@pytest.mark.parametrize("size", [HELD + 1, NEWEST])
def test_two_auditors_who_were_shown_two_logs_find_it_out(size: int, auditor: Auditor) -> None:
    """Each view is in order by itself; one auditor's checkpoint against the other's bundle is not."""
    views = [EVENTS, [*EVENTS[:HELD], *(event(8, n + 1) for n in range(NEWEST - HELD))]]
    for mine, other in (views, views[::-1]):
        made = shown(mine, LOG, is_whole=True)
        assert auditor.judges(made)[0] == 0
        theirs = checkpoint([leaf(each) for each in other[:size]])
        code, answer = auditor.judges(made, theirs)
        assert (code, answer["differences"][0]["code"]) == (1, "log_rewritten")


def test_what_a_part_cannot_show_is_said(auditor: Auditor) -> None:
    """The last event of a stream kept back: in a part of the log nobody can tell, and it says so."""
    made = shown(EVENTS, LOG, is_whole=False)
    code, answer = auditor.judges(made.but(events=made.events[:-1], places=made.places[:-1]))
    assert code == 0
    assert "Whether later events of these streams, or other streams, exist." in answer["not_proved"]


RENUMBER: Final = (
    "UPDATE audits_log SET log_index = log_index + 1000 WHERE log_index > 7",
    "UPDATE audits_log SET log_index = log_index - 1001 WHERE log_index > 1000",
)
EDIT: Final = (
    "UPDATE audits_event SET canonical = convert_to("
    "replace(convert_from(canonical, 'UTF8'), 'because', 'perhaps'), 'UTF8')"
    " WHERE event_id = (SELECT event_id FROM audits_log WHERE log_index = 7)"
)
HASH_AGAIN: Final = "UPDATE audits_event SET leaf_hash = sha256('\\x00'::bytea || canonical)"
IN_DATABASE: Final[dict[str, tuple[str, ...]]] = {
    "edit": (EDIT,),
    "edit and hash": (EDIT, HASH_AGAIN),
    "delete": ("DELETE FROM audits_log WHERE log_index = 7", *RENUMBER),
    "swap": (
        "UPDATE audits_log SET log_index = 1007 WHERE log_index = 7",
        "UPDATE audits_log SET log_index = 7 WHERE log_index = 3",
        "UPDATE audits_log SET log_index = 3 WHERE log_index = 1007",
    ),
    "truncate by one": ("DELETE FROM audits_log WHERE log_index = 39",),
    "truncate": ("DELETE FROM audits_log WHERE log_index > 20",),
    "wipe": ("DELETE FROM audits_log",),
}


def cover_up(*, is_rebuilt: bool, is_signed: bool) -> None:
    """Make the tree fit what is left, and sign that with the log's own key."""
    if is_rebuilt:
        rebuild()
    if is_signed:
        as_superuser("DELETE FROM audits_checkpoint")
        publish()


@pytest.mark.django_db
@pytest.mark.parametrize("cover", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("attack", IN_DATABASE)
def test_a_superuser_of_a_live_journal_is_found(
    attack: str, cover: tuple[bool, bool], tmp_path: Path
) -> None:
    """Our own tools seal it no more, or export what fails, even with the log's own key."""
    seal(40)
    (tmp_path / "held").write_bytes(bytes(publish().note))
    as_superuser(*IN_DATABASE[attack])
    try:
        cover_up(is_rebuilt=cover[0], is_signed=cover[1])
        export(Order(scope=Scope(kind="all")), tmp_path / "all")
    except (LogChanged, TileMissing, SealingHalted, Refused, FrontierRow.DoesNotExist):
        return
    held = f"--checkpoint={tmp_path / 'held'}"
    assert main([str(tmp_path / "all"), "--key", str(DATABASE_LOG.verifier_key), held]) == 1
