"""The vocabulary of deciding: commands, events, refusals and the decider. Pure.

Pattern: the decider of J. Chassaing. `decide(command, state, facts) -> events`, `evolve(state, event)
-> state`. Nothing here reads a clock, a database or a random source: time, identity and actor are
arguments.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar, dataclass_transform
from uuid import UUID

import msgspec

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3)."""

WIRE_STRING: Final = {"wire": "string"}
"""Marks an integer type that is written as a decimal string on the wire."""

Cents = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1, extra=WIRE_STRING)]
"""Money in minor units of its currency, never negative; a decimal string on the wire."""


class Role(StrEnum):
    """What an organization is to the export-license system."""

    EXPORTER = "exporter"
    OFFICER = "officer"
    LABORATORY = "laboratory"
    BANK = "bank"
    TREASURY = "treasury"
    AUDITOR = "auditor"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A natural person acting for an organization (for SYSTEM: a named process)."""

    person_id: UUID
    organization_id: UUID
    role: Role
    agency: str | None = None
    """For officers: the agency they decide for, such as `BIS`."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what, when and why: minted once per command by `audits.context`."""

    actor: Actor
    now: datetime
    """Database time, UTC."""
    command_id: UUID
    correlation_id: UUID | None = None
    """The deal that the command belongs to; None lets the command start one of its own."""
    causation_id: UUID | None = None
    """The event that made a process issue this command; None for a person's command."""
    on_behalf_of: UUID | None = None
    """The organization for which somebody else acts."""


# The bases below repeat what the metaclass does for type checkers, which ask the nearest of them
# and would otherwise hear what msgspec says of its own.
class _Frozen(msgspec.StructMeta):
    """Makes every subclass frozen, keyword-only and strict about unknown fields.

    What is made whole and never changes cannot come to refer to itself, so the garbage collector
    need not visit it; visiting every event that is read would take a fifth of the time of reading.
    """

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any
    ) -> Any:
        options = {"frozen": True, "kw_only": True, "forbid_unknown_fields": True, "gc": False}
        return super().__new__(mcls, name, bases, namespace, **(options | kwargs))


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(msgspec.Struct, frozen=True, metaclass=_Frozen):
    """A value inside commands, events and states."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Command(msgspec.Struct, frozen=True, metaclass=_Frozen):
    """What somebody wants done; its fields are the request body of the API."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Event(msgspec.Struct, frozen=True, metaclass=_Frozen):
    """What happened; its fields are the `data` of the journal's envelope."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class State(msgspec.Struct, frozen=True, metaclass=_Frozen):
    """One case of an aggregate's state: holds what that case needs and no more."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Facts(msgspec.Struct, frozen=True, metaclass=_Frozen):
    """What a decision may know beyond its own stream; subclasses add fields per command."""

    now: datetime
    actor: Actor


class Refused(Exception):
    """The rules say no. `code` is stable, `citation` names the rule, `detail` is for people."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        citation: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code: Final = code
        self.detail: Final = detail
        self.citation: Final = citation
        self.extra: Final = dict(extra or {})
        """Further members of the problem document, such as `headroom`: JSON values only."""


class Halted(Refused):
    """Writes of this kind are stopped until two persons let them go on."""

    def __init__(self, kind: str, reason: str) -> None:
        detail = f"Writes of {kind} are halted: {reason}"
        super().__init__("halted", detail, extra={"halted": kind})


class NotPermitted(Exception):
    """The actor may not do this at all, whatever the state."""

    def __init__(self, code: str, detail: str, *, citation: str | None = None) -> None:
        super().__init__(detail)
        self.code: Final = code
        self.detail: Final = detail
        self.citation: Final = citation


class WrongExpectedVersion(Exception):
    """Somebody else wrote to the stream first."""

    def __init__(self, stream_id: UUID, *, expected: int, found: int | None) -> None:
        super().__init__(f"stream {stream_id}: expected version {expected}, found {found}")
        self.stream_id: Final = stream_id
        self.expected: Final = expected
        self.found: Final = found


class ImpossibleHistoryError(TypeError):
    """An event that no decision gives in that state: the stream is damaged."""


def require_follows(
    follows: Mapping[type[Event], tuple[type[State], ...]], state: State, event: Event
) -> None:
    """Refuse to fold an event onto a state that it cannot follow."""
    if not isinstance(state, follows[type(event)]):
        raise ImpossibleHistoryError(f"{type(event).__name__} cannot follow {type(state).__name__}")


S = TypeVar("S", bound=State)


@dataclass(frozen=True, slots=True)
class Decider(Generic[S]):
    """One aggregate: its name, first state, transition function and decision per command."""

    aggregate: str
    initial: S
    evolve: Callable[[S, Any], S]
    decisions: Mapping[type[Command], Callable[[Any, Any, Any], Sequence[Event]]]

    def decide(self, command: Command, state: S, facts: Facts) -> list[Event]:
        """Take the decision for `command`; raises Refused. An empty list: it took effect before."""
        return list(self.decisions[type(command)](command, state, facts))

    def fold(self, events: Iterable[Event], state: S | None = None) -> S:
        """Fold `events` in stream order, from the beginning or from `state`."""
        return functools.reduce(self.evolve, events, self.initial if state is None else state)
