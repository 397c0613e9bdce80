"""Lists at the edge: plain or packed, stored whole or not at all, back as a matcher."""

import gzip

import pytest
from django.db import DatabaseError, connection, transaction

from audits.kernel import Refused
from customers import lists
from customers.domain.screening.entries import BadRow, BadRowReason
from customers.domain.screening.normalizing import normalize
from customers.domain.screening_list.commands import ImportList
from customers.lists import matcher_for, store_list, unpack
from customers.models import ListEntry, ListName, ListSnapshot
from tests.customers.screening_data import LARGEST, OWN_SAMPLE, SAMPLE
from tests.support.people import NOON

pytestmark = pytest.mark.django_db

PLAIN = SAMPLE.read_bytes()


def store(content: bytes = PLAIN) -> ImportList:
    return store_list(content, source="sample", fetched_at=NOON)


def rows_stored() -> tuple[int, int, int]:
    return ListSnapshot.objects.count(), ListEntry.objects.count(), ListName.objects.count()


def test_a_list_is_stored_with_every_entry_and_name() -> None:
    command = store(LARGEST.path.read_bytes())
    assert (command.rows, command.entries, command.names) == LARGEST[1:4]
    assert rows_stored() == (1, LARGEST.entries, LARGEST.names)


def test_the_command_says_what_was_stored() -> None:
    command = store()
    snapshot = ListSnapshot.objects.get()
    assert command == ImportList(
        sha256=snapshot.sha256,
        source="sample",
        fetched_at=NOON,
        rows=OWN_SAMPLE.rows,
        entries=OWN_SAMPLE.entries,
        names=OWN_SAMPLE.names,
    )


def test_a_stored_entry_has_what_was_published_and_its_names_in_order() -> None:
    store()
    entry = ListEntry.objects.get(entry_id="sample-001")
    assert (entry.line, entry.name) == (2, "Huawei Technologies Co., Ltd.")
    assert entry.raw["start_date"] == "2019-05-16"
    names = [(row.name, row.normalized) for row in entry.aliases.order_by("pk")]
    assert names == [
        (name, normalize(name))
        for name in ("Huawei Technologies Co., Ltd.", "Huawei", "Huawei Tech")
    ]


def test_bad_rows_are_stored_and_told() -> None:
    bad = BadRow(
        line=OWN_SAMPLE.rows + 2,
        reason=BadRowReason.WRONG_COLUMN_COUNT,
        detail="expected 29 columns, found 2",
    )
    command = store(PLAIN + b"cut,off")
    assert command.bad_rows == (bad,)
    assert command.rows == OWN_SAMPLE.rows + 1
    assert ListSnapshot.objects.get().bad_rows == [
        {"line": bad.line, "reason": "wrong_column_count", "detail": bad.detail}
    ]


def test_packed_and_plain_are_the_same_list_and_stored_once() -> None:
    assert store(gzip.compress(PLAIN)) == store(PLAIN)
    assert rows_stored() == (1, OWN_SAMPLE.entries, OWN_SAMPLE.names)


def test_an_import_that_fails_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> str:
        raise RuntimeError(name)

    monkeypatch.setattr(lists, "normalize", fail)
    with pytest.raises(RuntimeError, match="Huawei"):
        store()
    assert rows_stored() == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(PLAIN)[:-20], "list_unreadable"),
        (gzip.compress(PLAIN)[:100] + b"damaged" + gzip.compress(PLAIN)[107:], "list_unreadable"),
        (b"\x1f\x8b", "list_unreadable"),
        (b"", "list_header_unknown"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_stored(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        store(content)
    assert refusal.value.code == code
    assert rows_stored() == (0, 0, 0)


def test_a_packed_file_may_unpack_to_the_limit_and_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "MAX_UNPACKED_BYTES", 1_000)
    assert len(unpack(gzip.compress(b"0" * 1_000))) == 1_000
    with pytest.raises(Refused) as refusal:
        unpack(gzip.compress(b"0" * 1_001))
    assert refusal.value.code == "list_too_large"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customers_list_name SET name = 'Nobody'",
        "UPDATE customers_list_entry SET name = 'Nobody'",
        "UPDATE customers_list_snapshot SET source = 'elsewhere'",
        "DELETE FROM customers_list_name",
        "DELETE FROM customers_list_snapshot",
    ],
)
def test_a_stored_list_cannot_be_changed(statement: str) -> None:
    store()
    with (
        pytest.raises(DatabaseError, match="never allowed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_stored_list_comes_back_as_a_matcher_kept_for_the_process() -> None:
    matcher_for.cache_clear()
    sha256 = store().sha256
    matcher = matcher_for(sha256)
    (match, *_) = matcher.search("Hang Zhou Hikvision")
    assert match.listed.entry_name == "Hangzhou Hikvision Digital Technology Co., Ltd."
    assert matcher_for(sha256) is matcher


def test_a_list_that_is_not_stored_has_no_matcher() -> None:
    matcher_for.cache_clear()
    with pytest.raises(Refused) as refusal:
        matcher_for("0" * 64)
    assert refusal.value.code == "list_unknown"
