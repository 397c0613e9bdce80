"""Every text of every event is known to be personal or not; all that is personal gets sealed."""

from typing import Final

import msgspec
import pytest

from audits.codec import registry
from audits.execution import house
from audits.kernel import Event
from audits.personal import ERASED, FREE_TEXT, Somebody, When, holds_personal, rewritten, texts_of
from customers.domain.values import Document, PersonName
from tests.trust.personal_data import IN_CLEAR, PERSONAL, expected

EVENTS: Final = {
    name: registry.schema(name) for name in registry.names() if not name.startswith("jar_")
}
BY_PEOPLE: Final = {
    command for command, procedure in house.procedures.items() if procedure.roles - {"system"}
}


class Note(Event):
    """An event for these tests."""

    who: PersonName | None
    others: tuple[PersonName, ...] = ()
    text: str = ""


def test_every_text_of_an_event_or_a_person_s_command_is_listed_with_what_it_is() -> None:
    found = {
        f"{struct.__module__}.{struct.__qualname__}.{field}": when
        for shape in (*EVENTS.values(), *BY_PEOPLE)
        for struct, field, when in texts_of(shape)
    }
    listed = expected()
    assert set(listed) == set(found)
    assert set(listed.values()) <= PERSONAL | IN_CLEAR
    marked = {name: when.value for name, when in found.items() if when is not None}
    assert marked == {name: what for name, what in listed.items() if what in PERSONAL}


def warned(struct: type) -> set[str]:
    """Name the texts of a struct of which clients are told that they are kept in clear."""
    described = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
    return {name for name, shape in described.items() if FREE_TEXT in str(shape)}


def test_free_text_tells_clients_that_it_is_kept_in_clear() -> None:
    free = {name for name, what in expected().items() if what == "free_text"}
    structs = {
        struct for shape in (*EVENTS.values(), *BY_PEOPLE) for struct, _, _ in texts_of(shape)
    }
    told = {
        f"{struct.__module__}.{struct.__qualname__}.{field}"
        for struct in structs
        for field in warned(struct)
    }
    assert told == free


def test_whatever_an_event_holds_of_a_person_came_in_sealed() -> None:
    """A process's command is not sealed again: what it brings has to be made of sealed texts."""
    unsealed = {
        command.__name__
        for command in house.procedures.keys() - BY_PEOPLE
        for _, _, when in texts_of(command)
        if when in {When.ALWAYS, When.OF_PERSON}
    }
    assert unsealed == set()


def test_texts_are_visited_wherever_they_stand_and_others_are_left() -> None:
    note = Note(who="Ann", others=("Bea", "Cy"), text="Ann")
    seen: list[tuple[str, str]] = []

    def visit(text: str, person: str) -> str:
        seen.append((text, person))
        return text.upper()

    changed = rewritten(note, visit)
    assert changed == Note(who="ANN", others=("BEA", "CY"), text="Ann")
    assert seen == [("Ann", "Ann"), ("Bea", "Bea"), ("Cy", "Cy")]
    assert rewritten(Note(who=None), visit) == Note(who=None)


def test_the_word_for_erased_data_names_nobody() -> None:
    with pytest.raises(msgspec.ValidationError, match="name them anew"):
        rewritten(Note(who=ERASED), lambda text, _person: text)


def test_what_holds_nothing_personal_is_known() -> None:
    assert holds_personal(Note)
    assert not holds_personal(Document)
    assert not isinstance(Note(who="Ann"), Somebody)
