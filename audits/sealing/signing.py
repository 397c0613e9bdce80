"""Asking the signer, and answering as the signer: one line of JSON each way on a Unix socket.

The socket belongs to one user, who runs both; the kernel keeps all others out.
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec
import structlog

from audits.sealing.keys import UnsafeKeyError
from audits.sealing.signer import Signed, Signer, SigningRefused, SignRequest

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS: Final = 5.0
MAX_LINE_BYTES: Final = 65_536


class LastRequest(msgspec.Struct, frozen=True, tag="last"):
    """Ask what was signed last."""


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Which code a process runs."""

    package_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    version: Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z.+-]{1,40}$")]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of these is set, `code` and `detail` together; and always what the signer runs."""

    running: Running | None = None

    last: Signed | None = None
    note: bytes | None = None
    code: str = ""
    detail: str = ""


class SignerAwayError(Exception):
    """Nobody answers at the socket of the signer: to be tried again."""


class SignerPort(Protocol):
    """What the sealer needs of a signer."""

    def last(self) -> Signed:
        """Tell what was signed last; SigningRefused."""

    def sign(self, request: SignRequest) -> bytes:
        """Sign a checkpoint and return the note; SigningRefused."""


class SignerClient:
    """Reaches the signer through its socket; SignerAwayError when nobody answers."""

    def __init__(self, path: Path, heard: Callable[[Running], object] = lambda _: None) -> None:
        """`heard` is told what the signer runs: with its first answer, and when it runs another."""
        self._path = path
        self._heard = heard
        self._running: Running | None = None

    def last(self) -> Signed:
        """Ask what was signed last; SigningRefused with the signer's code."""
        answer = self._ask(LastRequest())
        if answer.last is None:
            raise SigningRefused(answer.code, answer.detail)
        return answer.last

    def sign(self, request: SignRequest) -> bytes:
        """Ask for a signature; SigningRefused with the signer's code."""
        answer = self._ask(request)
        if answer.note is None:
            raise SigningRefused(answer.code, answer.detail)
        return answer.note

    def _ask(self, request: LastRequest | SignRequest) -> Answer:
        answer = self._answer(request)
        if answer.running is not None and answer.running != self._running:
            self._heard(answer.running)
            self._running = answer.running
        return answer

    def _answer(self, request: LastRequest | SignRequest) -> Answer:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(TIMEOUT_SECONDS)
                connection.connect(str(self._path))
                connection.sendall(msgspec.json.encode(request) + b"\n")
                return msgspec.json.decode(_read_line(connection), type=Answer)
        except (OSError, msgspec.DecodeError) as error:
            raise SignerAwayError(f"{self._path}: {error}") from error


class SignerServer:
    """Answers one connection at a time; whatever it is sent, it lives on."""

    def __init__(self, signer: Signer, path: Path, running: Running) -> None:
        self._signer = signer
        self._path = path
        self._running = running

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """Listen at the socket, which only this user may open."""
        self._path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            earlier = os.umask(0o077)
            try:
                listener.bind(str(self._path))
            finally:
                os.umask(earlier)
            listener.listen()
            try:
                yield listener
            finally:
                self._path.unlink(missing_ok=True)

    def answer_one(self, listener: socket.socket, *, within_seconds: float) -> int:
        """Wait for one question and answer it; return how many came: 0 or 1."""
        listener.settimeout(within_seconds)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return 0
        with connection:
            connection.settimeout(TIMEOUT_SECONDS)
            try:
                answer = self._answer(_read_line(connection))
                told = msgspec.structs.replace(answer, running=self._running)
                connection.sendall(msgspec.json.encode(told) + b"\n")
            except OSError as error:
                log.warning("signer_connection_lost", error=str(error))
        return 1

    def _answer(self, line: bytes) -> Answer:
        try:
            request = msgspec.json.decode(line, type=LastRequest | SignRequest)
        except msgspec.DecodeError as error:
            return Answer(code="request_malformed", detail=str(error))
        try:
            if isinstance(request, LastRequest):
                return Answer(last=self._signer.last())
            return Answer(note=self._signer.sign(request))
        except SigningRefused as refusal:
            log.critical("signing_refused", code=refusal.code, detail=str(refusal))
            return Answer(code=refusal.code, detail=str(refusal))
        except UnsafeKeyError as error:
            log.critical("signing_refused", code="key_unsafe", detail=str(error))
            return Answer(code="key_unsafe", detail=str(error))


def _read_line(connection: socket.socket) -> bytes:
    """Read up to a newline; what does not end in time, or in size, is an OSError."""
    content = b""
    while not content.endswith(b"\n"):
        piece = connection.recv(4096)
        content += piece
        if not piece or len(content) > MAX_LINE_BYTES:
            raise ConnectionError("a line without an end")
    return content
