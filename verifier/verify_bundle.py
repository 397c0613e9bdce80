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
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT: Final = "tollgate-bundle/1"
SHOWN: Final = 20
MAX_LINE, MAX_SMALL_FILE, MAX_SIGNATURES = 1 << 20, 1 << 26, 100
MAX_SAFE_INTEGER: Final = 2**53 - 1
LOG_KEY, WITNESS_KEY = 1, 4
HASH_BYTES, CHECKPOINT_LINES = 32, 3
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
EVENT_LINE: Final = re.compile(rb'\{"event":(.*),"log_index":(0|[1-9][0-9]{0,17})\}\n', re.DOTALL)
EVENT_ID: Final = re.compile(rb'"event_id":"([0-9a-f-]{36})"')
BROKEN: Final = (EOFError, zipfile.BadZipFile, zlib.error)
UNUSABLE: Final = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)
Hashes = Sequence[bytes]


class Wrong(ValueError):
    """Something is not as it must be; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code: Final = code


def _integer(text: str) -> int:
    value = int(text)  # raises ValueError for 1.0, 1e3 and NaN
    if abs(value) > MAX_SAFE_INTEGER:
        raise ValueError(f"{text[:40]} is beyond 2^53 - 1")
    return value


_READ: Final = json.JSONDecoder(parse_int=_integer, parse_float=_integer, parse_constant=_integer)
_WRITE: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_canonical(content: bytes) -> Any:
    """Read JSON in the one form of RFC 8785, with ASCII keys, integers only and no key twice."""
    try:
        text = content.decode()
        value = _READ.decode(text)
        if _WRITE.encode(value) == text and (text.isascii() or _has_ascii_keys(value)):
            return value
    except (ValueError, RecursionError) as error:
        raise Wrong("not_canonical", f"not JSON as the format has it: {error}") from error
    raise Wrong("not_canonical", "RFC 8785 writes the same content otherwise")


def _has_ascii_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _has_ascii_keys(item) for key, item in value.items())
    return not isinstance(value, list) or all(map(_has_ascii_keys, value))


def leaf_hash(content: bytes) -> bytes:
    """Hash one event (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one (RFC 6962 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A Merkle tree that grows leaf by leaf and keeps only the roots of its complete subtrees."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carry = self.size
        while carry & 1:
            leaf, carry = node_hash(self.roots.pop(), leaf), carry >> 1
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Tell the root of all leaves so far."""
        found = self.roots[-1] if self.roots else EMPTY_ROOT
        for left in reversed(self.roots[:-1]):
            found = node_hash(left, found)
        return found


def _climb(node: int, last: int, start: bytes, path: Hashes) -> tuple[bytes, bytes] | None:
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
    roots = _climb(index, size - 1, leaf, proof) if 0 <= index < size else None
    return roots is not None and roots[1] == root


def verify_consistency(old: int, new: int, old_root: bytes, root: bytes, proof: Hashes) -> bool:
    """Tell whether a tree of size `new` begins with the one of size `old` (RFC 9162 2.1.4.2)."""
    if not 0 < old < new:
        return 0 <= old <= new and old_root == (root if old else EMPTY_ROOT) and not proof
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    shift = (old & -old).bit_length() - 1  # the last complete subtree of the old tree begins there
    roots = _climb((old - 1) >> shift, (new - 1) >> shift, path[0], path[1:]) if path else None
    return roots == (old_root, root)


class Key(NamedTuple):
    """A public key by which a log or a witness is known (C2SP signed-note, tlog-cosignature)."""

    name: str
    id: bytes
    kind: int
    public: Ed25519PublicKey


def read_key(text: str) -> Key:
    """Read `name+hash+base64`; ValueError unless it is an Ed25519 key that hashes to `hash`."""
    name, key_id, encoded = text.strip().split("+", 2)
    content = base64.b64decode(encoded, validate=True)
    public = Ed25519PublicKey.from_public_bytes(content[1:])
    key = Key(name, bytes.fromhex(key_id), content[0], public)
    expected = hashlib.sha256(f"{name}\n".encode() + content).digest()[:4]
    if key.id != expected or key.kind not in (LOG_KEY, WITNESS_KEY):
        raise ValueError(f"this verifier key does not hash to what it says: {text[:100]}")
    return key


class Checkpoint(NamedTuple):
    """What a log signed: its first `size` events have this root; and the keys that cosigned."""

    size: int
    root: bytes
    witnesses: frozenset[bytes]


def read_note(content: bytes, keys: Collection[Key]) -> Checkpoint:
    """Read a C2SP checkpoint; Wrong unless a known key of its name signed it and none did wrongly."""
    text, _, signatures = content.decode().rpartition("\n\n")
    body, lines = text.split("\n"), signatures.split("\n")
    is_note = not re.search("[\x00-\x09\x0b-\x1f]", text + signatures) and not lines.pop()
    is_named = len(body) >= CHECKPOINT_LINES and re.fullmatch("0|[1-9][0-9]{0,17}", body[1])
    if not is_note or not is_named or not 0 < len(lines) <= MAX_SIGNATURES:
        raise Wrong("note_malformed", "not a signed note with the lines of a checkpoint")
    signed_by = [key for line in lines for key in signers(f"{text}\n".encode(), line, keys)]
    if not any(key.kind == LOG_KEY and key.name == body[0] for key in signed_by):
        raise Wrong("signature_missing", "none of the given keys of this log signed the checkpoint")
    cosigned = (key.public.public_bytes_raw() for key in signed_by if key.kind == WITNESS_KEY)
    return Checkpoint(int(body[1]), _hash(body[2]), frozenset(cosigned))


def signers(text: bytes, line: str, keys: Collection[Key]) -> Iterator[Key]:
    """Tell which key made a signature line under a text; Wrong if a known key's is not right."""
    if not (match := re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)):
        raise Wrong("note_malformed", "a signature line is malformed")
    signature = base64.b64decode(match[2], validate=True)
    for key in (key for key in keys if (key.name, key.id) == (match[1], signature[:4])):
        time = b"" if key.kind == LOG_KEY else signature[4:12]
        head = b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") if time else b""
        try:
            key.public.verify(signature[4 + len(time) :], head + text)
        except InvalidSignature as error:
            raise Wrong("signature_wrong", f"{key.name} did not sign this") from error
        yield key


def _hash(text: str) -> bytes:
    content = base64.b64decode(text, validate=True)
    if len(content) != HASH_BYTES or base64.b64encode(content).decode() != text:
        raise Wrong("hash_malformed", "not 32 bytes of Base64")
    return content


class Bundle:
    """A directory or a .zip file, read as a stream and never unpacked."""

    def __init__(self, path: Path) -> None:
        self.path, self.archive = path, None if path.is_dir() else zipfile.ZipFile(path)
        found = (each.relative_to(path) for each in path.rglob("*") if not each.is_dir())
        self.names = self.archive.namelist() if self.archive else [p.as_posix() for p in found]

    def open(self, name: str) -> IO[bytes]:
        """Open one of its files."""
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
        found = {"bytes": size, "lines": count, "sha256": digest.hexdigest()}
        for measure in claim.keys() | {"bytes", "sha256"}:
            if claim.get(measure) != found.get(measure):
                raise Wrong("file_differs", f"{name}: {measure} differs from the manifest")


class Verification:
    """One pass over a bundle: memory holds a line, the version of each stream, the tree's edge."""

    def __init__(self, bundle: Bundle, keys: Collection[Key], outside: Mapping[str, bytes]) -> None:
        self.bundle, self.tree = bundle, Tree()
        self.differences, self.difference_count = list[Any](), 0
        self.manifest = read_canonical(bundle.read("manifest.json"))
        if self.manifest["format"] != FORMAT:
            raise ValueError(f"this is no bundle of the format {FORMAT}")
        self.is_whole, self.files = self.manifest["whole_log"], self.manifest["files"]
        self.newest = read_note(bundle.read("checkpoint"), keys)
        self.older = {label: read_note(content, keys) for label, content in outside.items()}
        self.roots = dict.fromkeys((old.size for old in self.older.values()), EMPTY_ROOT)
        self.next_index, self.versions, self.types = 0, dict[bytes, int](), Counter[str]()
        self.sums = [Counter[str]() for _ in self.manifest["totals"]]
        self.named = set[str]()

    def run(self, quorum: int) -> dict[str, Any]:
        """Check everything. quorum: how many of the known witnesses must have cosigned."""
        present, listed = Counter(self.bundle.names), Counter(["manifest.json", *self.files])
        for name in (present - listed) + (listed - present):
            self.differ(Wrong("file_differs", f"{name} is not once in both bundle and manifest"))
        with self.bundle.open("leaves" if self.is_whole else "proofs.jsonl") as self.beside:
            for name in sorted({*self.bundle.names} & {*self.files}):
                try:
                    for line in self.bundle.lines(name, self.files[name]):
                        if name == "events.jsonl":
                            self._event(line)
                except (Wrong, *BROKEN) as error:
                    self.differ(error if isinstance(error, Wrong) else Wrong("file_broken", name))
        self._compare_claims()
        self._compare_roots()
        if len(self.newest.witnesses) < quorum:
            self.differ(Wrong("witnesses_missing", f"fewer than {quorum} known witnesses cosigned"))
        return self.report(quorum)

    def differ(self, wrong: Wrong, index: int | None = None, event_id: str | None = None) -> None:
        """Note a difference; keep the first 20."""
        self.difference_count += 1
        if self.difference_count <= SHOWN:
            about = {"log_index": index, "event_id": event_id}
            self.differences.append({"code": wrong.code, "detail": str(wrong), **about})

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
            self._content(read_canonical(match[1]))
            self._place(leaf, index, expected, proof)
        except UNUSABLE as error:
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

    def _compare_claims(self) -> None:
        found = {"events": self.types.total(), "streams": len(self.versions), "types": self.types}
        if self.manifest["counts"] != found:
            self.differ(Wrong("count_differs", f"the events are not as many as claimed: {found}"))
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
            if self.is_whole and old.size <= newest.size:
                goes_on = self.roots[old.size] == old.root
            else:
                is_between = 0 < old.size < newest.size
                text = self.bundle.read(f"consistency/{old.size}.json") if is_between else b"[]"
                path = [_hash(each) for each in read_canonical(text)]
                goes_on = verify_consistency(old.size, newest.size, old.root, newest.root, path)
            if not goes_on:
                code = "log_rolled_back" if old.size > newest.size else "log_rewritten"
                self.differ(
                    Wrong(code, f"the log does not go on from {old.size} events in {label}")
                )

    def report(self, quorum: int) -> dict[str, Any]:
        """Say in plain words what is proved if nothing differs, and what this bundle cannot prove."""
        place = "they are the whole log" if self.is_whole else "each is in the log at its place"
        signed = f"Signed: a log of {self.newest.size} events, {self.newest.root.hex()}."
        proved = [signed, f"{self.types.total()} events are as they were signed; {place}."]
        if self.manifest["whole_streams"]:
            proved.append(f"{len(self.versions)} streams begin at version 1 and have no gap.")
        proved += [f"The log goes on from {n.size} events in {x}." for x, n in self.older.items()]
        proved += [f"At least {quorum} known witnesses cosigned."] if quorum else []
        missing = {
            "Whether what was recorded is true; only that it is still what was recorded.": True,
            "Whether tables for people say the same as events.jsonl.": True,
            "Whether later events of these streams, or other streams, exist.": not self.is_whole,
            "Whether the log was rewritten earlier: give an older --checkpoint.": not self.older,
            "Whether others are shown the same log: ask for --witnesses.": not quorum,
        }
        unproved = [text for text, is_missing in missing.items() if is_missing]
        words = {"proved": [] if self.differences else proved, "not_proved": unproved}
        return {"difference_count": self.difference_count, "differences": self.differences} | words


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, verify, say what was found; give the exit code."""
    parser = argparse.ArgumentParser(description="Verify a Tollgate bundle offline.")
    parser.add_argument("bundle", type=Path, help="directory or .zip")
    parser.add_argument("--key", action="append", required=True, help="name+hash+base64 of the log")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="an older one")
    parser.add_argument("--witness", action="append", default=[], help="name+hash+base64")
    parser.add_argument("--witnesses", type=int, default=0, help="how many must have cosigned")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    try:
        keys = [read_key(text) for text in (*asked.key, *asked.witness)]
        outside = {str(path): path.read_bytes() for path in asked.checkpoint}
        found = Verification(Bundle(asked.bundle), keys, outside).run(asked.witnesses)
    except Wrong as wrong:
        found = {"difference_count": 1, "differences": [{"code": wrong.code, "detail": str(wrong)}]}
    except (*UNUSABLE, *BROKEN) as error:
        found = {"unusable": [repr(error)]}
    several = {key: value if isinstance(value, list) else [value] for key, value in found.items()}
    words = "\n".join(f"{key}: {each}" for key, values in several.items() for each in values)
    sys.stdout.write((json.dumps(found) if asked.json else words) + "\n")
    return 2 if "unusable" in found else min(found["difference_count"], 1)


if __name__ == "__main__":
    sys.exit(main())
