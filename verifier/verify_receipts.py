"""Verify receipts of Tollgate against a bundle of its log: what was promised is there, or was left out.

Needs `verify_bundle.py` beside it, Python 3.11 and `cryptography`; README.md describes the format.
Exit codes: 0 every promise is kept; 1 one is broken, or the bundle differs; 2 it cannot be judged.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from verifier import verify_bundle
else:
    sys.path.insert(0, str(Path(__file__).parent))  # not there in isolated mode
    import verify_bundle

MALFORMED: Final = (AttributeError, LookupError, TypeError, ValueError)
"""What reading a receipt raises where something is missing, or of another kind."""

BROKEN: Final = {
    "receipt_without_event": "a checkpoint signed after its time lacks the event",
    "receipt_differs": "the event is another in the log",
    "receipt_broken": "an older checkpoint, signed after its time, lacks the event",
}
KEPT: Final = {
    "in_time": "{} promised events are in the log as their receipts say, and came in time.",
    "there": "{} promised events are in the log as their receipts say.",
}
OPEN: Final = {
    "there": "Whether {} promised events came in time: no checkpoint of that time is here.",
    "early": "Whether {} promised events come: no dated checkpoint here is of after their time.",
}


class Promised(NamedTuple):
    """One event that a receipt promises to seal."""

    event_id: str
    leaf_hash: str
    due_s: float
    """Seconds since 1970 by which a checkpoint has it, however far apart clocks may be."""


def read_receipt(text: str, keys: Collection[verify_bundle.Key]) -> list[Promised]:
    """Read a note, or an answer with one; Wrong unless one of these keys, which it names, signed it."""
    note = json.loads(text)["note"] if text.startswith("{") else text
    body, _, lines = note.rpartition("\n\n")
    name, _, line = body.partition("\n")
    signed = [
        key
        for one in lines.removesuffix("\n").split("\n")
        for key, _ in verify_bundle.signers(f"{body}\n".encode(), one, keys)
    ]
    if not any(key.name == name for key in signed):
        raise verify_bundle.Wrong("signature_missing", "none of the given keys signed the receipt")
    said = verify_bundle.read_canonical(line.encode())
    within_s = said["checkpoint_within_s"] + verify_bundle.CLOCKS_APART_S
    return [
        Promised(each["event_id"], each["leaf_hash"], seconds(each["recorded_at"]) + within_s)
        for each in said["events"]
    ]


def seconds(moment: str) -> float:
    """Read a time with its offset as seconds since 1970."""
    return (datetime.fromisoformat(moment) - verify_bundle.UNIX).total_seconds()


def texts(path: Path) -> list[str]:
    """Read a file of receipts: one note, or answers of commands as JSON, one a line."""
    content = path.read_text(encoding="utf-8")
    return content.removesuffix("\n").split("\n") if content.startswith("{") else [content]


class Receipts(verify_bundle.Verification):
    """A verification of a bundle that finds the events of receipts in it, and judges the receipts."""

    options = {
        "receipt": {"type": Path, "nargs": "+", "help": "a note, or answers as JSON lines"},
        "--receipt-key": {"action": "append", "required": True, "help": "and of receipts"},
    }

    def __init__(self, asked: argparse.Namespace) -> None:
        super().__init__(asked)
        if not self.is_whole:
            raise ValueError("not_whole: only a bundle of the whole log shows what was left out")
        keys = [verify_bundle.read_key(text) for text in asked.receipt_key]
        self.promised = {
            f"{path}:{number}": self._read(f"{path}:{number}", text, keys)
            for path in asked.receipt
            for number, text in enumerate(texts(path), start=1)
        }
        self.wanted = {each.event_id for of in self.promised.values() for each in of}
        self.places = dict[str, dict[str, int]]()
        """Event → its leaf hash, in lower-case hex → its log index."""

    def _read(self, label: str, text: str, keys: Collection[verify_bundle.Key]) -> list[Promised]:
        try:
            return read_receipt(text, keys)
        except verify_bundle.Wrong as wrong:
            raise verify_bundle.Wrong(wrong.code, f"{label}: {wrong}") from wrong
        except MALFORMED as error:
            raise ValueError(f"receipt_malformed: {label} is no receipt: {error!r}") from error

    def _content(self, event: Any) -> None:
        if event["event_id"] in self.wanted:
            content = verify_bundle.WRITE.encode(event).encode()
            places = self.places.setdefault(event["event_id"], {})
            places.setdefault(verify_bundle.leaf_hash(content).hex(), self.tree.size - 1)
        super()._content(event)

    def report(self) -> dict[str, Any]:
        """Judge every receipt too, unless the bundle differs: then nobody knows what is in the log."""
        if self.differences:
            found = super().report()
            found["not_proved"].append("Whether promises were kept: the bundle itself differs.")
            return found
        ends = Counter(self._end(each, label) for label, of in self.promised.items() for each in of)
        found = super().report()
        if not self.differences:
            found["proved"] += [text.format(ends[end]) for end, text in KEPT.items() if ends[end]]
        found["not_proved"] += [text.format(ends[end]) for end, text in OPEN.items() if ends[end]]
        return found

    def _end(self, promised: Promised, label: str) -> str:
        """Tell what became of a promise; one that was broken is noted as a difference."""
        places = self.places.get(promised.event_id, {})
        index = places.get(promised.leaf_hash)
        before = self.newest.size if index is None else index
        if places and index is None:
            end = "receipt_differs"
        elif any(size <= before and at_s > promised.due_s for size, at_s in self.dated):
            end = "receipt_without_event" if index is None else "receipt_broken"
        elif index is None:
            end = "early"
        else:
            is_shown = any(size > index and at_s <= promised.due_s for size, at_s in self.dated)
            end = "in_time" if is_shown else "there"
        if end in BROKEN:
            wrong = verify_bundle.Wrong(end, f"{label}: {BROKEN[end]}")
            self.differ(wrong, index, promised.event_id)
        return end


if __name__ == "__main__":
    sys.exit(verify_bundle.main(kind=Receipts))
