"""The API as data: what there is to see of an aggregate and what can be asked of it.

An app declares its resources; views, addresses and the OpenAPI document follow from that.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from audits import context as minting
from audits.api.headers import IfMatch
from audits.api.pages import LARGEST_SIZE, USUAL_SIZE
from audits.kernel import Actor, Command, Decider, State, Value
from audits.projection import case_name

Limit = Annotated[
    int, msgspec.Meta(ge=1, le=LARGEST_SIZE, description="How many items at most on a page.")
]
CursorText = Annotated[
    str,
    msgspec.Meta(max_length=1_000, description="Where to go on: taken from a `Link` header."),
]
Moment = Annotated[
    datetime, msgspec.Meta(tz=True, description="RFC 3339, with an offset from UTC.")
]


AsOfTime = Annotated[
    datetime,
    msgspec.Meta(
        tz=True,
        description=(
            "As it stood at this time: after the longest beginning of the log in which every event"
            " was recorded at or before it. RFC 3339, with an offset from UTC."
        ),
    ),
]
AsOfIndex = Annotated[
    int,
    msgspec.Meta(ge=-1, le=2**53 - 1, description="As it stood after this event of the log."),
]


class Paging(Value):
    """Query parameters of every list."""

    limit: Limit = USUAL_SIZE
    cursor: CursorText | None = None


class PastPaging(Paging):
    """Query parameters of a list that can be asked for as it stood; neither: as it is."""

    as_of: AsOfTime | None = None
    log_index: AsOfIndex | None = None


class Filters(PastPaging):
    """Query parameters of a list of things; a subclass adds the columns that it filters by.

    A member filters by equality of the column of its name; `…_from` and `…_until` bound the column
    before that suffix, the former included and the latter not.
    """

    status: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    correlation_id: UUID | None = None
    created_at_from: Moment | None = None
    created_at_until: Moment | None = None


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of every thing, beside its status and its state."""

    id: UUID
    version: Annotated[int, msgspec.Meta(ge=1)]
    correlation_id: Annotated[UUID, msgspec.Meta(description="The deal that it belongs to.")]
    created_at: datetime
    changed_at: datetime


class Row(Thing, frozen=True, kw_only=True):
    """A thing as lists show it; a subclass adds columns of the read model."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How things of one kind are listed."""

    visible: Callable[[Actor], QuerySet[Any]]
    """The read model's rows that an actor may see."""
    row: type[Row] = Row
    filters: type[Filters] = Filters
    orderings: tuple[str, ...] = ("-created_at", "created_at", "-changed_at", "changed_at")
    """What a client may order by, the usual ordering first; columns that are never null."""

    def parameters(self, statuses: tuple[str, ...]) -> type[Any]:
        """Make the query parameters: the filters, and `status` and `ordering` with their choices."""
        return _parameters_of(self.filters, self.orderings, statuses)


@cache
def _parameters_of(
    filters: type[Filters], orderings: tuple[str, ...], statuses: tuple[str, ...]
) -> type[Any]:
    # A status that nothing ever has is a slip: an empty list would answer it as if it were none.
    choices = {"status": Literal[statuses] | None, "ordering": Literal[orderings]}
    members = {"__annotations__": choices, "status": None, "ordering": orderings[0]}
    return types.new_class(
        f"{filters.__name__}Ordered", (filters,), {}, lambda ns: ns.update(members)
    )


def _minted(aggregate: str) -> Callable[[Any, UUID], UUID]:
    """Derive the id of a new thing from the command that makes it: a repeat finds the same one."""
    return lambda _command, command_id: minting.follow_up_id(command_id, aggregate)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRoute:
    """One command as a sub-resource; `POST` with the command's fields as the body."""

    path: str
    """Below the thing's address, such as `suspensions`; empty where it makes a new thing."""
    command: type[Command]
    summary: str
    example: Mapping[str, Any]
    """A body that is accepted, as JSON values."""
    if_match: IfMatch = IfMatch.REQUIRED
    target: Callable[[Any, UUID], UUID] | None = None
    """For a new thing whose id follows from the command: (command, command id) → id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One aggregate at `/api/v1/<path>/`."""

    path: str
    """Plural, in kebab case, such as `lab-tests`."""
    decider: Decider[Any]
    summary: str
    """What the thing is, in one sentence."""
    create: CommandRoute | None = None
    commands: tuple[CommandRoute, ...] = ()
    listing: Listing | None = None

    @property
    def aggregate(self) -> str:
        """The aggregate's name, singular, in snake case."""
        return self.decider.aggregate

    @property
    def words(self) -> str:
        """The aggregate's name as words."""
        return self.aggregate.replace("_", " ")

    def target_of(self, command: Command, command_id: UUID) -> UUID:
        """Tell the id of the thing that `command` makes."""
        own = self.create.target if self.create else None
        return (own or _minted(self.aggregate))(command, command_id)

    def states(self) -> tuple[type[State], ...]:
        """List the cases of the aggregate's state in which a thing exists."""
        hint = get_type_hints(self.decider.evolve)["return"]
        cases = get_args(hint) if get_origin(hint) in _UNIONS else (hint,)
        return tuple(case for case in cases if case is not type(self.decider.initial))

    def statuses(self) -> tuple[str, ...]:
        """Name those cases as the API does."""
        return tuple(map(case_name, self.states()))


_UNIONS: Final = (Union, types.UnionType)
