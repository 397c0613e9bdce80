"""Policy editions over REST: published by one officer, approved by another."""

import tomllib
from datetime import datetime
from typing import Final
from uuid import UUID

from audits import context as minting
from audits.api.declaring import CommandRoute, Filters, Listing, Moment, Resource, Row
from audits.api.headers import IfMatch
from customers.domain.values import Sha256
from licenses.api.examples import SHA256
from licenses.domain import edition
from licenses.domain.edition import commands
from licenses.domain.ids import edition_id
from licenses.queries import VISIBLE_ROWS


class EditionItem(Row, frozen=True, kw_only=True):
    """An edition as lists show it."""

    name: str
    sha256: Sha256
    effective_from: datetime | None
    approved_at: datetime | None


class EditionFilters(Filters):
    """Query parameters of the list of editions."""

    name: str | None = None
    approved_at_until: Moment | None = None


def stream_of(command: commands.PublishEdition, command_id: UUID) -> UUID:
    """Find the stream of the name that the text gives; without one, a stream to refuse it on."""
    try:
        name = tomllib.loads(command.toml).get("name")
    except tomllib.TOMLDecodeError:
        name = None
    if isinstance(name, str):
        return edition_id(name)
    return minting.follow_up_id(command_id, edition.DECIDER.aggregate)


EDITIONS: Final = Resource(
    path="editions",
    decider=edition.DECIDER,
    summary="A policy edition: every rule as data, with its citation and the day it takes effect.",
    listing=Listing(
        visible=VISIBLE_ROWS["edition"],
        row=EditionItem,
        filters=EditionFilters,
    ),
    create=CommandRoute(
        path="",
        command=commands.PublishEdition,
        summary="Publish an edition",
        example={"toml": 'name = "rule-2027"\ntitle = "…"\n'},
        if_match=IfMatch.UNUSED,
        target=stream_of,
    ),
    commands=(
        CommandRoute(
            path="approvals",
            command=commands.ApproveEdition,
            summary="Approve an edition as a second officer",
            example={"sha256": SHA256},
        ),
        CommandRoute(
            path="withdrawals",
            command=commands.WithdrawEdition,
            summary="Withdraw an edition before it takes effect",
            example={"reason": "A citation is wrong."},
        ),
    ),
)
