"""Legal holds over REST: placed by one officer, lifted by two."""

from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from audits.kernel import Command
from customers.domain import legal_hold
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold import commands
from customers.queries import visible_legal_holds

MATTER: Final = "Docket 26-0417"


class LegalHoldItem(Row, frozen=True, kw_only=True):
    """The holds on one customer or deal as lists show them."""

    target_id: UUID
    matters: tuple[str, ...]
    """What it is held for now."""


class LegalHoldFilters(Filters):
    """Query parameters of the list of legal holds."""

    target_id: UUID | None = None


def _target(command: Command, _command_id: UUID) -> UUID:
    if not isinstance(command, commands.PlaceLegalHold):
        raise TypeError("only placing a hold makes one")
    return legal_hold_id(command.target_id)


LEGAL_HOLDS: Final = Resource(
    path="legal-holds",
    decider=legal_hold.DECIDER,
    summary="What a customer or a deal is kept for: while it is, none of its data are erased.",
    listing=Listing(visible=visible_legal_holds, row=LegalHoldItem, filters=LegalHoldFilters),
    create=CommandRoute(
        path="",
        command=commands.PlaceLegalHold,
        summary="Place a legal hold",
        example={
            "target_id": "2f1d3c1e-0a5b-5c56-9b38-0e6ab7d5a2f1",
            "matter": MATTER,
            "reason": "The agency asked to keep all records of this buyer.",
        },
        if_match=IfMatch.UNUSED,
        target=_target,
    ),
    commands=(
        CommandRoute(
            path="lifting-proposals",
            command=commands.ProposeLifting,
            summary="Propose to lift the hold of one matter",
            example={"matter": MATTER, "reason": "The proceeding is closed."},
        ),
        CommandRoute(
            path="liftings",
            command=commands.LiftLegalHold,
            summary="Lift the hold of one matter as a second officer",
            example={"matter": MATTER},
        ),
    ),
)
