"""Witnesses that are slow, broken or lie: they neither stop sealing nor pass for one that cosigned."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits.models import CosignatureRow
from audits.sealing import witnesses
from audits.sealing.halt import SealingHalted
from audits.sealing.note import COSIGNATURE, SigningKey, sign
from audits.sealing.witnesses import Callers, Policy, Witness, gather
from tests.audits.sealing.journals import seal
from tests.audits.sealing.office import NOON_S, Office

pytestmark = pytest.mark.django_db

HONEST: Final = SigningKey("honest.test", Ed25519PrivateKey.generate(), COSIGNATURE)
LIAR: Final = SigningKey("liar.test", Ed25519PrivateKey.generate(), COSIGNATURE)
SIZE: Final = "text/x.tlog.size"
Answer = tuple[int, str, bytes]


def text_of(body: bytes) -> str:
    """Cut the text of the checkpoint out of what a witness is asked."""
    return body.decode().partition("\n\n")[2].rpartition("\n\n")[0] + "\n"


def cosigned(body: bytes, key: SigningKey, at_s: int = NOON_S) -> Answer:
    return 200, "text/plain", str(sign(text_of(body), key, signed_at_s=at_s)).encode()


@contextmanager
def answering(key: SigningKey, answer: Callable[[bytes], Answer]) -> Iterator[Witness]:
    """Serve answers at an address of their own, in the name of a witness."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content_type, content = answer(body)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Witness(key.verifier_key, f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def honest() -> Iterator[Witness]:
    """Run a witness that cosigns whatever it sees."""
    with answering(HONEST, lambda body: cosigned(body, HONEST)) as witness:
        yield witness


NONSENSE: Final[dict[str, Callable[[bytes], Answer]]] = {
    "a fault of its own": lambda _: (500, "text/plain", b"sorry\n"),
    "a redirection": lambda _: (307, "text/plain", b""),
    "nothing": lambda _: (200, "text/plain", b""),
    "no text": lambda _: (200, "text/plain", b"\xff\n"),
    "without an end": lambda _: (200, "text/plain", b"x" * 1_000_000),
    "a size in words": lambda body: sized(body, b"many\n"),
    "a size below zero": lambda body: sized(body, b"-1\n"),
    "a size of ten thousand digits": lambda body: sized(body, b"9" * 10_000),
    "a size in other digits": lambda body: sized(body, "\u0667\n".encode()),
    "a stranger's signature": lambda body: cosigned(body, HONEST),
    "a signature of an older checkpoint": lambda _: cosigned(b"\n\nlog\n1\nAA==\n\n", LIAR),
    "a time of no calendar": lambda body: cosigned(body, LIAR, 2**63),
    "no time": lambda body: cosigned(body, LIAR, 0),
}


def sized(_body: bytes, content: bytes) -> Answer:
    return 409, SIZE, content


@pytest.mark.parametrize("name", [name for name in NONSENSE if "size" not in name])
def test_nonsense_is_no_cosignature_and_stops_nothing(
    office: Office, honest: Witness, name: str
) -> None:
    seal(5)
    with answering(LIAR, NONSENSE[name]) as liar:
        assert gather(office.publish(), Policy((liar, honest), 2)) == [honest.name]
    assert [row.witness for row in CosignatureRow.objects.all()] == [honest.name]


CONTRADICTIONS: Final[dict[str, tuple[str, Callable[[bytes], Answer]]]] = {
    "no continuation": ("witness_refuses", lambda _: (422, "text/plain", b"no\n")),
    "another root": ("witness_refuses", lambda _: (409, "text/plain", b"no\n")),
    "another root, with the size": ("witness_refuses", lambda body: sized(body, b"0\n")),
    "a larger tree": ("witness_ahead", lambda body: sized(body, b"1000000\n")),
} | {name: ("witness_refuses", NONSENSE[name]) for name in NONSENSE if "size" in name}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_whoever_contradicts_is_overruled_by_a_quorum_alone(
    office: Office, honest: Witness, name: str
) -> None:
    code, answer = CONTRADICTIONS[name]
    seal(5)
    published = office.publish()
    with answering(LIAR, answer) as liar:
        assert gather(published, Policy((liar, honest), 1)) == [honest.name]
        with pytest.raises(SealingHalted) as halted:
            gather(published, Policy((liar, honest), 2))
    assert halted.value.code == code


def test_a_size_is_understood_whatever_else_its_type_says(office: Office) -> None:
    sizes: list[bytes] = []

    def behind(body: bytes) -> Answer:
        sizes.append(body.partition(b"\n")[0])
        if len(sizes) == 1:
            return 409, "text/x.tlog.size; charset=utf-8", b"3\n"
        return cosigned(body, LIAR)

    seal(5)
    with answering(LIAR, behind) as witness:
        assert gather(office.publish(), Policy((witness,), 1)) == [witness.name]
    assert sizes == [b"old 0", b"old 3"]


def test_who_says_another_size_each_time_is_asked_twice(office: Office) -> None:
    sizes: list[bytes] = []

    def restless(body: bytes) -> Answer:
        sizes.append(body.partition(b"\n")[0])
        return 409, SIZE, b"%d\n" % len(sizes)

    seal(5)
    with answering(LIAR, restless) as witness:
        assert gather(office.publish(), Policy((witness,), 1)) == []
    assert sizes == [b"old 0", b"old 1"]


# -- Slow ones -----------------------------------------------------------------------------


@contextmanager
def dripping(key: SigningKey, met: list[socket.socket]) -> Iterator[Witness]:
    """Answer every connection with a header that does not end, byte for byte."""
    listener, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()
    listener.settimeout(0.01)

    def drip() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                met.append(listener.accept()[0])
            for each in met:
                with suppress(OSError):
                    each.sendall(b"H")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield Witness(key.verifier_key, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        ended.set()
        thread.join()
        for each in (listener, *met):
            each.close()


def test_nobody_waits_for_a_slow_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnesses, "ANSWER_SECONDS", 0.1)
    seal(1)
    with dripping(LIAR, []) as slow:
        assert gather(office.publish(), Policy((slow,), 1)) == []


def test_a_slow_one_is_not_asked_again_meanwhile(
    office: Office, honest: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses, "ANSWER_SECONDS", 600.0)
    # Only the honest one is waited for, for as long as it takes.
    monkeypatch.setattr(
        witnesses, "wait", lambda asked, **_: [each.result() for each in asked[-1:]]
    )
    met: list[socket.socket] = []
    callers = Callers()
    with dripping(LIAR, met) as slow:
        for _ in range(3):
            seal(1)
            assert gather(office.publish(), Policy((slow, honest), 1), callers) == [honest.name]
    assert len(met) <= 1
