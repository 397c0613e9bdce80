"""Witness a log: cosign its checkpoints, each only if it continues the one before. One file.

Needs Python 3.11 and `cryptography`. Speaks C2SP tlog-witness (`POST /add-checkpoint`) and signs as C2SP
tlog-cosignature. Run it on a machine that the log's operator has no hand in:

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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

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

    def add_checkpoint(self, body: bytes, now_s: int) -> str:
        """Cosign a checkpoint that continues the last one; give the signature line."""
        request = parse_request(body)
        keys = self._logs.get(request.origin)
        if keys is None:
            raise RefusedError(404, "this log is not witnessed here\n")
        if not _is_signed(request, keys):
            raise RefusedError(403, "no signature of a key of this log\n")
        if request.old > request.size:
            raise RefusedError(400, "the old size is larger than the new one\n")
        with self._lock, self._only_process():
            known = self._read()
            size, root = known.get(request.origin, (0, EMPTY_ROOT))
            if request.old != size:
                raise RefusedError(409, f"{size}\n", "text/x.tlog.size")
            if request.size == size and request.root != root:
                raise RefusedError(409, "another root was cosigned for this size\n")
            if not is_continued(size, request.size, root, request.root, request.proof):
                raise RefusedError(422, "the checkpoint does not continue the last one\n")
            self._write({**known, request.origin: (request.size, request.root)})
        return self._cosign(request.text, now_s)

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

    def _read(self) -> dict[str, tuple[int, bytes]]:
        try:
            content = json.loads(self._state.read_text())
        except FileNotFoundError:
            return {}
        return {name: (each["size"], bytes.fromhex(each["root"])) for name, each in content.items()}

    def _write(self, known: Mapping[str, tuple[int, bytes]]) -> None:
        """Replace the state file in one step, and wait for the disk."""
        content = {name: {"size": size, "root": root.hex()} for name, (size, root) in known.items()}
        fresh = self._state.with_suffix(".new")
        with fresh.open("w") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state)
        directory = os.open(self._state.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


def _is_signed(request: Request, keys: Sequence[LogKey]) -> bool:
    """Tell whether a known key signed; a wrong signature of one spoils the whole note."""
    known = {(key.name, key.key_id): key for key in keys}
    is_signed = False
    for name, content in request.signatures:
        key = known.get((name, content[:4]))
        if key is not None:
            try:
                public = Ed25519PublicKey.from_public_bytes(key.public)
                public.verify(content[4:], request.text.encode())
            except InvalidSignature:
                return False
            is_signed = True
    return is_signed


# -- HTTP and the command line -------------------------------------------------------------


def server(witness: Witness, address: tuple[str, int], now_s: Callable[[], int]) -> Any:
    """Make an HTTP server for `POST /add-checkpoint`."""

    class Handler(BaseHTTPRequestHandler):
        timeout = TIMEOUT_SECONDS

        def do_POST(self) -> None:
            try:
                self._answer(200, witness.add_checkpoint(self._body(), now_s()))
            except RefusedError as refused:
                self._answer(refused.status, refused.text, refused.content_type)

        def _body(self) -> bytes:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                raise RefusedError(404, "there is only POST /add-checkpoint\n")
            if not SIZE.fullmatch(length) or int(length) > MAX_BODY_BYTES:
                raise RefusedError(413, f"a body has at most {MAX_BODY_BYTES} bytes\n")
            return self.rfile.read(int(length))

        def _answer(self, status: int, text: str, content_type: str = "text/plain") -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return ThreadingHTTPServer(address, Handler)


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
        served = server(witness, (asked.host, asked.port), lambda: int(time.time()))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{asked.command}: {error}")
    sys.stdout.write(f"{name} listens on {asked.host}:{served.server_address[1]}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        served.serve_forever()


if __name__ == "__main__":
    main()
