"""Texts of commands show something to whoever reads them: a reason of no-break spaces is none. Pure.

Asked of commands and not in the types of texts: those are the events', too, which never change.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from audits.kernel import Command

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's categories of controls, of what only formats, and of all kinds of spaces."""
_FILLERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that draw nothing."""


def require_legible(command: Command) -> None:
    """Let through what shows something; raises msgspec.ValidationError with the path of what does not."""
    for text, path in _texts(msgspec.to_builtins(command), "$"):
        if text and not any(map(_is_seen, text)):
            raise msgspec.ValidationError(f"Holds nothing that can be seen - at `{path}`")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield value, path
        case dict():
            for name, item in value.items():
                yield from _texts(item, f"{path}.{name}")
        case list() | tuple():
            for place, item in enumerate(value):
                yield from _texts(item, f"{path}[{place}]")
        case _:
            pass


def _is_seen(character: str) -> bool:
    return character not in _FILLERS and unicodedata.category(character) not in _UNSEEN
