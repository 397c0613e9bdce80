"""`GET /shipments/{id}/clearance`: all twelve conditions, with reason, citation and evidence."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from audits.api import bodies, operations
from audits.api.past import AsOfQuery
from audits.api.schema import Of, Operation
from audits.api.serving import ResourceView
from audits.api.views import actor_of, asked_moment, respond
from audits.execution import NotFound, reading_desk
from audits.kernel import Actor, Refused
from audits.past.moments import Moment, load_at
from audits.reading import Loaded
from licenses.domain.policy.model import EditionName, Verdict
from licenses.domain.shipment.events import ClearanceAssessed, ShipmentDispatched
from licenses.domain.shipment.state import Cleared, Requested
from licenses.editions import edition_in_force
from licenses.gathering import shipments


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the twelve conditions say of a shipment."""

    shipment_id: UUID
    holds: bool
    """Whether all of them hold."""
    edition: EditionName
    judged_at: datetime
    conditions: tuple[Verdict, ...]
    stands_on: Moment | msgspec.UnsetType = msgspec.UNSET
    """For what had been recorded by an earlier moment."""


class ClearanceView(ResourceView):
    """Explains why a shipment may leave, or why not."""

    def describe_get(self) -> Operation:
        """Describe the explanation."""
        content = {"application/json": {"schema": Of(Explanation)}}
        return Operation(
            operation_id="show_clearance",
            tag=self.resource.path,
            summary="Explain the twelve conditions of a shipment",
            description=(
                "Each condition with verdict, reason, citation and the ids of the events that"
                " prove it: judged now, or, for a shipment that left, as judged at its dispatch"
                " or when it was last assessed before it ended. Nothing is recorded. As of an"
                " earlier moment: the last judgment on record then."
            ),
            parameters=operations.query_parameters(AsOfQuery),
            responses={200: {"description": "All twelve.", "content": content}},
            problems=(*operations.SEEING, *operations.PAST),
        )

    def get(self, request: Request, **_path: Any) -> HttpResponse:
        """Judge the shipment now, or show how it was judged when it left, or by a moment."""
        at = asked_moment(bodies.query(request.GET, AsOfQuery))
        with transaction.atomic():
            loaded = self.shown(request)
            if at is None and isinstance(loaded.state, Requested | Cleared):
                return respond(_judged_now(loaded, actor_of(request)))
        if at is None:
            return respond(_as_recorded(loaded))
        then = load_at(self.resource.decider, loaded.stream_id, at)
        if not then.version:
            raise NotFound(str(loaded.stream_id))
        return respond(msgspec.structs.replace(_as_recorded(then), stands_on=at), as_recorded=True)


def _judged_now(shipment: Loaded[Any], actor: Actor) -> Explanation:
    desk = reading_desk(actor)
    edition = edition_in_force(desk.context.now)
    basis = shipments.load_basis(desk, shipment, lock="share")
    verdicts = shipments.shipment_verdicts(desk, basis, edition, quantity=basis.terms.quantity)
    return Explanation(
        shipment_id=shipment.stream_id,
        holds=all(verdict.holds for verdict in verdicts),
        edition=edition.name,
        judged_at=desk.context.now,
        conditions=verdicts,
    )


def _as_recorded(shipment: Loaded[Any]) -> Explanation:
    """Show the last judgment on record: that of the dispatch, or of an assessment before the end."""
    for recorded in reversed(shipment.recorded):
        match recorded.data:
            case ShipmentDispatched(verdicts=verdicts, edition=edition):
                holds = True
            case ClearanceAssessed(clearance=clearance):
                holds, verdicts, edition = clearance.holds, clearance.verdicts, clearance.edition
            case _:
                continue
        return Explanation(
            shipment_id=shipment.stream_id,
            holds=holds,
            edition=edition,
            judged_at=recorded.recorded_at,
            conditions=verdicts,
        )
    raise Refused(
        "clearance_never_assessed", "The shipment was not assessed by then, or before it ended"
    )
