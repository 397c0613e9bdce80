"""ImportList: which list comes into use."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from audits.kernel import Facts
from customers.domain.screening.entries import BadRow, BadRowReason
from customers.domain.screening_list import DECIDER
from customers.domain.screening_list.commands import ImportList
from customers.domain.screening_list.events import ListImported
from customers.domain.screening_list.state import InUse, NotImported
from tests.support.deciding import given
from tests.support.people import NOON, SYSTEM

TICK = timedelta(microseconds=1)
BAD = BadRow(line=7, reason=BadRowReason.NO_NAME, detail="Entity List")
COMMAND = ImportList(
    sha256="1" * 64,
    source="https://lists.test/consolidated.csv.gz",
    fetched_at=NOON - timedelta(hours=2),
    rows=101,
    entries=100,
    names=250,
    bad_rows=(BAD,),
)
IMPORTED = ListImported(
    sha256="1" * 64,
    source="https://lists.test/consolidated.csv.gz",
    fetched_at=NOON - timedelta(hours=2),
    rows=101,
    entries=100,
    names=250,
    bad_rows=(BAD,),
)
FACTS = Facts(now=NOON, actor=SYSTEM)


def successor(entries: int, *, accept_shrinkage: bool = False) -> ImportList:
    return replace(
        COMMAND,
        sha256="2" * 64,
        rows=entries + 1,
        entries=entries,
        accept_shrinkage=accept_shrinkage,
    )


def test_a_list_comes_into_use_with_its_counts_and_bad_rows() -> None:
    given(DECIDER).when(COMMAND, FACTS).then(IMPORTED)
    assert isinstance(DECIDER.initial, NotImported)
    assert DECIDER.fold([IMPORTED]) == InUse(
        sha256="1" * 64, fetched_at=NOON - timedelta(hours=2), entries=100
    )


def test_importing_the_list_in_use_again_changes_nothing() -> None:
    given(DECIDER, IMPORTED).when(COMMAND, FACTS).then()
    given(DECIDER, IMPORTED).when(replace(COMMAND, fetched_at=NOON), FACTS).then()


def test_a_list_may_lose_half_its_entries_and_no_more() -> None:
    given(DECIDER, IMPORTED).when(successor(50), FACTS).then(
        replace(IMPORTED, sha256="2" * 64, rows=51, entries=50)
    )
    refusal = given(DECIDER, IMPORTED).when(successor(49), FACTS).refused("list_shrank")
    assert refusal.extra == {"in_use_entries": 100, "entries": 49}


def test_a_person_may_accept_that_a_list_shrank() -> None:
    given(DECIDER, IMPORTED).when(successor(49, accept_shrinkage=True), FACTS).then(
        replace(IMPORTED, sha256="2" * 64, rows=50, entries=49)
    )


def test_an_older_list_does_not_replace_a_newer_one() -> None:
    same_moment = successor(100)
    given(DECIDER, IMPORTED).when(same_moment, FACTS).then(replace(IMPORTED, sha256="2" * 64))
    older = replace(same_moment, fetched_at=COMMAND.fetched_at - TICK)
    refusal = given(DECIDER, IMPORTED).when(older, FACTS).refused("list_outdated")
    assert refusal.extra == {"in_use_fetched_at": IMPORTED.fetched_at.isoformat()}


def test_a_list_cannot_come_from_the_future() -> None:
    now = replace(COMMAND, fetched_at=NOON)
    given(DECIDER).when(now, FACTS).then(replace(IMPORTED, fetched_at=NOON))
    given(DECIDER).when(replace(COMMAND, fetched_at=NOON + TICK), FACTS).refused("list_from_future")


def test_an_empty_list_clears_nobody_and_is_refused() -> None:
    given(DECIDER).when(replace(COMMAND, rows=1, entries=0), FACTS).refused("list_empty")


def test_a_list_may_have_one_name_an_entry() -> None:
    given(DECIDER).when(replace(COMMAND, names=100), FACTS).then(replace(IMPORTED, names=100))


@pytest.mark.parametrize("wrong", [{"rows": 100}, {"rows": 102}, {"bad_rows": ()}, {"names": 99}])
def test_counts_that_do_not_add_up_are_refused(wrong: dict[str, int]) -> None:
    given(DECIDER).when(replace(COMMAND, **wrong), FACTS).refused("list_miscounted")
