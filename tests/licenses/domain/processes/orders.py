"""Events come in every order, and more than once: what is still to be done must be the same."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from licenses.domain.processes.model import Intent, Noted, Process

MOST_PERMUTED = 6
"""Longer histories are shuffled at random: seven events have 5,040 orders."""


def in_every_order(process: Process[Any], events: Sequence[Noted], *expected: Intent) -> None:
    """Ask for exactly these intents, whatever the order and however often each event comes."""
    assert len(events) <= MOST_PERMUTED, "shuffle it instead"
    for order in permutations(events):
        _ask(process, order, expected)
    for event in events:
        for place in range(len(events) + 1):
            _ask(process, [*events[:place], event, *events[place:]], expected)
    _ask(process, [*events, *reversed(events)], expected)


def in_random_orders(process: Process[Any], events: Sequence[Noted], *expected: Intent) -> None:
    """Ask the same of random orders, with random events more than once."""

    @settings(max_examples=200, deadline=None, print_blob=True)
    @given(
        order=st.permutations(events),
        again=st.lists(st.sampled_from(events), max_size=4),
        place=st.integers(0, len(events)),
    )
    def ask(order: list[Noted], again: list[Noted], place: int) -> None:
        _ask(process, [*order[:place], *again, *order[place:]], expected)

    ask()


def _ask(process: Process[Any], order: Iterable[Noted], expected: Sequence[Intent]) -> None:
    arrived = list(order)
    intents = process.intents(arrived)
    assert len(set(intents)) == len(intents), arrived
    assert set(intents) == set(expected), arrived


def to_the_end(
    process: Process[Any],
    events: Sequence[Noted],
    outcome: Callable[[Any], Sequence[Noted]],
    key: Callable[[Intent], Any] = lambda intent: intent,
) -> None:
    """Carry intents out at any moment between the events: each once, the same ones, to the end."""
    everything = {key(intent) for intent in _drain(process, list(events), outcome)}

    @settings(max_examples=100, deadline=None, print_blob=True)
    @given(order=st.permutations(events), moments=st.lists(st.booleans(), min_size=len(events)))
    def play(order: list[Noted], moments: list[bool]) -> None:
        arrived: list[Noted] = []
        done: list[Any] = []
        for event, is_worked in zip(order, moments, strict=False):
            arrived.append(event)
            if is_worked:
                done += [key(intent) for intent in _drain(process, arrived, outcome)]
        done += [key(intent) for intent in _drain(process, arrived, outcome)]
        assert sorted(map(repr, done)) == sorted(map(repr, everything))
        assert process.intents(arrived) == ()

    play()


def _drain(
    process: Process[Any], arrived: list[Noted], outcome: Callable[[Any], Sequence[Noted]]
) -> list[Intent]:
    """Carry out everything that is outstanding; what happens arrives at once."""
    done: list[Intent] = []
    while intents := process.intents(arrived):
        done += intents
        arrived += chain.from_iterable(outcome(intent) for intent in intents)
        assert len(done) < 50, done  # an intent that is carried out must end
    return done
