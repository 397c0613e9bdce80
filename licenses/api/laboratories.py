"""Laboratories and their tests over REST: accreditation, samples, signed reports."""

from typing import Any, Final
from uuid import UUID

from audits.api.declaring import CommandRoute, Filters, Listing, Resource, Row
from audits.api.headers import IfMatch
from licenses.api.examples import KEY_ID, ORGANIZATION
from licenses.domain import lab_test, laboratory
from licenses.domain.lab_test import commands as lab_test_commands
from licenses.domain.laboratory import commands
from licenses.queries import VISIBLE_ROWS

PUBLIC_KEY: Final = "8e28a4c9f6d1c7d3b1d1a5f3f0f6c1d9b0a8b3d6b6f4a7f7e5c3d2b1a0f9e8d7"
ACCREDITATION: Final[dict[str, Any]] = {
    "organization_id": ORGANIZATION,
    "name": "Potomac Silicon Laboratory",
    "headquarters_country": "US",
    "control_countries": [],
    "financial_interests": [],
    "sites": [{"lines": ["7 Test Road"], "city": "Reston", "country": "US"}],
    "public_key": PUBLIC_KEY,
}


class LaboratoryItem(Row, frozen=True, kw_only=True):
    """A laboratory as lists show it."""

    organization_id: UUID
    name: str
    key_id: str | None
    """Of the key that counts; null once disqualified."""


class LaboratoryFilters(Filters):
    """Query parameters of the list of laboratories."""

    organization_id: UUID | None = None


class LabTestItem(Row, frozen=True, kw_only=True):
    """The test of a lot as lists show it."""

    exporter_id: UUID
    shipment_id: UUID
    license_id: UUID
    laboratory_id: UUID | None
    certificate_number: str | None


class LabTestFilters(Filters):
    """Query parameters of the list of tests."""

    shipment_id: UUID | None = None
    license_id: UUID | None = None
    laboratory_id: UUID | None = None


LABORATORIES: Final = Resource(
    path="laboratories",
    decider=laboratory.DECIDER,
    summary="An independent laboratory and the key that it signs with.",
    listing=Listing(
        visible=VISIBLE_ROWS["laboratory"],
        row=LaboratoryItem,
        filters=LaboratoryFilters,
    ),
    create=CommandRoute(
        path="",
        command=commands.AccreditLaboratory,
        summary="Accredit a laboratory",
        example=ACCREDITATION,
        if_match=IfMatch.UNUSED,
    ),
    commands=(
        CommandRoute(
            path="keys",
            command=commands.RotateLaboratoryKey,
            summary="Replace the signing key",
            example={"public_key": PUBLIC_KEY, "replaces_key_id": KEY_ID},
        ),
        CommandRoute(
            path="disqualification-proposals",
            command=commands.ProposeDisqualification,
            summary="Propose to end the accreditation",
            example={"reason": "Reports were signed before the tests were made."},
        ),
        CommandRoute(
            path="disqualifications",
            command=commands.ConfirmDisqualification,
            summary="Disqualify the laboratory as a second officer",
            example={"reason": "Reports were signed before the tests were made."},
        ),
    ),
)
LAB_TESTS: Final = Resource(
    path="lab-tests",
    decider=lab_test.DECIDER,
    summary="The test of one shipment's lot by an independent laboratory.",
    listing=Listing(
        visible=VISIBLE_ROWS["lab_test"],
        row=LabTestItem,
        filters=LabTestFilters,
    ),
    commands=(
        CommandRoute(
            path="samples",
            command=lab_test_commands.DrawSample,
            summary="State which units were drawn",
            example={"serials": ["SN-000001"]},
            if_match=IfMatch.OPTIONAL,
        ),
        CommandRoute(
            path="reports",
            command=lab_test_commands.SubmitReport,
            summary="Hand in the signed report",
            example={
                "report": '{"format":"tollgate-lab-report/1"}',
                "signature": "MEUCIQDx" + "A" * 80,
                "key_id": KEY_ID,
            },
            if_match=IfMatch.OPTIONAL,
        ),
    ),
)
