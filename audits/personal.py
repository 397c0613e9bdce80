"""Personal data in commands and events: which fields hold them, and the tokens in their place. Pure.

A token is `personal:1:<subject id>:<ciphertext in base64url>`: opaque, the same for the same text of
the same subject, and worthless once the subject's key is destroyed. See docs/adr/0015.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, Protocol, TypeVar, cast, runtime_checkable

import msgspec
import msgspec.inspect as types

T = TypeVar("T")

MARK: Final = "personal"
"""In the `extra` of a text's Meta: when it is personal."""
ERASED: Final = "[erased]"
"""What is shown of a text whose key is destroyed."""
PREFIX: Final = "personal:1:"
SEALED_FORM: Final = (
    "personal:1:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[A-Za-z0-9_-]{22,1088}"
)
"""What a token looks like; room for 200 letters of four bytes each."""
FREE_TEXT: Final = "Free text. No personal data here: it is kept in clear and cannot be erased."
"""What clients are told of a text that is not sealed, and may hold anything."""
LINE: Final = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$(?!\n)"
"""One line that is not blank."""
_IS_TOKEN: Final = re.compile(SEALED_FORM)


class When(StrEnum):
    """When a text is personal data."""

    ALWAYS = "always"
    """A natural person's name, or one that may be: each name is a subject of its own."""
    OF_PERSON = "of_person"
    """Where it stands inside something that is a natural person: that person's."""
    COPIED = "copied"
    """Where it was copied from a sealed text, and then is sealed already."""


@runtime_checkable
class Somebody(Protocol):
    """What may describe a natural person."""

    def natural_person(self) -> str | None:
        """Name the natural person that this describes; None: it describes something else."""

    def organization_names(self) -> frozenset[str]:
        """List the names that are the organization's that this describes, if it does."""


Visit = Callable[[str, str], str]
"""(text, name of the natural person it is about) → what stands in its place."""


def line(most: int, when: When, description: str = "") -> msgspec.Meta:
    """Constrain a personal text: one line of up to `most` characters, or a token."""
    return msgspec.Meta(
        pattern=(
            r"^(?:(?=[^\x00-\x1f\x7f]*[^\x00-\x20\x7f])"
            rf"[^\x00-\x1f\x7f]{{1,{most}}}|{SEALED_FORM})$(?!\n)"
        ),
        extra={MARK: when},
        # Clients never see a token, and never send one.
        extra_json_schema={"pattern": LINE, "minLength": 1, "maxLength": most},
        description=description or "Personal data: kept sealed, and can be erased.",
    )


def copied(most: int) -> msgspec.Meta:
    """Constrain a text copied from elsewhere: anything of up to `most` characters, or a token."""
    return msgspec.Meta(
        pattern=rf"^(?:[\s\S]{{0,{most}}}|{SEALED_FORM})$(?!\n)",
        extra={MARK: When.COPIED},
        extra_json_schema={"pattern": "", "maxLength": most},
        description="Copied from a personal text, and sealed with it.",
    )


def is_token(text: str) -> bool:
    """Tell whether a text is the token of a sealed one."""
    return text.startswith(PREFIX) and _IS_TOKEN.fullmatch(text) is not None


def subject_of(token: str) -> str:
    """Name the subject of a token."""
    return token.split(":")[2]


@cache
def holds_personal(shape: type) -> bool:
    """Tell whether a struct may hold a personal text."""
    return any(found is not None for _, _, found in texts_of(shape))


def texts_of(shape: type) -> Iterator[tuple[type, str, When | None]]:
    """Walk a struct: each text in it as (struct, field, when it is personal), each only once."""
    seen: set[tuple[type, str]] = set()
    for struct, field, when in _texts(types.type_info(shape), (shape, ""), None, frozenset()):
        if (struct, field) not in seen:
            seen.add((struct, field))
            yield struct, field, when


def _texts(
    info: types.Type, place: tuple[type, str], when: When | None, above: frozenset[type]
) -> Iterator[tuple[type, str, When | None]]:
    match info:
        case types.Metadata(type=inner, extra=extra):
            yield from _texts(inner, place, (extra or {}).get(MARK, when), above)
        case types.UnionType(types=options):
            for option in options:
                yield from _texts(option, place, when, above)
        case types.CollectionType(item_type=item):
            yield from _texts(item, place, when, above)
        case types.StructType(cls=cls, fields=fields) if cls not in above:
            for field in fields:
                yield from _texts(field.type, (cls, field.name), None, above | {cls})
        case types.StrType():
            yield *place, when
        case _:
            pass


def rewritten(value: T, visit: Visit) -> T:
    """Put in place of every personal text what `visit` makes of it; tokens stay as they are.

    Raises msgspec.ValidationError for the word that stands for erased data: it names nobody.
    """
    return cast("T", _rewritten(value, _info(cast("Any", type(value))), _NOBODY, visit))


_info = cache(types.type_info)


@dataclass(frozen=True, slots=True)
class _About:
    """What the value around a text describes."""

    person: str | None = None
    organization: frozenset[str] = frozenset()


_NOBODY: Final = _About()


def _rewritten(value: Any, info: types.Type, about: _About, visit: Visit) -> Any:
    match info:
        case types.Metadata(type=inner, extra=extra):
            when = (extra or {}).get(MARK)
            if isinstance(value, str) and when is not None:
                return _text(value, when, about, visit)
            return _rewritten(value, inner, about, visit)
        case types.UnionType(types=options):
            fitting = next((option for option in options if _fits(value, option)), None)
            return value if fitting is None else _rewritten(value, fitting, about, visit)
        case types.VarTupleType(item_type=item):
            return tuple(_rewritten(each, item, about, visit) for each in value)
        case types.StructType(fields=fields):
            if isinstance(value, Somebody):
                about = _About(value.natural_person(), value.organization_names())
            changed = {
                field.name: _rewritten(getattr(value, field.name), field.type, about, visit)
                for field in fields
            }
            return msgspec.structs.replace(value, **changed)
        case _:
            return value


def _text(text: str, when: When, about: _About, visit: Visit) -> str:
    person = text if when is When.ALWAYS else about.person
    if when is When.COPIED or person is None or is_token(text) or text in about.organization:
        return text
    if ERASED in {text, person}:
        raise msgspec.ValidationError(f"`{ERASED}` stands for data that are gone: name them anew")
    return visit(text, person)


def _fits(value: Any, option: types.Type) -> bool:
    match option:
        case types.Metadata(type=inner):
            return _fits(value, inner)
        case types.StructType(cls=cls):
            return type(value) is cls
        case types.StrType():
            return isinstance(value, str)
        case types.VarTupleType():
            return isinstance(value, tuple)
        case _:
            return False
