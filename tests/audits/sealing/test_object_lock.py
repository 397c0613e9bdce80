"""The store outside as a bucket under object lock: what is put stays, and whoever is late puts nothing."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from audits.sealing import configured, object_lock
from audits.sealing.cycle import Cycle
from audits.sealing.halt import SealingHalted
from audits.sealing.object_lock import ObjectStore, StoreAwayError
from audits.sealing.outside import FileStore, Head
from audits.sealing.publishing import Publisher
from audits.sealing.witnesses import Policy
from tests.audits.sealing.buckets import Bucket, Version, served
from tests.audits.sealing.journals import log, seal
from tests.audits.sealing.office import NOON_S, ORIGIN, Office
from tests.audits.sealing.tampering import forget_after
from tests.support.database import in_threads

ADDRESS: Final = "s3://a-bucket/logs/one"
ONE, TWO, THREE = (Head(size=size, root=bytes([size] * 32)) for size in (1, 2, 3))


@dataclass
class Place:
    """A bucket and how to reach it."""

    bucket: Bucket
    endpoint: str

    def store(self) -> ObjectStore:
        """Make the store as a process does that has just started."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",  # noqa: S106 -- the bucket asks for none
            config=Config(retries={"mode": "standard", "max_attempts": 1}, proxies={}),
        )
        return ObjectStore(ADDRESS, retention_days=30, client=client)


@pytest.fixture
def place() -> Iterator[Place]:
    bucket = Bucket()
    with served(bucket) as endpoint:
        yield Place(bucket, endpoint)


def filled(place: Place) -> ObjectStore:
    store = place.store()
    assert store.advance(None, ONE, at_s=NOON_S)
    assert store.advance(ONE, TWO, at_s=NOON_S + 10)
    assert store.advance(TWO, THREE, at_s=NOON_S + 20)
    return store


def test_it_keeps_the_largest_tree(place: Place) -> None:
    store = place.store()
    assert store.head() is None
    assert store.advance(None, ONE, at_s=NOON_S)
    assert store.head() == place.store().head() == ONE
    filled_up = store.advance(ONE, THREE, at_s=NOON_S)
    assert filled_up
    assert place.store().head() == THREE


def test_whoever_expects_something_else_puts_nothing(place: Place) -> None:
    store = filled(place)
    for expected in (None, ONE, TWO, Head(size=3, root=bytes(32))):
        assert not store.advance(expected, Head(size=4, root=bytes(32)), at_s=NOON_S)
    assert len(place.bucket.names) == 3
    assert store.head() == THREE


def test_of_many_at_once_one_wins(place: Place) -> None:
    filled(place)
    stores = [(number, place.store()) for number in range(8)]

    def advance(numbered: tuple[int, ObjectStore]) -> bool:
        number, store = numbered
        return store.advance(THREE, Head(size=4 + number, root=bytes(32)), at_s=NOON_S)

    won = in_threads(advance, stores, threads=8)
    assert won.count(True) == 1
    head = place.store().head()
    assert head == Head(size=4 + won.index(True), root=bytes(32))
    assert len(place.bucket.names) == 4


def test_every_object_is_locked_for_as_long_as_asked_for(place: Place) -> None:
    filled(place)
    found = {version.mode: version.until for [version] in place.bucket.versions.values()}
    assert list(found) == ["COMPLIANCE"]
    [*_, first] = place.bucket.names  # names count down
    assert place.bucket.versions[first][0].until.startswith("2026-12-22T12:00:00")
    assert place.bucket.names[0] == "logs/one/999999999997"


NEWEST, BEFORE = "logs/one/999999999997", "logs/one/999999999998"


def changed(bucket: Bucket, name: str, **parts: Any) -> None:
    """Put other content in the place of an object's, which only the store's operator can."""
    [version] = bucket.versions[name]
    content = json.loads(version.content or b"") | parts
    bucket.versions[name] = [replace(version, content=json.dumps(content).encode())]


def covered(bucket: Bucket, name: str) -> None:
    bucket.versions[name].append(bucket.versions[name][0])


DAMAGES: Final[dict[str, tuple[Callable[[Bucket], object], str]]] = {
    "the newest deleted": (
        lambda bucket: bucket.versions[NEWEST].append(Version(None)),
        "outside_damaged",
    ),
    "the one before deleted": (
        lambda bucket: bucket.versions[BEFORE].append(Version(None)),
        "outside_damaged",
    ),
    "a second version": (lambda bucket: covered(bucket, NEWEST), "outside_damaged"),
    "a second version before": (lambda bucket: covered(bucket, BEFORE), "outside_damaged"),
    "another root before": (
        lambda bucket: changed(bucket, BEFORE, root="00" * 32),
        "outside_damaged",
    ),
    "another number": (lambda bucket: changed(bucket, NEWEST, number=5), "outside_damaged"),
    "one taken out": (lambda bucket: bucket.versions.pop(BEFORE), "outside_damaged"),
    "a smaller tree": (lambda bucket: changed(bucket, NEWEST, size=2), "outside_damaged"),
    "no JSON": (
        lambda bucket: setattr(bucket.versions[NEWEST][0], "content", b"nothing"),
        "outside_damaged",
    ),
    "a stranger's object": (
        lambda bucket: bucket.versions.update(
            {"logs/one/000000000000": [Version(b"{}", "COMPLIANCE")]}
        ),
        "outside_damaged",
    ),
    "no lock": (
        lambda bucket: setattr(bucket.versions[NEWEST][0], "mode", ""),
        "outside_unlocked",
    ),
    "a lock that some may lift": (
        lambda bucket: setattr(bucket.versions[NEWEST][0], "mode", "GOVERNANCE"),
        "outside_unlocked",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_was_done_to_it_stops_sealing(place: Place, name: str) -> None:
    store = filled(place)
    damage, code = DAMAGES[name]
    damage(place.bucket)
    for each in (store, place.store()):
        with pytest.raises(SealingHalted) as halted:
            each.head()
        assert halted.value.code == code
        with pytest.raises(SealingHalted):
            each.advance(THREE, Head(size=9, root=bytes(32)), at_s=NOON_S)


def test_whatever_else_is_under_the_bucket_is_none_of_ours(place: Place) -> None:
    store = filled(place)
    place.bucket.versions["logs/other/999999999999"] = [Version(b"{}", "")]
    assert store.head() == THREE


def test_a_store_that_refuses_or_is_away_is_tried_again(place: Place) -> None:
    store = filled(place)
    place.bucket.is_open = False
    with pytest.raises(StoreAwayError, match="AccessDenied"):
        store.head()
    assert issubclass(StoreAwayError, OSError)
    nowhere = Place(place.bucket, "http://127.0.0.1:1").store()
    with pytest.raises(StoreAwayError):
        nowhere.head()


# -- Sealing with it -----------------------------------------------------------------------


@pytest.mark.django_db
def test_checkpoints_are_published_against_it(office: Office, place: Place) -> None:
    seal(20)
    for _ in range(3):
        publisher = Publisher(ORIGIN, place.store(), office.signer)
        office.now_s += 10
        published = publisher.publish(now_s=office.now_s)
        assert published is not None
        assert place.store().head() == Head(size=published.size, root=published.root)
        seal(5)
    assert len(place.bucket.names) == 3


@pytest.mark.django_db
def test_an_older_backup_gets_no_signature(office: Office, place: Place) -> None:
    seal(20)
    Publisher(ORIGIN, place.store(), office.signer).publish(now_s=office.now_s)
    forget_after(10)
    with pytest.raises(SealingHalted) as halted:
        Publisher(ORIGIN, place.store(), office.signer).publish(now_s=office.now_s)
    assert halted.value.code == "outside_ahead"


@pytest.mark.django_db
def test_while_it_is_away_the_sealer_waits(office: Office, place: Place) -> None:
    log(5)
    publisher = Publisher(ORIGIN, place.store(), office.signer)
    times = iter(range(0, 1_000, 100))
    cycle = Cycle(publisher, Policy((), 0), lambda: office.now_s, lambda: float(next(times)))
    place.bucket.is_open = False
    assert cycle.publish() is None
    place.bucket.is_open = True
    assert cycle.publish() is not None


# -- Settings ------------------------------------------------------------------------------


def test_the_address_says_which_store_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOLLGATE_CHECKPOINT_STORE = "/checkpoints/log"
    assert isinstance(configured.store(), FileStore)
    for name in ("DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "us-east-1")
    settings.TOLLGATE_CHECKPOINT_STORE = ADDRESS
    assert isinstance(configured.store(), ObjectStore)


def test_without_the_extra_it_says_what_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOLLGATE_CHECKPOINT_STORE = ADDRESS
    monkeypatch.delitem(sys.modules, object_lock.__name__)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ImproperlyConfigured, match="the extra `s3`"):
        configured.store()
