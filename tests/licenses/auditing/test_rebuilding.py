"""Read models are rebuilt beside the live ones, from events alone, while writers go on."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from audits import verification
from audits.projection import projections
from audits.rebuilding import Rebuilt, rebuild
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import run


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
