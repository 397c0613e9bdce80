"""Licenses over REST: their provisos, suspension, revocation."""

from datetime import datetime
from typing import Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Moment, Resource, Row
from customers.domain.values import Country
from licenses.api.examples import DOCUMENT
from licenses.domain import license as license_
from licenses.domain.license import commands
from licenses.domain.license.terms import LicenseNumber
from licenses.queries import VISIBLE_ROWS


class LicenseItem(Row, frozen=True, kw_only=True):
    """A license as lists show it."""

    exporter_id: UUID
    application_id: UUID
    license_number: str
    product_ids: list[UUID]
    destination_country: str
    total_cents: int
    currency: str
    expires_at: datetime


class LicenseFilters(Filters):
    """Query parameters of the list of licenses."""

    exporter_id: UUID | None = None
    application_id: UUID | None = None
    license_number: LicenseNumber | None = None
    destination_country: Country | None = None
    expires_at_from: Moment | None = None
    expires_at_until: Moment | None = None


LICENSES: Final = Resource(
    path="licenses",
    decider=license_.DECIDER,
    summary="A license: what may leave under it, and what has left.",
    listing=Listing(
        visible=VISIBLE_ROWS["license"],
        row=LicenseItem,
        filters=LicenseFilters,
        orderings=("-created_at", "created_at", "-changed_at", "changed_at", "expires_at"),
    ),
    commands=(
        CommandRoute(
            path="proviso-acknowledgments",
            command=commands.AcknowledgeProvisos,
            summary="Acknowledge provisos in writing",
            example={"proviso_ids": ["P1"], "letter": DOCUMENT},
        ),
        CommandRoute(
            path="suspensions",
            command=commands.SuspendLicense,
            summary="Suspend the license without notice",
            example={"reason": "The end user moved the first lot."},
        ),
        CommandRoute(
            path="reinstatements",
            command=commands.ReinstateLicense,
            summary="Let a suspended license ship again",
            example={"reason": "The move was explained and verified on site."},
        ),
        CommandRoute(
            path="revocation-proposals",
            command=commands.ProposeRevocation,
            summary="Propose to revoke the license",
            example={"reason": "Diversion to a military end user."},
        ),
        CommandRoute(
            path="revocations",
            command=commands.ConfirmRevocation,
            summary="Revoke the license as a second officer",
            example={"on_version": 3},
        ),
    ),
)
