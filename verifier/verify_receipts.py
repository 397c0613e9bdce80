"""Verify receipts of Tollgate against a bundle of its log: what was promised is there, or was left out.

Needs `verify_bundle.py` beside it, Python 3.11 and `cryptography`; README.md describes the format.
Exit codes: 0 every promise is kept; 1 one is broken, or the bundle differs; 2 it cannot be judged.
"""

import argparse
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from verifier import verify_bundle
else:
    import verify_bundle

_WRITE: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Promised(NamedTuple):
    """One event that a receipt promises to seal."""

    event_id: str
    leaf_hash: str
    due_s: float
    """Seconds since 1970 by which a checkpoint has it."""


def read_receipt(note: str, keys: Collection[verify_bundle.Key]) -> list[Promised]:
    """Read a receipt; verify_bundle.Wrong unless one of these keys, which its first line names, signed it."""
    text, _, lines = note.rpartition("\n\n")
    name, _, line = text.partition("\n")
    signed = [
        key
        for one in lines.splitlines()
        for key, _ in verify_bundle.signers(f"{text}\n".encode(), one, keys)
    ]
    if not any(key.name == name for key in signed):
        raise verify_bundle.Wrong("signature_missing", "none of the given keys signed the receipt")
    said = verify_bundle.read_canonical(line.encode())
    within_s = said["checkpoint_within_s"]
    return [
        Promised(each["event_id"], each["leaf_hash"], seconds(each["recorded_at"]) + within_s)
        for each in said["events"]
    ]


def seconds(moment: str) -> float:
    """Read a time with its offset as seconds since 1970."""
    return (datetime.fromisoformat(moment) - verify_bundle.UNIX).total_seconds()


class Search(verify_bundle.Verification):
    """A verification of a bundle that notes where the events of receipts stand."""

    wanted: Collection[str] = ()
    places: dict[str, tuple[str, int]]
    """Event → its leaf hash, lower-case hex, and its log index."""

    def _content(self, event: Any) -> None:
        if event["event_id"] in self.wanted:
            found = verify_bundle.leaf_hash(_WRITE.encode(event).encode()).hex()
            self.places[event["event_id"]] = (found, self.tree.size - 1)
        super()._content(event)

    def search(self, wanted: Collection[str]) -> dict[str, Any]:
        """Verify the bundle and look for events; ValueError unless it is the whole log."""
        if not self.is_whole:
            raise ValueError("not_whole: only a bundle of the whole log shows what was left out")
        self.wanted, self.places = wanted, {}
        return self.run(0)

    def judge(self, promised: Promised) -> verify_bundle.Wrong | None:
        """Tell how a promise was broken; None: it is kept, or not due by any dated checkpoint."""
        if promised.event_id not in self.places:
            if self.newest.at_s <= promised.due_s + verify_bundle.CLOCKS_APART_S:
                return None
            detail = f"event {promised.event_id} is not in the log of the checkpoint after its time"
            return verify_bundle.Wrong("receipt_without_event", detail)
        found, index = self.places[promised.event_id]
        if found != promised.leaf_hash:
            return verify_bundle.Wrong(
                "receipt_differs", f"event {promised.event_id} is another in the log"
            )
        late = [
            at
            for size, at in self.dated
            if size <= index and at > promised.due_s + verify_bundle.CLOCKS_APART_S
        ]
        if not late:
            return None
        return verify_bundle.Wrong(
            "receipt_broken", f"event {promised.event_id} is not in a checkpoint after its time"
        )


def notes(path: Path) -> Iterator[str]:
    """Read a file of receipts: one note, or answers of commands as JSON, one a line."""
    content = path.read_text(encoding="utf-8")
    if content.startswith("{"):
        yield from (json.loads(line)["note"] for line in content.splitlines())
    else:
        yield content


def verify(search: Search, receipts: Sequence[tuple[str, list[Promised]]]) -> dict[str, Any]:
    """Judge every receipt against the bundle."""
    wanted = frozenset(each.event_id for _, promised in receipts for each in promised)
    found = search.search(wanted)
    if found["difference_count"]:
        return found
    broken, kept, early = list[dict[str, str]](), 0, 0
    for label, promised in receipts:
        for each in promised:
            wrong = search.judge(each)
            if wrong is not None:
                broken.append({"code": wrong.code, "detail": str(wrong), "receipt": label})
            elif each.event_id in search.places:
                kept += 1
            else:
                early += 1
    proved = [
        f"{kept} promised events are in the log of {search.newest.size}, as the receipts say."
    ]
    missing = "Whether {} promised events come: no dated checkpoint here is of after their time."
    words = {"proved": proved, "not_proved": [missing.format(early)] if early else []}
    return {"difference_count": len(broken), "differences": broken} | words


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, verify, say what was found; give the exit code."""
    parser = argparse.ArgumentParser(description="Verify Tollgate's receipts against a bundle.")
    parser.add_argument("bundle", type=Path, help="the whole log: directory or .zip")
    parser.add_argument("receipt", type=Path, nargs="+", help="a note, or answers as JSON lines")
    parser.add_argument("--key", action="append", required=True, help="name+hash+base64 of the log")
    parser.add_argument("--receipt-key", action="append", required=True, help="and of receipts")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="an older one")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        keys = [verify_bundle.read_key(text) for text in asked.receipt_key]
        outside = {str(path): path.read_bytes() for path in asked.checkpoint}
        search = Search(
            verify_bundle.Bundle(asked.bundle),
            [verify_bundle.read_key(text) for text in asked.key],
            outside,
        )
        receipts = [
            (f"{path}:{number}", read_receipt(note, keys))
            for path in asked.receipt
            for number, note in enumerate(notes(path), start=1)
        ]
        found = verify(search, receipts)
    except verify_bundle.Wrong as wrong:
        found = {"difference_count": 1, "differences": [{"code": wrong.code, "detail": str(wrong)}]}
    except Exception as error:  # noqa: BLE001 -- whatever stopped it, nothing was judged
        is_told = isinstance(error, (OSError, ValueError))
        found = {"unusable": [str(error) if is_told else f"not as the format has it: {error!r}"]}
    listed = {key: [value] if isinstance(value, int) else value for key, value in found.items()}
    words = "\n".join(f"{key}: {each}" for key, values in listed.items() for each in values)
    sys.stdout.write((json.dumps(found) if asked.json else words) + "\n")
    return 2 if "unusable" in found else min(found["difference_count"], 1)


if __name__ == "__main__":
    sys.exit(main())
