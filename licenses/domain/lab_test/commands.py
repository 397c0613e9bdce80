"""What can be asked of a laboratory test."""

from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Command
from customers.domain.values import LongText, ShortText
from licenses.domain.lab_test.events import SignatureText
from licenses.domain.lab_test.report import Figures, LotSerials, SampleSerials
from licenses.domain.laboratory.keys import KeyId


class RegisterLot(Command):
    """Fix the serial numbers of a shipment before anything is tested."""

    shipment_id: UUID
    license_id: UUID
    exporter_id: UUID
    product_id: UUID
    model: ShortText
    declared: Figures
    serials: LotSerials


class DrawSample(Command):
    """State which units of the lot the laboratory drew."""

    serials: SampleSerials


class SubmitReport(Command):
    """Hand in the signed report of the test."""

    report: Annotated[
        str,
        msgspec.Meta(
            min_length=2,
            max_length=131_072,
            description="The report as JSON text, or the base64 of that text in UTF-8.",
        ),
    ]
    signature: SignatureText
    """Over the canonical form (RFC 8785) of the report."""
    key_id: KeyId


class VoidCertificate(Command):
    """Take back the certificate of a laboratory that was disqualified."""

    reason: LongText
