"""What happens to the test of one shipment's lot."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from audits.kernel import Event, Value
from customers.domain.values import Country, LongText, Sha256, ShortText
from licenses.domain.lab_test.report import (
    Figures,
    LabReport,
    LotSerials,
    ReportNumber,
    SampleSerials,
    Serial,
)
from licenses.domain.laboratory.keys import KeyId, PublicKey
from licenses.domain.policy.model import Citation, EditionName

SignatureText = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9A-Za-z+/=]+$(?!\n)",
        min_length=1,
        max_length=128,
        description="Ed25519 signature, 64 bytes as base64 or as hexadecimal digits.",
    ),
]


class ReportFlaw(StrEnum):
    """Why a report was refused; the value is also the code of the refusal."""

    MALFORMED = "report_malformed"
    FORGED = "certificate_forged"
    LABORATORY_NOT_ACCREDITED = "laboratory_not_accredited"
    REPLAYED = "report_replayed"
    FOREIGN_LOT = "report_foreign_lot"
    OTHER_LABORATORY = "report_other_laboratory"
    TIME_IMPLAUSIBLE = "report_time_implausible"
    SERIAL_REPEATED = "report_serial_repeated"
    SERIAL_NOT_SAMPLED = "report_serial_not_sampled"
    SAMPLE_INCOMPLETE = "report_sample_incomplete"


class TestFinding(Value):
    """One thing that keeps the lot from being certified."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    code: ShortText
    reason: ShortText
    serials: tuple[Serial, ...] = ()
    """The samples it was found on; (): it concerns the whole test."""


class LotRegistered(Event):
    """The serial numbers of a shipment are known and fixed."""

    shipment_id: UUID
    license_id: UUID
    exporter_id: UUID
    """Whose lot it is."""
    product_id: UUID
    model: ShortText
    declared: Figures
    """The figures of the registered product: theoretical peaks."""
    serials: LotSerials


class SampleDrawn(Event):
    """A laboratory chose the units that it tests."""

    shipment_id: UUID
    laboratory_id: UUID
    serials: SampleSerials
    lot_size: int
    sample_minimum: int
    """How many the edition asks for."""
    drawn_at: datetime
    edition: EditionName


class ReportRefused(Event):
    """Something was handed in as a report of this lot and does not count."""

    shipment_id: UUID
    flaw: ReportFlaw
    report_sha256: Sha256
    """Of the canonical report; of what was handed in where it cannot be read as one."""
    signature: SignatureText
    key_id: KeyId
    claimed_laboratory_id: UUID | None
    claimed_shipment_id: UUID | None
    claimed_report_number: ReportNumber | None
    citation: Citation


class ReportAccepted(Event):
    """A genuine and complete report: `report`, written canonically, is what was signed."""

    shipment_id: UUID
    report: LabReport
    report_sha256: Sha256
    signature: SignatureText
    key_id: KeyId
    public_key: PublicKey


class CertificateIssued(Event):
    """Every sample is within the edition's ceilings and within what was declared."""

    shipment_id: UUID
    certificate_number: ShortText
    laboratory_id: UUID
    report_number: ReportNumber
    report_sha256: Sha256
    lot_size: int
    sampled: int
    highest: Figures
    """The highest figure of all samples, each by itself."""
    tested_in: Country
    tested_at: datetime
    edition: EditionName
    citation: Citation


class CertificateWithheld(Event):
    """The lot may not leave; it is not tested again."""

    shipment_id: UUID
    laboratory_id: UUID
    report_number: ReportNumber
    report_sha256: Sha256
    findings: tuple[TestFinding, ...]
    highest: Figures
    edition: EditionName
    citation: Citation


class CertificateVoided(Event):
    """The certificate does not count any more; another laboratory may test the lot."""

    shipment_id: UUID
    certificate_number: ShortText
    laboratory_id: UUID
    reason: LongText


LabTestEvent = (
    LotRegistered
    | SampleDrawn
    | ReportRefused
    | ReportAccepted
    | CertificateIssued
    | CertificateWithheld
    | CertificateVoided
)
