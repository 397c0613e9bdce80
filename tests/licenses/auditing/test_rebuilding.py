"""Read models are rebuilt beside the live ones, from events alone, while writers go on."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from audits import rebuilding, verification
from audits.projection import projections
from audits.rebuilding import Rebuilt, rebuild
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import fetch, run


def rebuilt(*kinds: str) -> dict[str, Rebuilt]:
    return {each.table: each for each in rebuild(kinds or sorted(projections))}


def live(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")  # noqa: S608 -- our own table
        return list(cursor.fetchall())


def is_sound() -> bool:
    return verification.verify(only=("read_models",)).is_sound


@pytest.mark.usefixtures("played")
def test_of_a_sound_journal_nothing_is_replaced() -> None:
    found = rebuilt()
    assert {each.replaced for each in found.values()} == {0}
    assert {each.table: each.rows for each in found.values()} == {
        table: len(live(table)) for table in found
    }


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE licenses_shipment SET quantity = quantity + 1 WHERE id = %s",
        "UPDATE licenses_shipment SET version = version + 7 WHERE id = %s",
        "UPDATE licenses_shipment SET itn = NULL WHERE id = %s",
        "DELETE FROM licenses_shipment WHERE id = %s",
        "UPDATE licenses_shipment SET id = gen_random_uuid() WHERE id = %s",
    ],
    ids=["column", "version", "nothing", "missing", "surplus"],
)
def test_what_is_not_as_events_say_is_replaced(damage: str, played: Played) -> None:
    before = live("licenses_shipment")
    assert run(damage, played.remitted.shipment_id) == 1
    assert not is_sound()
    found = rebuilt("shipment")["licenses_shipment"]
    assert found.replaced == (2 if "gen_random_uuid" in damage else 1)
    assert live("licenses_shipment") == before
    assert is_sound()


@pytest.mark.usefixtures("played")
def test_the_command_rebuilds_and_says_what_it_found() -> None:
    run("DELETE FROM licenses_license")
    said = StringIO()
    call_command("rebuild", "--only", "license", "--json", stdout=said)
    [told] = json.loads(said.getvalue())
    assert told["table"] == "licenses_license"
    assert told["replaced"] == told["rows"] > 0
    assert is_sound()


def test_the_command_says_in_words_what_was_compared_and_switched(played: Played) -> None:
    run("DELETE FROM licenses_license WHERE id = %s", played.remitted.license_id)
    rows = len(live("licenses_license")) + 1
    for found in ("1 replaced", "equal, nothing replaced"):
        said = StringIO()
        call_command("rebuild", "--only", "license", stdout=said)
        assert said.getvalue() == (
            f"licenses_license: {rows} rows derived anew and compared,"
            f" 0 of them written to meanwhile and caught up; {found}\n"
        )


@pytest.mark.usefixtures("played")
def test_progress_is_told_by_events_and_comes_to_its_end() -> None:
    class Told:
        def __init__(self) -> None:
            self.begun: list[tuple[str, int]] = []
            self.done = 0

        def begin(self, name: str, total: int) -> None:
            self.begun.append((name, total))

        def advance(self, count: int) -> None:
            self.done += count

    told = Told()
    list(rebuild(["license", "shipment"], told))
    assert [name for name, _ in told.begun] == ["license", "shipment"]
    assert told.done == sum(total for _, total in told.begun) > 0


def test_a_rebuild_that_breaks_off_changes_nothing_and_leaves_nothing(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = live("licenses_shipment")
    run("DELETE FROM licenses_shipment WHERE id = %s", played.remitted.shipment_id)
    damaged = live("licenses_shipment")
    switch = rebuilding._switch  # noqa: SLF001 -- its last step, so that all others are done

    def breaks_off(live: Any) -> int:
        switch(live)
        raise RuntimeError("pulled out")

    with monkeypatch.context() as patch:
        patch.setattr(rebuilding, "_switch", breaks_off)
        with pytest.raises(RuntimeError, match="pulled out"):
            rebuilt("shipment")
    assert live("licenses_shipment") == damaged
    assert fetch("SELECT to_regclass('pg_temp.rebuilt')::text") is None
    assert rebuilt("shipment")["licenses_shipment"].replaced == 1
    assert live("licenses_shipment") == before
