"""What a laboratory test allows, command by command; reports have a module of their own."""

from typing import Final
from uuid import UUID

from audits.kernel import Decider, Facts, Refused
from licenses.domain.lab_test.commands import (
    DrawSample,
    RegisterLot,
    SubmitReport,
    VoidCertificate,
)
from licenses.domain.lab_test.events import (
    CertificateVoided,
    LabTestEvent,
    LotRegistered,
    SampleDrawn,
)
from licenses.domain.lab_test.report import MAX_SAMPLE
from licenses.domain.lab_test.state import (
    INITIAL,
    Certified,
    Failed,
    LabTestState,
    NotRegistered,
    Registered,
    Sampled,
    Sampling,
    Voided,
    evolve,
    registered,
)
from licenses.domain.lab_test.submission import submit_report
from licenses.domain.policy.model import TestingRule
from licenses.domain.policy.testing import sample_size


class LotFacts(Facts):
    """What registering a lot must know beyond it."""

    testing: TestingRule


class DrawFacts(Facts):
    """What drawing must know beyond the lot."""

    laboratory_id: UUID
    """The laboratory for which the actor draws."""
    laboratory_accredited: bool
    """It is accredited now."""
    earlier_laboratory_accredited: bool
    """The laboratory that drew before is accredited now; True when none drew."""
    testing: TestingRule
    edition: str


class VoidFacts(Facts):
    """What voiding must know beyond the lot."""

    laboratory_accredited: bool
    """The laboratory that certified is accredited now."""
    dispatched: bool
    """The shipment has left."""


def register_lot(command: RegisterLot, state: LabTestState, facts: LotFacts) -> list[LabTestEvent]:
    """Fix the lot: its serials never change."""
    lot_size = len(command.serials)
    if len(set(command.serials)) < lot_size:
        raise Refused("lot_serial_repeated", "A serial number is in the lot twice")
    if sample_size(facts.testing, lot_size) > MAX_SAMPLE:
        raise Refused(
            "lot_too_large",
            f"Its sample is more than {MAX_SAMPLE} units: split the shipment",
            citation=facts.testing.citation,
        )
    event = LotRegistered(
        shipment_id=command.shipment_id,
        license_id=command.license_id,
        exporter_id=command.exporter_id,
        product_id=command.product_id,
        model=command.model,
        declared=command.declared,
        serials=command.serials,
    )
    if isinstance(state, NotRegistered):
        return [event]
    if state.lot != event:
        raise Refused("lot_already_registered", "This shipment has another lot")
    return []


def draw_sample(command: DrawSample, state: LabTestState, facts: DrawFacts) -> list[LabTestEvent]:
    """Fix the sample before anything is measured: a second choice could pick the better units."""
    current = registered(state)
    if _has_drawn(current, command, facts.laboratory_id):
        return []
    _refuse_second_draw(current, facts)
    if not facts.laboratory_accredited:
        raise _refused(facts, "laboratory_not_accredited", "It is not accredited today")
    lot_size = len(current.lot.serials)
    sample_minimum = sample_size(facts.testing, lot_size)
    _refuse_sample(command.serials, current, facts, sample_minimum)
    event = SampleDrawn(
        shipment_id=current.lot.shipment_id,
        laboratory_id=facts.laboratory_id,
        serials=command.serials,
        lot_size=lot_size,
        sample_minimum=sample_minimum,
        drawn_at=facts.now,
        edition=facts.edition,
    )
    return [event]


def _has_drawn(state: Registered, command: DrawSample, laboratory_id: UUID) -> bool:
    if isinstance(state, Sampling | Voided):
        return False
    drawn = (state.sample.laboratory_id, state.sample.serials)
    return drawn == (laboratory_id, command.serials)


def _refuse_second_draw(state: Registered, facts: DrawFacts) -> None:
    """Allow a new draw only where the laboratory that drew before may not test any more."""
    if isinstance(state, Certified | Failed):
        raise _refused(facts, "lab_test_concluded", "The lot was tested")
    if isinstance(state, Sampled) and facts.earlier_laboratory_accredited:
        raise _refused(facts, "sample_already_drawn", "The sample is fixed")


def _refuse_sample(
    serials: tuple[str, ...], state: Registered, facts: DrawFacts, sample_minimum: int
) -> None:
    drawn = set(serials)
    if len(drawn) < len(serials):
        raise _refused(facts, "sample_serial_repeated", "A serial number is drawn twice")
    if not drawn <= set(state.lot.serials):
        raise _refused(facts, "sample_not_in_lot", "A serial number is not in the lot")
    if len(drawn) < sample_minimum:
        detail = f"{len(drawn)} units drawn; at least {sample_minimum} are due"
        raise _refused(facts, "sample_too_small", detail)


def void_certificate(
    command: VoidCertificate, state: LabTestState, facts: VoidFacts
) -> list[LabTestEvent]:
    """Take the certificate back, as long as nothing has left on its strength."""
    current = registered(state)
    if isinstance(current, Voided):
        return []
    if not isinstance(current, Certified):
        raise Refused("lab_test_not_certified", "There is no certificate to take back")
    citation = current.certificate.citation
    if facts.laboratory_accredited:
        raise Refused("laboratory_accredited", "Its certificates stand", citation=citation)
    if facts.dispatched:
        raise Refused("lot_dispatched", "The shipment has left", citation=citation)
    voided = CertificateVoided(
        shipment_id=current.lot.shipment_id,
        certificate_number=current.certificate.certificate_number,
        laboratory_id=current.certificate.laboratory_id,
        reason=command.reason,
    )
    return [voided]


def _refused(facts: DrawFacts, code: str, detail: str) -> Refused:
    return Refused(code, detail, citation=facts.testing.citation)


DECIDER: Final[Decider[LabTestState]] = Decider(
    aggregate="lab_test",
    initial=INITIAL,
    evolve=evolve,
    decisions={
        RegisterLot: register_lot,
        DrawSample: draw_sample,
        SubmitReport: submit_report,
        VoidCertificate: void_certificate,
    },
)
