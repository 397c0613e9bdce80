"""What was published of an event's schema stays: a change, or a name that goes, is noticed."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audits import outlines
from audits.codec import registry
from audits.outlines import SchemaChangedError
from licenses.domain.escrow.events import DepositBooked
from licenses.management.documents import folder

PUBLISHED: Any = json.loads((folder() / "events.json").read_text())


def test_every_published_event_is_what_it_was_and_every_event_is_published() -> None:
    ours = {name for name in registry.names() if not is_of_tests(name)}
    described = outlines.continued(PUBLISHED)
    assert {name: described[name] for name in {*PUBLISHED, *ours}} == PUBLISHED
    assert len(PUBLISHED) > 80


def is_of_tests(name: str) -> bool:
    return registry.schema(name).__module__.startswith("tests.")


def test_no_published_name_disappears_unless_it_was_retired() -> None:
    gone = set(PUBLISHED) - set(registry.names())
    assert gone == set(), "retire a name in its wire.py and say so here"


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_present_schema_versions_are_published(name: str) -> None:
    version = str(registry.wire_type(registry.schema(name)).schema_version)
    assert version in PUBLISHED[name]


def test_a_changed_schema_without_a_new_version_is_refused() -> None:
    changed = deepcopy(PUBLISHED)
    changed["deposit_booked"]["1"]["credited_cents"] = "int"
    with pytest.raises(SchemaChangedError, match="deposit_booked"):
        outlines.continued(changed)


def test_a_new_version_stands_beside_the_old_one() -> None:
    older = deepcopy(PUBLISHED)
    older["deposit_booked"] = {"0": {"amount": "int"}}
    merged = outlines.continued(older)
    assert merged["deposit_booked"] == older["deposit_booked"] | PUBLISHED["deposit_booked"]


def test_what_journals_hold_stays_when_it_is_no_longer_written() -> None:
    assert outlines.continued({"jar_broken": {"1": {}}})["jar_broken"] == {"1": {}}


def test_an_outline_tells_limits_and_money() -> None:
    described = PUBLISHED["deposit_booked"]["1"]
    assert described["credited_cents"] == "money"
    assert outlines.outline(msgspec.inspect.type_info(DepositBooked)) == described
    limited = msgspec.inspect.type_info(msgspec.defstruct("S", [("n", int)]))
    assert outlines.outline(limited) == {"n": "int"}


def test_the_command_refuses_to_write_over_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "BASE_DIR", tmp_path)
    (tmp_path / "docs").mkdir()
    changed = deepcopy(PUBLISHED) | {"deposit_booked": {"1": {}}}
    file = tmp_path / "docs" / "events.json"
    file.write_text(json.dumps(changed))
    with pytest.raises(CommandError, match="deposit_booked is not what its schema 1 was"):
        call_command("document")
    assert json.loads(file.read_text()) == changed
