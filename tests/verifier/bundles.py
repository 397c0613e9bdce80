"""Bundles made by hand as verifier/README.md describes them, without any code of Tollgate."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.verifier.naive import Naive, leaf

ORIGIN: Final = "tollgate.test/log"
ED25519, COSIGNATURE = 1, 4
SEEN_AT_S: Final = 1_795_000_000


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@dataclass(frozen=True, slots=True)
class Signer:
    """Whoever signs notes: a log, or a witness (who says when)."""

    secret: bytes
    name: str = ORIGIN
    kind: int = ED25519
    at_s: int = SEEN_AT_S

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)

    @property
    def key(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encoded(self.public)}"

    @property
    def public(self) -> bytes:
        return bytes([self.kind]) + self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.public).digest()[:4]

    def line(self, text: bytes) -> bytes:
        head = b""
        if self.kind == COSIGNATURE:
            head = self.at_s.to_bytes(8, "big")
            text = b"cosignature/v1\ntime %d\n" % self.at_s + text
        signature = self.id + head + self.private.sign(text)
        return f"— {self.name} {encoded(signature)}\n".encode()


LOG: Final = Signer(bytes(range(32)))
FORGER: Final = Signer(bytes(range(1, 33)))
WITNESS: Final = Signer(bytes(range(2, 34)), "witness.test", COSIGNATURE)
OTHER_WITNESS: Final = Signer(bytes(range(3, 35)), "other.test", COSIGNATURE)


def checkpoint(leaves: Sequence[bytes], *signers: Signer, origin: str = ORIGIN) -> bytes:
    root = Naive(leaves).root(len(leaves))
    text = f"{origin}\n{len(leaves)}\n{encoded(root)}\n".encode()
    return text + b"\n" + b"".join(each.line(text) for each in signers or (LOG,))


def event(stream: int, version: int, **data: Any) -> bytes:
    """Make an event in canonical bytes; without `data` it pays, so that something adds up."""
    envelope = {
        "aggregate": "jar",
        "data": data or {"currency": "USD", "paid_cents": str(100 * version)},
        "event_id": f"{stream:08x}-0000-7000-8000-{version:012x}",
        "recorded_at": "2026-11-23T12:00:00Z",
        "stream_id": f"{stream:08x}-0000-7000-8000-000000000000",
        "type": "jar_note_left" if data else "jar_paid",
        "version": version,
    }
    return canonical(envelope)


def history(streams: int, versions: int) -> list[bytes]:
    """Make the events of so many streams, interleaved."""
    return [event(s, v) for v in range(1, versions + 1) for s in range(streams)]


@dataclass(frozen=True, slots=True)
class Made:
    """What a bundle is made of; change a part and write it to see whether that is noticed."""

    events: list[bytes]
    places: list[int]
    """Log index of each event."""
    leaves: list[bytes]
    """All leaves of the log."""
    note: bytes
    whole: bool = True
    consistent_with: tuple[int, ...] = ()
    extra: Mapping[str, bytes] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Members of the manifest that claim something else."""

    def files(self) -> dict[str, bytes]:
        lines = [
            b'{"event":%b,"log_index":%d}\n' % pair
            for pair in zip(self.events, self.places, strict=True)
        ]
        made = {"checkpoint": self.note, "events.jsonl": b"".join(lines), **self.extra}
        if self.whole:
            return made | {"leaves": b"".join(self.leaves)}
        tree, size = Naive(self.leaves), len(self.leaves)
        made["proofs.jsonl"] = b"".join(
            canonical({"hashes": [encoded(h) for h in tree.path(at, size)], "log_index": at})
            + b"\n"
            for at in self.places
        )
        for old in self.consistent_with:
            path = [encoded(h) for h in tree.proof(old, size)]
            made[f"consistency/{old}.json"] = canonical(path)
        return made

    def manifest(self, files: Mapping[str, bytes]) -> bytes:
        envelopes = [json.loads(each) for each in self.events]
        paid = [each["data"] for each in envelopes if each["type"] == "jar_paid"]
        sums = {"USD": str(sum(int(each["paid_cents"]) for each in paid))} if paid else {}
        total = {"name": "paid", "type": "jar_paid", "field": "paid_cents", "by": "currency"}
        content = {
            "counts": {
                "events": len(envelopes),
                "streams": len({each["stream_id"] for each in envelopes}),
                "types": Counter(each["type"] for each in envelopes),
            },
            "files": {name: listed(name, content) for name, content in files.items()},
            "format": "tollgate-bundle/1",
            "names": {"jar_note_left": "sha256"},
            "totals": [total | {"sums": sums}],
            "whole_log": self.whole,
            "whole_streams": True,
        }
        return canonical(content | dict(self.changes))

    def write(self, place: Path) -> Path:
        files = self.files()
        for name, content in {**files, "manifest.json": self.manifest(files)}.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
        return place

    def but(self, **parts: Any) -> "Made":
        return replace(self, **parts)


def listed(name: str, content: bytes) -> dict[str, Any]:
    claim: dict[str, Any] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return claim | ({"lines": content.count(b"\n")} if name.endswith(".jsonl") else {})


def whole(events: list[bytes], *signers: Signer) -> Made:
    leaves = [leaf(each) for each in events]
    return Made(events, list(range(len(events))), leaves, checkpoint(leaves, *signers))


def part(events: list[bytes], places: list[int], *signers: Signer) -> Made:
    made = whole(events, *signers)
    return made.but(events=[events[at] for at in places], places=places, whole=False)
