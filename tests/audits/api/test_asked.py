"""The access log keeps what was filtered by, and never a word that may be somebody's name."""

from typing import Any, Final

import pytest
import yaml

from audits import access
from audits.api.asked import KEPT, LEFT_OUT, LENGTH, kept
from audits.models import AccessRow
from audits.tasks import record_accesses
from devstack import paths
from tests.support.client import client_of
from tests.support.people import AUDITOR, OFFICER

NAME: Final = "Ottoline Krebsbach"
WORDS: Final = frozenset({"aggregate", "audit", "kind", "status", "type"})
"""Texts without a form of their own, whose words are ours all the same."""
OF_PAGES: Final = frozenset({"page"})


def declared() -> dict[str, list[Any]]:
    """List the query parameters of everything that can be read, with their shapes."""
    document = yaml.safe_load((paths.ROOT / "docs" / "openapi.yaml").read_text())
    found: dict[str, list[Any]] = {}
    for path in document["paths"].values():
        for parameter in path.get("get", {}).get("parameters", []):
            if parameter["in"] == "query":
                found.setdefault(parameter["name"], []).append(parameter["schema"])
    return found


def is_any_text(schema: Any) -> bool:
    return schema.get("type") == "string" and not {"format", "pattern", "enum"} & set(schema)


def test_every_parameter_is_kept_or_left_out_by_what_it_may_hold() -> None:
    parameters = declared()
    assert set(parameters) | OF_PAGES == KEPT | LEFT_OUT
    assert not KEPT & LEFT_OUT
    any_text = {name for name, schemas in parameters.items() if any(map(is_any_text, schemas))}
    assert any_text - WORDS <= LEFT_OUT


@pytest.mark.parametrize(
    ("asked", "noted"),
    [
        ({}, ""),
        ({"limit": "5", "name": NAME}, "limit=5&name=*"),
        (
            {"status": "active", "as_of": "2026-11-22T08:00Z"},
            "as_of=2026-11-22T08:00Z&status=active",
        ),
        ({"status": NAME}, "status=*"),
        ({NAME: "1", "other": NAME}, "*"),
        ({"status": "a" * 64}, "status=" + "a" * 64),
        ({"status": "a" * 65}, "status=*"),
    ],
)
def test_what_is_kept_of_a_query(asked: dict[str, str], noted: str) -> None:
    assert kept(asked.items()) == noted


def test_a_long_query_is_cut_between_filters_and_says_so() -> None:
    names = sorted(KEPT)[:4]
    found = kept((name, "x" * 60) for name in names)
    assert len(found) <= LENGTH
    assert found == "&".join([*(f"{name}={'x' * 60}" for name in names[:2]), "*"])


@pytest.mark.django_db
def test_a_read_is_noted_and_recorded_with_its_filters() -> None:
    client_of(OFFICER).get("editions/", {"name": NAME, "limit": "3"})
    row = AccessRow.objects.latest("id")
    assert (row.path, row.filters) == ("/api/v1/editions/", "limit=3&name=*")
    assert record_accesses() == 1
    shown = client_of(AUDITOR).get(f"accesses/?person_id={OFFICER.person_id}").json()["items"]
    assert shown[-1]["filters"] == "limit=3&name=*"


@pytest.mark.django_db
def test_the_longest_filters_fit_into_an_event() -> None:
    for _ in range(access.OF_ONE_EVENT):
        access.note(AUDITOR, "/" + "\U0001f600" * 400, AUDITOR.person_id, filters="x" * LENGTH)
    assert record_accesses() == access.OF_ONE_EVENT
