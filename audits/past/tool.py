"""`manage audit replay` and `audit difference`: the past, from the log alone."""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from django.core.management.base import CommandParser

from audits import context as minting
from audits import past
from audits.codec import canonical
from audits.kernel import Actor, Role
from audits.past import moments
from audits.past.moments import Moment
from audits.shapes import is_finer_than_kept, to_wire
from audits.tools import add_tool, say

OPERATOR: Final = Actor(
    person_id=UUID(int=0), organization_id=UUID(int=0), role=Role.AUDITOR, agency=None
)
"""Whoever may run tools on the database sees what auditors see."""
_INDEX: Final = re.compile(r"-?[0-9]{1,15}")
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


def moment_argument(text: str) -> datetime:
    """Read an RFC 3339 time with its offset from UTC, to the microsecond."""
    if is_finer_than_kept(text):
        raise argparse.ArgumentTypeError(f"{text}: the journal keeps microseconds")
    try:
        return minting.utc(msgspec.convert(text, _Time, strict=True))
    except (msgspec.ValidationError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text}: write 2026-11-22T00:00:00Z") from error


def index_argument(text: str) -> int:
    """Read a log index; -1 is before the first."""
    if _INDEX.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text}: write a log index, such as 42")
    return int(text)


def tell(answer: Any, *, as_json: bool) -> None:
    """Write an answer: as canonical JSON, or indented for people."""
    content = canonical(answer)
    say((content if as_json else msgspec.json.format(content)).decode())


def tell_members(members: Mapping[str, Any], *, as_json: bool) -> None:
    """Write an object as `tell` does, each iterator in it as an array, an item at a time.

    Members go by name. One that can be called is called when it is its turn: what came before counts.
    """
    for piece in _pieces(members, as_json=as_json):
        sys.stdout.write(piece)
    say("")


def _pieces(members: Mapping[str, Any], *, as_json: bool) -> Iterator[str]:
    def line(depth: int) -> str:
        return "" if as_json else "\n" + "  " * depth

    def written(value: Any, depth: int) -> str:
        content = canonical(to_wire(value))
        shown = content if as_json else msgspec.json.format(content)
        return shown.decode().replace("\n", line(depth))

    opening = "{"
    for name, value in sorted(members.items()):
        yield f"{opening}{line(1)}{written(name, 1)}{':' if as_json else ': '}"
        opening = ","
        if not isinstance(value, Iterator):
            yield written(value() if callable(value) else value, 1)
            continue
        beginning = "["
        for item in value:
            yield f"{beginning}{line(2)}{written(item, 2)}"
            beginning = ","
        yield "[]" if beginning == "[" else f"{line(1)}]"
    yield f"{line(0)}}}"


class Replay:
    """Shows things, lists, the ledger or clocks as they stood."""

    help = "Show anything as it stood at a time or after a log index."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what, and as of when."""
        parser.add_argument("kind", choices=past.kinds())
        parser.add_argument("--id", type=UUID, help="one thing with its state; else all, as listed")
        when = parser.add_mutually_exclusive_group()
        when.add_argument("--as-of", type=moment_argument, metavar="TIME")
        when.add_argument("--log-index", type=index_argument, metavar="N")
        parser.add_argument("--json", action="store_true", help="RFC 8785, one line")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer, with the log index that the answer stands on."""
        at = moments.moment(as_of=options["as_of"], log_index=options["log_index"])
        tell(past.answer(options["kind"], options["id"], at, OPERATOR), as_json=options["json"])
        return 0


class Difference:
    """Lists what lies between two moments."""

    help = "List the events between two moments, and what they changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take two moments, each a time or a log index."""
        for name, said in (("from", "after"), ("to", "up to")):
            parser.add_argument(f"--{name}", required=True, type=_end, metavar="TIME|N", help=said)
        parser.add_argument("--json", action="store_true", help="RFC 8785, one line")

    def run(self, options: Mapping[str, Any]) -> int:
        """Answer."""
        earlier, later = _moment(options["from"]), _moment(options["to"])
        tell_members(past.differences_one_by_one(earlier, later), as_json=options["json"])
        return 0


def _end(text: str) -> datetime | int:
    """Read a log index, or else a time."""
    return int(text) if _INDEX.fullmatch(text) else moment_argument(text)


def _moment(end: datetime | int) -> Moment:
    return moments.moment_of(end) if isinstance(end, int) else moments.moment_at(end)


def register() -> None:
    """Add the tools; a second call changes nothing."""
    add_tool("replay", REPLAY)
    add_tool("difference", DIFFERENCE)


REPLAY: Final = Replay()
DIFFERENCE: Final = Difference()
