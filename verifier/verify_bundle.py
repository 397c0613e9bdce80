"""Verify a bundle that Tollgate exported, without trusting Tollgate: one file, no network.

Needs Python 3.11 and `cryptography`; README.md beside this file describes the format.
Exit codes: 0 all that was asked for is proved; 1 something differs; 2 it cannot be judged.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SHOWN, MAX_LINE, MAX_SMALL_FILE, MAX_SIGNATURES = 20, 1 << 20, 1 << 26, 100
LOG_KEY, WITNESS_KEY, HASH_BYTES, CHECKPOINT_LINES, CLOCKS_APART_S, LATE_S = 1, 4, 32, 3, 30, 900
EMPTY_ROOT, UNIX = hashlib.sha256(b"").digest(), datetime.fromtimestamp(0, UTC)
EVENT_LINE: Final = re.compile(rb'\{"event":(.*),"log_index":(0|[1-9][0-9]{0,10})\}\n', re.DOTALL)
EVENT_ID: Final = re.compile(rb'"event_id":"([0-9a-f-]{36})"')
Hashes = Sequence[bytes]


class Wrong(ValueError):
    """Something is not as it must be; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.told = code, {"code": code, "detail": detail}


def _integer(text: str) -> int:
    if re.fullmatch("-?[0-9]{1,16}", text) and abs(int(text)) < 1 << 53:
        return int(text)
    raise ValueError(f"{text[:40]} is no integer of at most 2^53 - 1")


_READ: Final = json.JSONDecoder(parse_int=_integer, parse_float=_integer, parse_constant=_integer)
_KEYS: Final = json.JSONDecoder(object_pairs_hook=lambda of: [k.encode("ascii") for k, _ in of])
WRITE: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_canonical(content: bytes) -> Any:
    """Read JSON in the one form of RFC 8785, with ASCII keys, integers only and no key twice."""
    try:
        value = _READ.decode(text := content.decode())
        if WRITE.encode(value) == text and (text.isascii() or _KEYS.decode(text)):
            return value
    except (ValueError, RecursionError) as error:
        raise Wrong("not_canonical", f"not JSON as the format has it: {error}") from error
    raise Wrong("not_canonical", "RFC 8785 writes the same content otherwise")


def leaf_hash(content: bytes) -> bytes:
    """Hash one event (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree that grows leaf by leaf and keeps only the roots of its complete subtrees."""

    def __init__(self) -> None:
        self.size, self.roots = 0, list[bytes]()

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        for _ in range((self.size ^ (self.size + 1)).bit_length() - 1):
            leaf = node_hash(self.roots.pop(), leaf)
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Tell the root of all leaves so far."""
        return reduce(lambda right, left: node_hash(left, right), self.roots[::-1] or [EMPTY_ROOT])


def _climb(node: int, last: int, start: bytes = b"", *path: bytes) -> tuple[bytes, bytes] | None:
    """Climb from a node to the roots of two trees: where it stands last, and where `last` does."""
    old = new = start
    for step in path:
        if not last:
            return None
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return None if last else (old, new)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Hashes, root: bytes) -> bool:
    """Tell whether a leaf stands at `index` in the tree of that size and root (RFC 9162 2.1.3.2)."""
    return 0 <= index < size and (_climb(index, size - 1, leaf, *proof) or (None, None))[1] == root


def verify_consistency(old: int, new: int, old_root: bytes, root: bytes, proof: Hashes) -> bool:
    """Tell whether a tree of size `new` begins with the one of size `old` (RFC 9162 2.1.4.2)."""
    if not 0 < old < new:
        return 0 <= old <= new and old_root == (root if old else EMPTY_ROOT) and not proof
    path = proof if old & (old - 1) else [old_root, *proof]
    shift = (old & -old).bit_length() - 1  # the last complete subtree of the old tree begins there
    return _climb((old - 1) >> shift, (new - 1) >> shift, *path) == (old_root, root)


class Key(NamedTuple):
    """A public key by which a log or a witness is known (C2SP signed-note, tlog-cosignature)."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Give the bytes by which signatures name it."""
        return hashlib.sha256(b"%b\n%c%b" % (self.name.encode(), *self[1:])).digest()[:4]


def read_key(text: str) -> Key:
    """Read `name+hash+base64`; ValueError unless it is an Ed25519 key that hashes to `hash`."""
    match = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})", text.strip())
    content = base64.b64decode(match[3]) if match else b"\0"
    key = Key(match[1] if match else "", content[0], content[1:])
    if not match or key.id.hex() != match[2] or key.kind not in (LOG_KEY, WITNESS_KEY):
        raise ValueError(f"key_malformed: not name+hash+base64 of an Ed25519 key: {text[:100]}")
    return key


class Checkpoint(NamedTuple):
    """What a log signed: its first `size` events have this root; when (0: unsaid); who cosigned."""

    size: int
    root: bytes
    at_s: int
    witnesses: set[bytes]


def read_note(content: bytes, keys: Collection[Key]) -> Checkpoint:
    """Read a C2SP checkpoint; Wrong unless a known key of its name signed it and none did wrongly."""
    text, _, signatures = content.decode(errors="replace").rpartition("\n\n")
    body, lines = text.split("\n"), signatures.split("\n")
    is_note = not re.search("[\x00-\x09\x0b-\x1f\ufffd]", text + signatures) and not lines.pop()
    is_named = len(body) >= CHECKPOINT_LINES and re.fullmatch("0|[1-9][0-9]{0,17}", body[1])
    if not is_note or not is_named or not 0 < len(lines) <= MAX_SIGNATURES:
        raise Wrong("note_malformed", "not a signed note with the lines of a checkpoint")
    logs = {key.public for key in keys if (key.name, key.kind) == (body[0], LOG_KEY)}
    timed = {Key(body[0], WITNESS_KEY, public) for public in logs}  # it signs with the time, too
    signed = dict(s for one in lines for s in signers(f"{text}\n".encode(), one, {*keys, *timed}))
    if not any((key.name, key.kind) == (body[0], LOG_KEY) for key in signed):
        raise Wrong("signature_missing", "none of the given keys of this log signed the checkpoint")
    witnesses = {key.public for key in signed if key.kind == WITNESS_KEY} - logs
    at_s = min((at_s for key, at_s in signed.items() if key in timed), default=0)
    return Checkpoint(int(body[1]), _hash(body[2]), at_s, witnesses)


def signers(text: bytes, line: str, keys: Collection[Key]) -> Iterator[tuple[Key, int]]:
    """Tell which key signed a text in a line, and when; Wrong if a known key's is not right."""
    match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    if not match or base64.b64encode(signature := base64.b64decode(match[2])) != match[2].encode():
        raise Wrong("note_malformed", "a signature line is malformed")
    for key in (key for key in keys if (key.name, key.id) == (match[1], signature[:4])):
        start = 4 if key.kind == LOG_KEY else 12
        at_s = int.from_bytes(signature[4:start], "big")
        head = b"" if key.kind == LOG_KEY else b"cosignature/v1\ntime %d\n" % at_s
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature[start:], head + text)
        except InvalidSignature as error:
            raise Wrong("signature_wrong", f"{key.name} did not sign this") from error
        yield key, at_s


def _hash(text: str) -> bytes:
    if not re.fullmatch("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", text):
        raise Wrong("hash_malformed", "not 32 bytes of Base64")
    return base64.b64decode(text)


class Bundle:
    """A directory or a .zip file, read as a stream and never unpacked."""

    def __init__(self, path: Path) -> None:
        self.path, self.archive = path, None if path.is_dir() else zipfile.ZipFile(path)
        packed = self.archive.infolist() if self.archive else []
        self.names = [each.filename for each in packed if each.file_size or not each.is_dir()]
        self.names += [p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()]
        if any(p.is_symlink() or not (p.is_file() or p.is_dir()) for p in path.rglob("*")):
            raise ValueError("not_plain: it holds a link, a pipe or a device, no plain file")

    def open(self, name: str) -> IO[bytes]:
        """Open one of its files; ValueError, which says so, for one that is not there."""
        if name not in self.names:
            raise ValueError(f"file_missing: no {name} in it (consistency/N if exported --since N)")
        return self.archive.open(name) if self.archive else (self.path / name).open("rb")

    def read(self, name: str) -> bytes:
        """Read a file that is small."""
        with self.open(name) as file:
            return file.read(MAX_SMALL_FILE)

    def lines(self, name: str, claim: Any) -> Iterator[bytes]:
        """Read a file by lines; Wrong at its end unless the manifest's claim holds."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self.open(name) as file:
            while line := file.readline(MAX_LINE):
                digest.update(line)
                size, count = size + len(line), count + 1
                yield line
        found = {"bytes": size, "sha256": digest.hexdigest()}
        if claim not in (found, found | {"lines": count}):
            raise Wrong("file_differs", f"{name} differs from the manifest: {found}, {count} lines")


class Verification:
    """One pass over a bundle: memory holds a line, the version of each stream, the tree's edge."""

    options: Mapping[str, Mapping[str, Any]] = {}  # what else the command line asks for

    def __init__(self, asked: argparse.Namespace) -> None:
        keys = [read_key(text) for text in (*asked.key, *asked.witness)]
        self.bundle, self.tree, self.quorum = Bundle(asked.bundle), Tree(), max(asked.witnesses, 0)
        self.differences, self.counts, self.named = list[Any](), Counter[str](), set[str]()
        self.manifest = read_canonical(self.bundle.read("manifest.json"))
        if self.manifest["format"] != "tollgate-bundle/1":
            raise ValueError("this is no bundle of the format tollgate-bundle/1")
        self.is_whole, self.files = self.manifest["whole_log"], self.manifest["files"]
        self.newest = read_note(self.bundle.read("checkpoint"), keys)
        self.older = {str(path): read_note(path.read_bytes(), keys) for path in asked.checkpoint}
        self.roots = dict.fromkeys((old.size for old in self.older.values()), EMPTY_ROOT)
        self.next_index, self.latest_s, self.versions = 0, 0.0, dict[bytes, int]()
        self.types, self.sums = Counter[str](), [Counter[str]() for _ in self.manifest["totals"]]
        self.dated = [(n.size, n.at_s) for n in (self.newest, *self.older.values()) if n.at_s]

    def run(self) -> dict[str, Any]:
        """Check everything, and tell what was found as `report` does."""
        present, listed = Counter(self.bundle.names), Counter(["manifest.json", *self.files])
        for name in (present - listed) + (listed - present):
            self.differ(Wrong("file_differs", f"{name} is not once in both bundle and manifest"))
        with self.bundle.open("leaves" if self.is_whole else "proofs.jsonl") as self.beside:
            for name in sorted({*self.bundle.names} & {*self.files}):
                try:
                    for line in self.bundle.lines(name, self.files[name]):
                        if name == "events.jsonl":
                            self._event(line)
                except (Wrong, EOFError, zipfile.BadZipFile, zlib.error) as error:
                    self.differ(error if isinstance(error, Wrong) else Wrong("file_broken", name))
        self._compare_claims()
        self._compare_roots()
        if len(self.newest.witnesses) < self.quorum:
            self.differ(Wrong("witnesses_missing", "fewer known witnesses cosigned than asked for"))
        return self.report()

    def differ(self, wrong: Wrong, index: int | None = None, event_id: str | None = None) -> None:
        """Note a difference; keep the first 20 of each kind."""
        self.counts[wrong.code] += 1
        if self.counts[wrong.code] <= SHOWN:
            self.differences.append({**wrong.told, "log_index": index, "event_id": event_id})

    def _event(self, line: bytes) -> None:
        index, found = None, EVENT_ID.search(line)
        try:
            proof = None if self.is_whole else read_canonical(self.beside.readline(MAX_LINE)[:-1])
            if not (match := EVENT_LINE.fullmatch(line)):
                raise Wrong("line_malformed", "not an event with its log index")
            leaf, index = leaf_hash(match[1]), int(match[2])
            expected, self.next_index = self.next_index, index + 1
            self.tree.append(leaf)
            if self.tree.size in self.roots:
                self.roots[self.tree.size] = self.tree.root()
            self._content(event := read_canonical(match[1]))
            self._place(leaf, index, expected, proof)
            self._time((datetime.fromisoformat(event["recorded_at"]) - UNIX).total_seconds(), index)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            wrong = error if isinstance(error, Wrong) else Wrong("event_malformed", repr(error))
            self.differ(wrong, index, found[1].decode() if found else None)

    def _content(self, event: Any) -> None:
        kind, data, version = event["type"], event["data"], event["version"]
        stream = bytes.fromhex(event["stream_id"].replace("-", ""))
        self.types[kind] += 1
        for total, sums in zip(self.manifest["totals"], self.sums, strict=True):
            if total["type"] == kind:
                sums[data[total["by"]] if total["by"] else ""] += int(data[total["field"]])
        if kind in self.manifest["names"]:
            self.named.add(data[self.manifest["names"][kind]])
        last, self.versions[stream] = self.versions.get(stream, 0), version
        if version <= last or (self.manifest["whole_streams"] and version != last + 1):
            raise Wrong("version_gap", f"version {version} of its stream follows version {last}")

    def _place(self, leaf: bytes, index: int, expected: int, proof: Any) -> None:
        if self.is_whole:
            self.beside.seek(HASH_BYTES * min(index, self.newest.size))
            if self.beside.read(HASH_BYTES) != leaf:
                raise Wrong("leaf_differs", "the event does not hash to its leaf in the log")
        if index < expected or (self.is_whole and index != expected):
            raise Wrong("log_index_wrong", f"log index {index} stands where {expected} belongs")
        if not self.is_whole:
            path = [_hash(each) for each in proof["hashes"]]
            is_in = verify_inclusion(leaf, index, self.newest.size, path, self.newest.root)
            if proof["log_index"] != index or not is_in:
                raise Wrong("inclusion_unproved", "its proof does not lead to the signed root")

    def _time(self, at_s: float, index: int) -> None:
        earliest_s = max([self.latest_s, *(at for size, at in self.dated if size <= index)])
        latest_s = min([at for size, at in self.dated if size > index], default=at_s)
        if not earliest_s - LATE_S <= at_s <= latest_s + CLOCKS_APART_S:
            raise Wrong("recorded_at_wrong", "its time is not that of where it stands in the log")
        self.latest_s = max(self.latest_s, at_s)

    def _compare_claims(self) -> None:
        found = {"events": self.types.total(), "streams": len(self.versions), "types": self.types}
        if self.manifest["counts"] != found:
            self.differ(Wrong("count_differs", f"not as many as claimed, but {dict(self.types)}"))
        for total, sums in zip(self.manifest["totals"], self.sums, strict=True):
            if total["sums"] != {key: str(value) for key, value in sums.items()}:
                self.differ(Wrong("total_differs", f"{total['name']} adds up to {dict(sums)}"))
        for name, file in self.files.items():
            if name.startswith("named/") and file["sha256"] not in self.named:
                self.differ(Wrong("file_differs", f"no event names the hash of {name}"))

    def _compare_roots(self) -> None:
        newest = self.newest
        if self.is_whole and (self.tree.size, self.tree.root()) != newest[:2]:
            self.differ(Wrong("root_differs", "the events are not those that were signed"))
        for label, old in self.older.items():
            goes_on = old.size <= newest.size and self.roots[old.size] == old.root
            if not self.is_whole:
                is_between = 0 < old.size < newest.size
                text = self.bundle.read(f"consistency/{old.size}.json") if is_between else b"[]"
                path = [_hash(each) for each in read_canonical(text)]
                goes_on = verify_consistency(old.size, newest.size, old.root, newest.root, path)
            if not goes_on:
                code = "log_rolled_back" if old.size > newest.size else "log_rewritten"
                self.differ(Wrong(code, f"it does not go on from {old.size} events in {label}"))

    def report(self) -> dict[str, Any]:
        """Say in plain words what is proved if nothing differs, and what this bundle cannot prove."""
        place = "they are the whole log" if self.is_whole else "each is in the log at its place"
        proved = [f"Signed: a log of {self.newest.size} events, {self.newest.root.hex()}."]
        proved += [f"{self.types.total()} events are as they were signed; {place}."]
        if self.manifest["whole_streams"]:
            proved.append(f"{len(self.versions)} streams begin at version 1 and have no gap.")
        proved += ["No time of theirs lies outside those of the checkpoints."] if self.dated else []
        proved += [f"The log goes on from {n.size} events in {x}." for x, n in self.older.items()]
        proved += [f"At least {self.quorum} known witnesses cosigned."] if self.quorum else []
        missing = {
            "Whether what was recorded is true; only that it is still what was recorded.": True,
            "Whether tables for people say the same as events.jsonl.": True,
            "Whether later events of these streams, or other streams, exist.": not self.is_whole,
            "Whether the log was rewritten earlier: give an older --checkpoint.": not self.older,
            "Whether they were recorded when they say: no checkpoint is dated.": not self.dated,
            "Whether others are shown the same log: ask for --witnesses.": not self.quorum,
        }
        unproved = [text for text, is_missing in missing.items() if is_missing]
        words = {"proved": [] if self.differences else proved, "not_proved": unproved}
        return {"difference_count": self.counts.total(), "differences": self.differences} | words


def main(arguments: Sequence[str] | None = None, kind: type[Verification] = Verification) -> int:
    """Read the command line, verify, say what was found; give the exit code."""
    parser = argparse.ArgumentParser(description="Verify offline what Tollgate handed out.")
    parser.add_argument("bundle", type=Path, help="directory or .zip")
    parser.add_argument("--key", action="append", required=True, help="name+hash+base64 of the log")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="an older one")
    parser.add_argument("--witness", action="append", default=[], help="name+hash+base64")
    parser.add_argument("--witnesses", type=int, default=0, help="how many must have cosigned")
    parser.add_argument("--json", action="store_true")
    for name, more in kind.options.items():
        parser.add_argument(name, **more)
    asked = parser.parse_args(arguments)
    try:
        found = kind(asked).run()
    except Wrong as wrong:
        found = {"difference_count": 1, "differences": [wrong.told]}
    except Exception as error:  # noqa: BLE001 -- whatever stopped it, nothing was judged
        is_told = isinstance(error, (OSError, ValueError))
        found = {"unusable": [str(error) if is_told else f"not as the format has it: {error!r}"]}
    listed = {key: [value] if isinstance(value, int) else value for key, value in found.items()}
    words = "\n".join(f"{key}: {each}" for key, values in listed.items() for each in values)
    text = json.dumps(found) if asked.json else words
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    return 2 if "unusable" in found else min(found["difference_count"], 1)


if __name__ == "__main__":
    sys.exit(main())
