"""A crash at any line of sealing leaves nothing to repair: each line is cut once, and all goes on."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest
from pytest_django import Settings

import audits.sealing
from audits import verification
from audits.models import CheckpointRow
from audits.sealing import record
from audits.sealing.cycle import FRESH_SECONDS, IDLE_SECONDS, Cycle
from audits.sealing.note import Checkpoint
from audits.sealing.outside import Head
from audits.sealing.witnesses import Policy
from tests.audits.sealing.journals import leaves_of_log, log
from tests.audits.sealing.office import ORIGIN, Office
from tests.audits.sealing.trees import naive_root

pytestmark = pytest.mark.django_db

CODE: Final = str(Path(audits.sealing.__file__).parent)
PURE: Final = ("merkle.py", "note.py")
"""Whoever ends in the middle of a calculation ends in the line that asked for it."""
ENOUGH: Final = 200
"""So many lines, at least, are between the events of a journal and a checkpoint of them."""
SOME: Final = 40
Line = tuple[str, int]


class Cut(BaseException):
    """The process ends here; nothing that catches errors catches it."""


@contextmanager
def traced(reached: Callable[[Line], object]) -> Iterator[None]:
    """Tell of every line of sealing before it runs."""

    def look(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            reached((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return look

    earlier = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(earlier)


@contextmanager
def files_closed() -> Iterator[None]:
    """Close in the end what is still open, and locked, as the system does for who was killed."""
    still_open: set[int] = set()
    opening, closing = os.open, os.close

    def remember(*arguments: Any, **named: Any) -> int:
        file = opening(*arguments, **named)
        still_open.add(file)
        return file

    def forget(file: int) -> None:
        still_open.discard(file)
        closing(file)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", remember)
        patch.setattr(os, "close", forget)
        yield
    for file in still_open:
        with suppress(OSError):  # a file object has closed it
            closing(file)


def work(office: Office) -> None:
    """Do what a sealer's process does from its start on, until all is published."""
    office.now_s += int(IDLE_SECONDS)
    clock = count(0, FRESH_SECONDS)
    cycle = Cycle(
        office.restarted(), Policy((), 0), lambda: office.now_s, lambda: next(clock), office.files
    )
    while cycle.step():
        pass
    assert cycle.publish() is not None
    assert not office.files.catch_up()


def lines_of(office: Office) -> list[Line]:
    """List the lines that publishing some events runs through, in the order of their first time."""
    found: dict[Line, None] = {}
    log(2)
    with traced(found.setdefault):
        work(office)
    return [line for line in found if line[0] not in PURE]


def cut_at(office: Office, line: Line) -> bool:
    """Work, and end when a line is reached; tell whether it was."""

    def end(reached: Line) -> None:
        if reached == line:
            raise Cut

    log(1)
    with files_closed(), suppress(Cut), traced(end):
        work(office)
        return False
    return True


def test_a_crash_at_any_line_leaves_nothing_to_repair(office: Office, settings: Settings) -> None:
    settings.TOLLGATE_TILE_DIRECTORY = str(office.files.directory)
    work(office)
    work(office)  # what only the first one does, such as taking a fingerprint, is behind us
    was_cut = 0
    for number, line in enumerate(lines_of(office)):
        was_cut += cut_at(office, line)  # from whatever the last crash has left
        if number % SOME == 0:
            work(office)
            require_agreement(office)
    assert was_cut >= ENOUGH
    work(office)
    require_agreement(office)


def require_agreement(office: Office) -> None:
    """Compare journal, tree, checkpoints, the store outside, the signer and the files."""
    leaves = leaves_of_log()
    last = CheckpointRow.objects.latest("number")
    root = naive_root(leaves)
    assert (last.size, last.root) == (len(leaves), root)
    assert office.store.head() == Head(size=last.size, root=root)
    signed = office.signer.last()
    assert (signed.size, signed.root) == (last.size, root)
    assert office.files.said() == Checkpoint(ORIGIN, last.size, root)
    assert record.current().halt is None
    checks = ("versions", "log", "tree", "checkpoints", "files")
    assert verification.verify(only=checks).passed == checks
