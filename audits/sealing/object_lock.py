"""The checkpoint store as objects in a bucket of Amazon S3, or what speaks like it, under object lock.

One object a tree, numbered from 0 and never replaced: it is put on condition that there is none of its
name (`If-None-Match: *`, so of two publishers one wins), and locked in compliance mode, so that not
even the bucket's owner can take it away before its time. Names count down, for a listing begins with
the newest. Each object names the hash of the one before. Versions are listed instead of objects: what
a delete marker hides, or a second version covers, shows.

Needs the extra `s3` (boto3), which finds credentials, region and address in its usual places.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from audits.sealing.halt import SealingHalted
from audits.sealing.outside import Head

HIGHEST: Final = 10**12 - 1
"""The name of the first object; those after it count down."""
WAIT_SECONDS: Final = 5
MODE: Final = "COMPLIANCE"
TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
"""What the store answers when there is an object of that name, or one being put."""


class StoreAwayError(OSError):
    """The store does not answer, or not as asked: to be tried again."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of one object, as JSON."""

    number: int
    size: int
    root: str
    """Lower-case hex."""
    at_s: int
    previous: str
    """SHA-256 over the object before, lower-case hex; empty in the first."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry and the bytes that it was read from."""

    entry: Entry
    content: bytes

    @property
    def head(self) -> Head:
        """The tree that it keeps."""
        return Head(size=self.entry.size, root=bytes.fromhex(self.entry.root))


class ObjectStore:
    """A bucket with object lock; `retention_days`: how long nobody can delete a checkpoint."""

    def __init__(self, address: str, *, retention_days: int, client: Any = None) -> None:
        parts = urlsplit(address)
        self._bucket, self._prefix = parts.netloc, f"{parts.path.strip('/')}/".lstrip("/")
        self._retention = timedelta(days=retention_days)
        self._client = client or boto3.client("s3", config=_patient())

    def head(self) -> Head | None:
        """Read the newest tree; SealingHalted `outside_damaged`, `outside_unlocked`."""
        newest = self._newest()
        return newest.head if newest else None

    def advance(self, expected: Head | None, new: Head, *, at_s: int) -> bool:
        """Put one more object if the head is as expected; see `CheckpointStore.advance`."""
        newest = self._newest()
        if (newest.head if newest else None) != expected:
            return False
        entry = Entry(
            number=newest.entry.number + 1 if newest else 0,
            size=new.size,
            root=new.root.hex(),
            at_s=at_s,
            previous=hashlib.sha256(newest.content).hexdigest() if newest else "",
        )
        return self._put(entry) and self.head() == new

    def _put(self, entry: Entry) -> bool:
        with _answered(taken=TAKEN) as answer:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key(entry.number),
                Body=msgspec.json.encode(entry),
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ObjectLockMode=MODE,
                ObjectLockRetainUntilDate=datetime.fromtimestamp(entry.at_s, UTC) + self._retention,
            )
        return not answer

    def _newest(self) -> Stored | None:
        """Read the newest object, and check it against the one before."""
        keys = self._first_keys()
        if not keys:
            return None
        newest = self._read(keys[0])
        before = self._read(keys[1]) if len(keys) > 1 else None
        expected = hashlib.sha256(before.content).hexdigest() if before else ""
        number = before.entry.number + 1 if before else 0
        if (newest.entry.number, newest.entry.previous) != (number, expected):
            raise SealingHalted("outside_damaged", f"{keys[0]} does not follow what stands before")
        if before and newest.entry.size <= before.entry.size:
            raise SealingHalted("outside_damaged", f"{keys[0]} is not larger than what it follows")
        return newest

    def _first_keys(self) -> list[str]:
        """List the two newest objects; SealingHalted where one was hidden or covered."""
        with _answered():
            found = self._client.list_object_versions(
                Bucket=self._bucket, Prefix=self._prefix, MaxKeys=3
            )
        keys = [each["Key"] for each in found.get("Versions", ())]
        if hidden := [each["Key"] for each in found.get("DeleteMarkers", ())]:
            raise SealingHalted("outside_damaged", f"somebody deleted {hidden[0]}")
        if len(set(keys)) < len(keys):
            raise SealingHalted("outside_damaged", f"there are two versions among {keys}")
        return keys[:2]

    def _read(self, key: str) -> Stored:
        with _answered():
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            content: bytes = found["Body"].read()
        if found.get("ObjectLockMode") != MODE:
            raise SealingHalted("outside_unlocked", f"{key} is not locked in compliance mode")
        try:
            entry = msgspec.json.decode(content, type=Entry)
        except msgspec.DecodeError as error:
            raise SealingHalted("outside_damaged", f"{key}: {error}") from error
        if key != self._key(entry.number):
            raise SealingHalted("outside_damaged", f"{key} says that it is number {entry.number}")
        return Stored(entry, content)

    def _key(self, number: int) -> str:
        return f"{self._prefix}{HIGHEST - number:012d}"


def _patient() -> Config:
    return Config(
        connect_timeout=WAIT_SECONDS,
        read_timeout=WAIT_SECONDS,
        retries={"mode": "standard", "max_attempts": 2},
    )


@contextmanager
def _answered(taken: frozenset[str] = frozenset()) -> Iterator[list[str]]:
    """Give what the store refused with, if that is among `taken`; StoreAwayError for all else."""
    refused: list[str] = []
    try:
        yield refused
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in taken:
            raise StoreAwayError(str(error)) from error
        refused.append(code)
    except BotoCoreError as error:
        raise StoreAwayError(str(error)) from error
