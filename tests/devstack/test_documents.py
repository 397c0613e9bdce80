"""What the documents name exists: files, headings, commands."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from devstack import paths
from tests.devstack.test_front_door import load

DOCUMENTS = sorted(
    str(path)
    for path in (each.relative_to(paths.ROOT) for each in paths.ROOT.glob("**/*.md"))
    if not any(part.startswith(".") for part in path.parts)
)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FRONT_DOOR = re.compile(r"\./tollgate +([a-z]+)")
MANAGEMENT = re.compile(r"(?:manage\.py|tollgate manage) +([a-z_]+)")


def anchors(document: Path) -> set[str]:
    """Name the places in a document that a link can lead to."""
    headings = HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def unresolved(document: Path) -> list[str]:
    """List the links of a document that lead nowhere."""
    found = []
    for name, anchor in LINK.findall(document.read_text()):
        target = document.parent / name if name else document
        is_there = target.exists() and (not anchor or anchor in anchors(target))
        found += [] if is_there else [f"{name}#{anchor}"]
    return found


def unknown_commands(text: str) -> set[str]:
    """Name the commands in a text that neither the front door nor Django knows."""
    known = {*load().COMMANDS, "help"}
    return {*FRONT_DOOR.findall(text)} - known | {*MANAGEMENT.findall(text)} - {*get_commands()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere_and_every_command_is_there(name: str) -> None:
    document = paths.ROOT / name
    assert unresolved(document) == []
    assert unknown_commands(document.read_text()) == set()


def test_there_are_documents_and_what_is_wrong_in_one_is_found(tmp_path: Path) -> None:
    assert {"README.md", "CONTRIBUTING.md", "glossary.md"} <= {
        Path(name).name for name in DOCUMENTS
    }
    wrong = tmp_path / "wrong.md"
    wrong.write_text("# Here\n[a](#here) [b](#there) [c](wrong.md) [d](gone.md) [e](https://f.g)\n")
    assert unresolved(wrong) == ["#there", "gone.md#"]
    assert unknown_commands("`./tollgate sell` and `manage.py buy`, `./tollgate demo`") == {
        "sell",
        "buy",
    }
