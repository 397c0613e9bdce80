"""Witness a log: cosign its checkpoints, each only if it continues the one before. One file.

Needs Python 3.11 and `cryptography`. Speaks C2SP tlog-witness: `POST /add-checkpoint`, and for auditors
`GET /<SHA-256 of the log's origin>/checkpoint`. Run it on a machine that the log's operator has no hand in:

    python tollgate_witness.py keygen --name witness.example/w1 --key witness.key
    python tollgate_witness.py serve --key witness.key --state witness.json --log <verifier key of the log>
"""

import argparse
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG_KEY, WITNESS_KEY = b"\x01", b"\x04"
HASH_BYTES: Final = 32
MAX_BODY_BYTES: Final = 65_536
MAX_PROOF_LINES: Final = 63
CHECKPOINT_LINES: Final = 4
TIMEOUT_SECONDS: Final = 10
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
SIGNATURE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)")
NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
VERIFIER_KEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")


class RefusedError(Exception):
    """The answer is no, with this HTTP status and this text."""

    def __init__(self, status: int, text: str, content_type: str = "text/plain") -> None:
        super().__init__(text)
        self.status, self.text, self.content_type = status, text, content_type


@dataclass(frozen=True)
class LogKey:
    """The key of a log that is witnessed; its name is the log's origin."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which its signatures name it."""
        return key_id(self.name, LOG_KEY, self.public)


@dataclass(frozen=True)
class Request:
    """A body of `add-checkpoint`, taken apart."""

    old: int
    proof: list[bytes]
    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Seen:
    """What was cosigned last of a log; `note` has its signatures and the witness's."""

    size: int
    root: str  # hex
    note: str


# -- Formats -------------------------------------------------------------------------------


def key_id(name: str, algorithm: bytes, public: bytes) -> bytes:
    """Derive the id of a key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def verifier_key(name: str, algorithm: bytes, public: bytes) -> str:
    """Spell a key as verifiers are told of it."""
    encoded = base64.b64encode(algorithm + public).decode()
    return f"{name}+{key_id(name, algorithm, public).hex()}+{encoded}"


def parse_log_key(text: str) -> LogKey:
    """Read a log's verifier key; ValueError `key_malformed` for any other."""
    match = VERIFIER_KEY.fullmatch(text)
    content = decode(match[3]) if match else b""
    key = LogKey(match[1] if match else "", content[1:])
    if not match or content[:1] != LOG_KEY or key.key_id.hex() != match[2]:
        raise ValueError(f"key_malformed: not the Ed25519 verifier key of a log: {text}")
    return key


def decode(text: str) -> bytes:
    """Decode base64 that has exactly one form; ValueError for any other."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError("not the one base64 form of its bytes")
    return content


def parse_request(body: bytes) -> Request:
    """Take a body apart, strictly; RefusedError 400."""
    try:
        return _parse_body(body.decode())
    except ValueError as error:
        raise RefusedError(400, f"malformed: {error}\n") from error


def _parse_body(text: str) -> Request:
    if CONTROL.search(text) or not text.endswith("\n"):
        raise ValueError("control characters, or no final newline")
    head, _, note = text.partition("\n\n")
    first, *proof = head.split("\n")
    old = first.removeprefix("old ")
    if first == old or not SIZE.fullmatch(old) or len(proof) > MAX_PROOF_LINES:
        raise ValueError("the first line reads: old <size>")
    return _parse_note(int(old), [_hash(line) for line in proof], note)


def _parse_note(old: int, proof: list[bytes], note: str) -> Request:
    text, blank, lines = note.rpartition("\n\n")
    parts = (text + "\n").split("\n")
    if not blank or len(parts) < CHECKPOINT_LINES or not parts[0] or not SIZE.fullmatch(parts[1]):
        raise ValueError("not a signed checkpoint")
    signatures = []
    for line in lines.removesuffix("\n").split("\n"):
        match = SIGNATURE.fullmatch(line)
        if match is None:
            raise ValueError("not a signature line")
        signatures.append((match[1], decode(match[2])))
    size, root = int(parts[1]), _hash(parts[2])
    return Request(old, proof, text + "\n", parts[0], size, root, signatures)


def _hash(line: str) -> bytes:
    content = decode(line)
    if len(content) != HASH_BYTES:
        raise ValueError(f"a hash has {HASH_BYTES} bytes")
    return content


# -- Growth --------------------------------------------------------------------------------


def is_continued(old: int, new: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the tree `new` begins with the tree `old` (RFC 9162, 2.1.4.2)."""
    if old in {0, new}:
        return not proof and old_root == (root if old == new else EMPTY_ROOT)
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not path:
        return False
    before = after = path[0]
    for step in path[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            before, after = _node(step, before), _node(step, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = _node(after, step)
        node, last = node >> 1, last >> 1
    return not last and before == old_root and after == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


# -- The witness ---------------------------------------------------------------------------


class Witness:
    """Cosigns for the logs it knows; what it cosigned last is in its state file."""

    def __init__(
        self, name: str, key: Ed25519PrivateKey, logs: Sequence[LogKey], state: Path
    ) -> None:
        self.name, self._key, self._state = name, key, state
        self._logs: dict[str, list[LogKey]] = {}
        for each in logs:
            self._logs.setdefault(each.name, []).append(each)
        self._lock = threading.Lock()
        if not state.exists():
            self._write({})  # from here on, a state that is gone is a fault
        self._read()

    def add_checkpoint(self, body: bytes, now_s: int) -> str:
        """Cosign a checkpoint that continues the last one; give the signature line."""
        request = parse_request(body)
        keys = self._logs.get(request.origin)
        if keys is None:
            raise RefusedError(404, "this log is not witnessed here\n")
        signed = _verified_lines(request, keys)
        if not signed:
            raise RefusedError(403, "no signature of a key of this log, or a wrong one\n")
        if request.old > request.size:
            raise RefusedError(400, "the old size is larger than the new one\n")
        with self._lock, self._only_process():
            known = self._read()
            last = known.get(request.origin, Seen(0, EMPTY_ROOT.hex(), ""))
            if request.old != last.size:
                raise RefusedError(409, f"{last.size}\n", "text/x.tlog.size")
            root = bytes.fromhex(last.root)
            if not is_continued(last.size, request.size, root, request.root, request.proof):
                raise RefusedError(422, "the checkpoint does not continue the last one\n")
            cosignature = self._cosign(request.text, now_s)
            note = "\n".join([request.text, *signed, cosignature])
            self._write({**known, request.origin: Seen(request.size, request.root.hex(), note)})
        return cosignature

    def checkpoint(self, path: str) -> str:
        """Give what was cosigned last: `/<SHA-256 of the log's origin>/checkpoint`."""
        for origin, seen in self._read().items():
            if seen.note and path == f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint":
                return seen.note
        raise RefusedError(404, "there is only GET /<SHA-256 of an origin>/checkpoint\n")

    def _cosign(self, text: str, now_s: int) -> str:
        signed = self._key.sign(f"cosignature/v1\ntime {now_s}\n{text}".encode())
        own_id = key_id(self.name, WITNESS_KEY, self._key.public_key().public_bytes_raw())
        return f"— {self.name} {base64.b64encode(own_id + now_s.to_bytes(8) + signed).decode()}\n"

    @contextlib.contextmanager
    def _only_process(self) -> Iterator[None]:
        """Keep other processes with the same state file out."""
        with self._state.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> dict[str, Seen]:
        """Read the state; ValueError or OSError where it is not what was written."""
        try:
            known = json.loads(self._state.read_text())
            return {name: Seen(**{"note": "", **each}) for name, each in known.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{self._state} is damaged: {error!r}") from error

    def _write(self, known: Mapping[str, Seen]) -> None:
        """Replace the state file in one step, and wait for the disk."""
        content = {name: vars(each) for name, each in known.items()}
        fresh = self._state.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state)
        directory = os.open(self._state.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


def _verified_lines(request: Request, keys: Sequence[LogKey]) -> list[str]:
    """Give the signature lines of known keys; none at all where one of them is wrong."""
    known = {(key.name, key.key_id): key for key in keys}
    lines = []
    for name, content in request.signatures:
        key = known.get((name, content[:4]))
        if key is not None:
            try:
                public = Ed25519PublicKey.from_public_bytes(key.public)
                public.verify(content[4:], request.text.encode())
            except InvalidSignature:
                return []
            lines.append(f"— {name} {base64.b64encode(content).decode()}")
    return lines


# -- HTTP and the command line -------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Answers for a witness; `now_s`: its clock, seconds since 1970."""

    def __init__(self, witness: Witness, at: tuple[str, int], now_s: Callable[[], int]) -> None:
        super().__init__(at, Handler)
        self.witness, self.now_s = witness, now_s


class Handler(BaseHTTPRequestHandler):
    """Knows `POST /add-checkpoint` and `GET /<SHA-256 of an origin>/checkpoint`."""

    server: Server
    timeout = TIMEOUT_SECONDS
    protocol_version = "HTTP/1.1"  # the next checkpoint may come on the same connection

    def do_POST(self) -> None:
        """Cosign."""
        cosign = self.server.witness.add_checkpoint
        self._answer(lambda: cosign(self._body(), self.server.now_s()))

    def do_GET(self) -> None:
        """Show what was cosigned last."""
        self._answer(lambda: self.server.witness.checkpoint(self.path))

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            raise RefusedError(404, "there is only POST /add-checkpoint\n")
        if not SIZE.fullmatch(length) or int(length) > MAX_BODY_BYTES:
            raise RefusedError(413, f"a body has at most {MAX_BODY_BYTES} bytes\n")
        return self.rfile.read(int(length))

    def _answer(self, work: Callable[[], str]) -> None:
        try:
            status, text, content_type = 200, work(), "text/plain"
        except RefusedError as refused:
            status, text, content_type = refused.status, refused.text, refused.content_type
        except TimeoutError:
            raise  # whoever sends too slowly is hung up on
        except (OSError, ValueError) as error:
            self.log_error("state: %r", error)
            status, text, content_type = 500, "cannot remember what it cosigned\n", "text/plain"
        self._send(status, text.encode(), content_type)

    def _send(self, status: int, content: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        if status != HTTPStatus.OK:
            self.send_header("Connection", "close")  # of what was sent, not all may be read
        self.end_headers()
        self.wfile.write(content)


def keygen(name: str, path: Path) -> str:
    """Make a key in a file for this user alone, never over another; give its verifier key."""
    if not NAME.fullmatch(name):
        raise ValueError("a name has neither spaces nor plus signs")
    key = Ed25519PrivateKey.generate()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as opened:
        secret = base64.b64encode(key.private_bytes_raw()).decode()
        json.dump({"name": name, "secret": secret}, opened)
        opened.flush()
        os.fsync(file)
    return verifier_key(name, WITNESS_KEY, key.public_key().public_bytes_raw())


def load_key(path: Path) -> tuple[str, Ed25519PrivateKey]:
    """Read a key that `keygen` made; ValueError when others may read it."""
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} must be closed to others: chmod 600")
    content = json.loads(path.read_text())
    return content["name"], Ed25519PrivateKey.from_private_bytes(decode(content["secret"]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a key, or serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("keygen", help="make a key and print its verifier key")
    making.add_argument("--name", required=True)
    making.add_argument("--key", type=Path, required=True)
    serving = commands.add_parser("serve", help="answer POST /add-checkpoint")
    serving.add_argument("--key", type=Path, required=True)
    serving.add_argument("--state", type=Path, required=True)
    serving.add_argument("--log", action="append", required=True, help="verifier key of a log")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8100)
    asked = parser.parse_args(arguments)
    try:
        if asked.command == "keygen":
            sys.stdout.write(f"{keygen(asked.name, asked.key)}\n")
            return
        name, key = load_key(asked.key)
        witness = Witness(name, key, [parse_log_key(text) for text in asked.log], asked.state)
        served = Server(witness, (asked.host, asked.port), lambda: int(time.time()))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{asked.command}: {error}")
    sys.stdout.write(f"{name} listens on {asked.host}:{served.server_address[1]}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        served.serve_forever()


if __name__ == "__main__":
    main()
