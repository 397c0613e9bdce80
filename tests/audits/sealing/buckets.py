"""A bucket with object lock, as far as a store of checkpoints uses one, over HTTP on this machine."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

DENIED, NOT_FOUND, CONFLICT = 403, 404, 412


@dataclass
class Version:
    """One version of an object; without content it is a delete marker."""

    content: bytes | None
    mode: str = ""
    until: str = ""


@dataclass
class Bucket:
    """What is in it: each name's versions, oldest first; and who may ask."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    is_open: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def names(self) -> list[str]:
        return sorted(self.versions)

    def newest(self, name: str) -> Version | None:
        """Give what a plain GET gives."""
        version = self.versions.get(name, [Version(None)])[-1]
        return None if version.content is None else version

    def put(self, name: str, version: Version, *, is_conditional: bool) -> bool:
        with self.lock:
            if is_conditional and self.newest(name):
                return False
            self.versions.setdefault(name, []).append(version)
            return True

    def listing(self, prefix: str, limit: int) -> bytes:
        """List versions and delete markers by name, newest version first."""
        every = [
            (name, version)
            for name in self.names
            if name.startswith(prefix)
            for version in reversed(self.versions[name])
        ]
        items = "".join(
            f"<{kind}><Key>{name}</Key><VersionId>v</VersionId></{kind}>"
            for name, version in every[:limit]
            for kind in ("DeleteMarker" if version.content is None else "Version",)
        )
        return f"<ListVersionsResult><Name>b</Name>{items}</ListVersionsResult>".encode()


class Handler(BaseHTTPRequestHandler):
    """Answers for one bucket, of whatever name."""

    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert self.headers["x-amz-checksum-sha256"] == digest  # S3 asks for one with a lock
        mode = self.headers["x-amz-object-lock-mode"]
        version = Version(content, mode, self.headers["x-amz-object-lock-retain-until-date"])
        condition = self.headers["If-None-Match"]
        assert condition in {None, "*"}
        if not self.bucket.is_open:
            self.refuse(DENIED, "AccessDenied")
        elif self.bucket.put(self.name, version, is_conditional=condition == "*"):
            self.answer(b"")
        else:
            self.refuse(CONFLICT, "PreconditionFailed")

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if not self.bucket.is_open:
            self.refuse(DENIED, "AccessDenied")
        elif "versions" in asked:
            self.answer(self.bucket.listing(asked["prefix"][0], int(asked["max-keys"][0])))
        elif (version := self.bucket.newest(self.name)) is None:
            self.refuse(NOT_FOUND, "NoSuchKey")
        else:
            self.answer(version.content or b"", version.mode)

    @property
    def name(self) -> str:
        return urlsplit(self.path).path.split("/", 2)[2]

    def answer(self, content: bytes, mode: str = "") -> None:
        self.send_response(200)
        if mode:
            self.send_header("x-amz-object-lock-mode", mode)
        self.finish_with(content)

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.finish_with(f"<Error><Code>{code}</Code></Error>".encode())

    def finish_with(self, content: bytes) -> None:
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(bucket: Bucket) -> Iterator[str]:
    """Serve a bucket; give the address of its endpoint."""
    own = type("OwnHandler", (Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
