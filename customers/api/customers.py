"""Customers over REST: their parties, proofs, hits and approval."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Moment, Resource, Row
from audits.api.headers import IfMatch
from customers.domain import customer
from customers.domain.customer import commands
from customers.domain.values import Country, Sha256
from customers.queries import visible_customers

PARTY: Final[dict[str, Any]] = {
    "kind": "organization",
    "name": "Lotus Compute (Shenzhen) Co., Ltd.",
    "aliases": ["Lotus Compute"],
    "native_name": "莲花计算(深圳)有限公司",
    "uscc": "91440300MA5GHTTN0K",
    "address": {"lines": ["1 Keji Road"], "city": "Shenzhen", "country": "CN"},
    "headquarters_country": "CN",
    "ultimate_parent": {"name": "Lotus Compute (Shenzhen) Co., Ltd.", "country": "CN"},
    "owners": [],
}
DOCUMENT: Final[dict[str, Any]] = {
    "name": "statement.pdf",
    "media_type": "application/pdf",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size_bytes": 48213,
}
CERTIFICATION: Final[dict[str, Any]] = {
    "end_use": "Training of medical imaging models in the customer's own data center.",
    "civilian_end_use": True,
    "no_military_end_use": True,
    "no_military_end_user": True,
    "remote_end_users": [],
    "remote_end_users_complete": True,
    "signed_by": "General manager",
    "signed_on": "2026-11-20",
    "document": DOCUMENT,
}
HIT: Final = "2f1d3c1e-0a5b-5c56-9b38-0e6ab7d5a2f1"
UNTIL: Final = "2027-11-23T00:00:00Z"


class CustomerItem(Row, frozen=True, kw_only=True):
    """A customer as lists show it."""

    exporter_id: UUID
    name: str
    native_name: str | None
    country: str
    party_version: int
    open_hits: int
    """Hits that nobody has released yet."""
    list_sha256: Sha256 | None
    """The list of the last screening of this version of the party."""
    approved_until: datetime | None


class CustomerFilters(Filters):
    """Query parameters of the list of customers."""

    exporter_id: UUID | None = None
    country: Country | None = None
    open_hits_from: int | None = None
    approved_until_until: Moment | None = None


CUSTOMERS: Final = Resource(
    path="customers",
    decider=customer.DECIDER,
    summary="A party that an exporter wants to deal with, and what is held on it.",
    listing=Listing(visible=visible_customers, row=CustomerItem, filters=CustomerFilters),
    create=CommandRoute(
        path="",
        command=commands.RegisterCustomer,
        summary="Register a customer",
        example={"party": PARTY},
        if_match=IfMatch.UNUSED,
    ),
    commands=(
        CommandRoute(
            path="amendments",
            command=commands.AmendCustomer,
            summary="Describe the party anew",
            example={"party": PARTY},
        ),
        CommandRoute(
            path="end-use-certifications",
            command=commands.CertifyEndUse,
            summary="Hand in the end user's certification",
            example={"certification": CERTIFICATION},
        ),
        CommandRoute(
            path="security-measures",
            command=commands.ProveSecurity,
            summary="Prove the security measures",
            example={
                "measures": [
                    {
                        "kind": "physical_security",
                        "description": "Guarded halls, badges, cameras kept for 90 days.",
                        "document": DOCUMENT,
                    }
                ]
            },
        ),
        CommandRoute(
            path="adjudications",
            command=commands.AdjudicateHit,
            summary="Adjudicate a screening hit",
            example={
                "hit_id": HIT,
                "disposition": "false_positive",
                "reason": "Another company of that name: other country, other business.",
            },
        ),
        CommandRoute(
            path="releases",
            command=commands.ReleaseHit,
            summary="Release a hit as a second officer",
            example={"hit_id": HIT, "reason": "The registers agree with the adjudication."},
        ),
        CommandRoute(
            path="approval-proposals",
            command=commands.ProposeApproval,
            summary="Propose to approve the customer",
            example={"expires_at": UNTIL, "reason": "Civilian, screened, certified, secured."},
        ),
        CommandRoute(
            path="approvals",
            command=commands.ConfirmApproval,
            summary="Approve the customer as a second officer",
            example={"expires_at": UNTIL},
        ),
        CommandRoute(
            path="rejections",
            command=commands.RejectCustomer,
            summary="Reject the customer for good",
            example={"reason": "Military end user."},
        ),
        CommandRoute(
            path="revocations",
            command=commands.RevokeApproval,
            summary="Revoke the approval for good",
            example={"reason": "The certification turned out to be false."},
        ),
    ),
)
