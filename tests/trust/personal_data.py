"""Every text of events and of people's commands, and whether it is personal: as `docs/personal-data.md` says.

A new field is missing there until somebody has answered the question.
"""

import re
from typing import Final

from devstack import paths

DOCUMENT: Final = paths.ROOT / "docs" / "personal-data.md"
PERSONAL: Final = frozenset({"always", "of_person", "copied"})
IN_CLEAR: Final = frozenset(
    {"code", "free_text", "goods", "machine", "organization", "published", "reference", "rule"}
)
_QUOTED: Final = re.compile(r"`([\w.]+)`")


def expected() -> dict[str, str]:
    """List every text as `module.Struct.field` with what it is."""
    found: dict[str, str] = {}
    for row in DOCUMENT.read_text().splitlines():
        [struct, texts] = row.strip("| ").split(" | ") if row.startswith("| `") else ("", "")
        if "." in struct:
            for kind in texts.split("; "):
                names, _, what = kind.rpartition(": ")
                for name in _QUOTED.findall(names):
                    found[f"{struct.strip('`')}.{name}"] = what
    return found
