"""What is recorded of a report on the lot of the scenes."""

from typing import Any

from msgspec.structs import replace

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import (
    CertificateIssued,
    ReportAccepted,
    ReportFlaw,
    ReportRefused,
)
from licenses.domain.lab_test.report import Figures, LabReport
from licenses.domain.lab_test.submission import ReportFacts
from tests.licenses.domain.lab_test.scenes import (
    CITATION,
    HISTORIES,
    LAB,
    SHIPMENT,
    SUBMIT,
    report,
    sha256,
)
from tests.licenses.domain.laboratory.scenes import KEY_ID, PUBLIC_KEY
from tests.support.deciding import Outcome, given

HIGHEST = Figures(
    tpp=15_700,
    dram_bandwidth_gb_per_s=4_750,
    interconnect_bandwidth_gb_per_s=890,
    dram_capacity_gb=141,
)


def accepted(of: LabReport) -> ReportAccepted:
    return ReportAccepted(
        shipment_id=SHIPMENT,
        report=of,
        report_sha256=sha256(of),
        signature=SUBMIT.signature,
        key_id=KEY_ID,
        public_key=PUBLIC_KEY,
    )


def issued(of: LabReport) -> CertificateIssued:
    return CertificateIssued(
        shipment_id=SHIPMENT,
        certificate_number=f"TC-{sha256(of)[:12].upper()}",
        laboratory_id=LAB,
        report_number=of.report_number,
        report_sha256=sha256(of),
        lot_size=80,
        sampled=4,
        highest=HIGHEST,
        tested_in="US",
        tested_at=of.tested_at,
        edition="rule-2026",
        citation=CITATION,
    )


def refused(flaw: ReportFlaw, of: LabReport | None = None, **changes: Any) -> ReportRefused:
    handed_in = report() if of is None else of
    event = ReportRefused(
        shipment_id=SHIPMENT,
        flaw=flaw,
        report_sha256=sha256(handed_in),
        signature=SUBMIT.signature,
        key_id=KEY_ID,
        claimed_laboratory_id=handed_in.laboratory_id,
        claimed_shipment_id=handed_in.shipment_id,
        claimed_report_number=handed_in.report_number,
        citation=CITATION,
    )
    return replace(event, **changes)


def submit(name: str, facts: ReportFacts) -> Outcome:
    return given(DECIDER, *HISTORIES[name]).when(SUBMIT, facts)


def with_first(**changes: Any) -> LabReport:
    """Change what the first sample measured."""
    first, *others = report().measurements
    return report(measurements=(replace(first, **changes), *others))
