"""Given / when / then for deciders: tests read as histories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audits.kernel import Command, Decider, Event, Facts, Refused
from tests.support.people import NOON, OFFICER

Step = tuple[Command, Facts]
"""A command and what its decision knows."""


@dataclass(frozen=True)
class Outcome:
    """What a decision gave: events, or a refusal."""

    events: list[Event]
    refusal: Refused | None

    def then(self, *expected: Event) -> list[Event]:
        """Expect exactly these events (none: the command had taken effect before)."""
        assert self.refusal is None, f"refused: {self.refusal.code}: {self.refusal}"
        assert self.events == list(expected)
        return self.events

    def refused(self, code: str, *, citation: str | None = None) -> Refused:
        """Expect a refusal with this code (and, where given, this citation)."""
        assert self.refusal is not None, f"not refused, but gave {self.events}"
        assert self.refusal.code == code
        if citation is not None:
            assert self.refusal.citation == citation
        return self.refusal


@dataclass(frozen=True)
class Given:
    """A stream with a history."""

    decider: Decider[Any]
    events: Sequence[Event]

    def when(self, command: Command, facts: Facts | None = None) -> Outcome:
        """Decide on `command`; without `facts`: the first officer, at noon."""
        state = self.decider.fold(self.events)
        try:
            events = self.decider.decide(command, state, facts or Facts(now=NOON, actor=OFFICER))
        except Refused as refusal:
            return Outcome(events=[], refusal=refusal)
        return Outcome(events=events, refusal=None)


def given(decider: Decider[Any], *events: Event) -> Given:
    """Begin with a stream of `decider` in which `events` happened."""
    return Given(decider, events)


def played(decider: Decider[Any], *steps: Step) -> list[Event]:
    """Decide each step in turn and give all that happened; none may be refused."""
    events: list[Event] = []
    for command, facts in steps:
        events += decider.decide(command, decider.fold(events), facts)
    return events


def cells(
    expected: Mapping[str, Sequence[str]], stages: Iterable[str]
) -> list[tuple[str, str, str]]:
    """Spread a table of command and stage, outcome in each, into its cells; rows must be complete."""
    columns = tuple(stages)
    return [
        (name, stage, outcome)
        for name, row in expected.items()
        for stage, outcome in zip(columns, row, strict=True)
    ]


def outcome_of(decider: Decider[Any], history: Sequence[Event], attempt: Step) -> str:
    """Name what a command gives after a history: its events, which fold, or the refusal's code."""
    outcome = given(decider, *history).when(*attempt)
    decider.fold([*history, *outcome.events])
    events = ",".join(type(event).__name__ for event in outcome.events)
    return outcome.refusal.code if outcome.refusal else events


def states_of(decider: Decider[Any], histories: Mapping[str, Sequence[Event]]) -> list[str]:
    """Name the state in which each history ends."""
    return [type(decider.fold(history)).__name__ for history in histories.values()]


def once_and_again(
    decider: Decider[Any], history: Sequence[Event], attempt: Step
) -> tuple[Outcome, Outcome]:
    """Try a command after a history, and once more after what it gave: nothing may come of that."""
    first = given(decider, *history).when(*attempt)
    repeat = given(decider, *history, *first.events).when(*attempt)
    assert repeat.events == []
    return first, repeat
