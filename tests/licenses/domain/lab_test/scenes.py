"""A lot of eighty units, a sample of four, and every state that their test can be in."""

import hashlib
from datetime import timedelta
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from audits.kernel import Event
from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.commands import DrawSample, RegisterLot, SubmitReport, VoidCertificate
from licenses.domain.lab_test.decisions import DrawFacts, LotFacts, VoidFacts
from licenses.domain.lab_test.report import Figures, LabReport, Measurement
from licenses.domain.lab_test.submission import ReportFacts
from tests.licenses.domain.laboratory.scenes import KEY_ID, PUBLIC_KEY
from tests.licenses.domain.policy.deals import RULE
from tests.support.deciding import Step, played
from tests.support.people import EXPORTER, LABORATORY, NOON, SYSTEM, identity

SHIPMENT: Final = identity("shipment/tested")
LAB: Final = identity("laboratory/first")
SECOND_LAB: Final = identity("laboratory/second")
SERIALS: Final = tuple(f"SN-{number:04}" for number in range(80))
SAMPLE: Final = SERIALS[10:14]
CITATION: Final = RULE.testing.citation
DECLARED: Final = Figures(
    tpp=15_832,
    dram_bandwidth_gb_per_s=4_800,
    interconnect_bandwidth_gb_per_s=900,
    dram_capacity_gb=141,
)
REASON: Final = "The laboratory was disqualified."

REGISTER: Final = RegisterLot(
    shipment_id=SHIPMENT,
    license_id=identity("license/tested"),
    exporter_id=EXPORTER.organization_id,
    product_id=identity("product/tested"),
    model="H200 SXM",
    declared=DECLARED,
    serials=SERIALS,
)
DRAW: Final = DrawSample(serials=SAMPLE)
VOID: Final = VoidCertificate(reason=REASON)


def lot_facts() -> LotFacts:
    return LotFacts(now=NOON, actor=SYSTEM, testing=RULE.testing)


def draw_facts(**changes: Any) -> DrawFacts:
    facts = DrawFacts(
        now=NOON,
        actor=LABORATORY,
        laboratory_id=LAB,
        laboratory_accredited=True,
        earlier_laboratory_accredited=True,
        testing=RULE.testing,
        edition=RULE.name,
    )
    return replace(facts, **changes)


def measurement(serial: str, **changes: Any) -> Measurement:
    measured = Measurement(
        serial=serial,
        tpp=15_700,
        dram_bandwidth_gb_per_s=4_750,
        interconnect_bandwidth_gb_per_s=890,
        dram_capacity_gb=141,
    )
    return replace(measured, **changes)


def report(**changes: Any) -> LabReport:
    """Write a report that certifies the lot, unless `changes` spoil it."""
    genuine = LabReport(
        format="tollgate-lab-report/1",
        report_number="FRM-2026-0117",
        laboratory_id=LAB,
        shipment_id=SHIPMENT,
        tested_in="US",
        tested_at=NOON + timedelta(hours=2),
        no_financial_interest=True,
        measurements=tuple(measurement(serial) for serial in SAMPLE),
    )
    return replace(genuine, **changes)


def sha256(of: LabReport) -> str:
    """Give different reports different fingerprints; the real ones are of the signed bytes."""
    return hashlib.sha256(repr(of).encode()).hexdigest()


SUBMIT: Final = SubmitReport(report="{}", signature="c2lnbmF0dXJl", key_id=KEY_ID)


def report_facts(of: LabReport | None = None, **changes: Any) -> ReportFacts:
    """Know a genuine report of an accredited laboratory, unless `changes` say otherwise."""
    handed_in = report() if of is None else of
    facts = ReportFacts(
        now=NOON + timedelta(hours=3),
        actor=LABORATORY,
        report=handed_in,
        report_sha256=sha256(handed_in),
        signed_with=PUBLIC_KEY,
        laboratory_accredited=True,
        testing=RULE.testing,
        edition=RULE.name,
    )
    return replace(facts, **changes)


def void_facts(**changes: Any) -> VoidFacts:
    facts = VoidFacts(now=NOON, actor=SYSTEM, laboratory_accredited=False, dispatched=False)
    return replace(facts, **changes)


REGISTERING: Final[Step] = (REGISTER, lot_facts())
DRAWING: Final[Step] = (DRAW, draw_facts())
CERTIFYING: Final[Step] = (SUBMIT, report_facts())
FAILING: Final[Step] = (SUBMIT, report_facts(report(tested_in="CA")))
FORGING: Final[Step] = (SUBMIT, report_facts(signed_with=None))
VOIDING: Final[Step] = (VOID, void_facts())


history = partial(played, DECIDER)
HISTORIES: Final[dict[str, list[Event]]] = {
    "not registered": [],
    "sampling": history(REGISTERING),
    "forged while sampling": history(REGISTERING, FORGING),
    "sampled": history(REGISTERING, DRAWING),
    "forged": history(REGISTERING, DRAWING, FORGING),
    "certified": history(REGISTERING, DRAWING, CERTIFYING),
    "failed": history(REGISTERING, DRAWING, FAILING),
    "voided": history(REGISTERING, DRAWING, CERTIFYING, VOIDING),
    "drawn anew": history(
        REGISTERING,
        DRAWING,
        CERTIFYING,
        VOIDING,
        (DRAW, draw_facts(laboratory_id=SECOND_LAB)),
    ),
}
