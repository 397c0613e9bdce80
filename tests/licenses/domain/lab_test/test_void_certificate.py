"""Voiding: when the laboratory was disqualified and nothing has left yet."""

import pytest

from licenses.domain.lab_test import DECIDER
from licenses.domain.lab_test.events import CertificateIssued, CertificateVoided
from licenses.domain.lab_test.state import INITIAL, Voided
from tests.licenses.domain.lab_test.scenes import (
    CERTIFYING,
    CITATION,
    DRAWING,
    FORGING,
    HISTORIES,
    LAB,
    REASON,
    REGISTERING,
    SHIPMENT,
    VOID,
    VOIDING,
    void_facts,
)
from tests.support.deciding import Step, given, once_and_again

CERTIFIED = HISTORIES["certified"]
CERTIFICATE = CERTIFIED[-1]


def test_the_certificate_of_a_disqualified_laboratory_is_taken_back() -> None:
    assert isinstance(CERTIFICATE, CertificateIssued)
    voided = CertificateVoided(
        shipment_id=SHIPMENT,
        certificate_number=CERTIFICATE.certificate_number,
        laboratory_id=LAB,
        reason=REASON,
    )
    events = given(DECIDER, *CERTIFIED).when(VOID, void_facts()).then(voided)
    assert isinstance(DECIDER.fold([*CERTIFIED, *events]), Voided)


def test_the_certificates_of_an_accredited_laboratory_stand() -> None:
    outcome = given(DECIDER, *CERTIFIED).when(VOID, void_facts(laboratory_accredited=True))
    outcome.refused("laboratory_accredited", citation=CITATION)


def test_what_has_left_has_left() -> None:
    outcome = given(DECIDER, *CERTIFIED).when(VOID, void_facts(dispatched=True))
    outcome.refused("lot_dispatched", citation=CITATION)


def test_a_repeat_changes_nothing() -> None:
    given(DECIDER, *HISTORIES["voided"]).when(VOID, void_facts()).then()


@pytest.mark.parametrize("name", ["sampling", "sampled", "forged", "failed", "drawn anew"])
def test_without_a_certificate_there_is_nothing_to_take_back(name: str) -> None:
    given(DECIDER, *HISTORIES[name]).when(VOID, void_facts()).refused("lab_test_not_certified")


def test_the_lot_must_be_registered() -> None:
    given(DECIDER).when(VOID, void_facts()).refused("lot_not_registered")


STEPS: dict[str, Step] = {
    "register": REGISTERING,
    "draw": DRAWING,
    "certify": CERTIFYING,
    "forge": FORGING,
    "void": VOIDING,
}


def test_every_command_is_tried() -> None:
    assert {type(command) for command, _ in STEPS.values()} == set(DECIDER.decisions)


@pytest.mark.parametrize("name", HISTORIES)
@pytest.mark.parametrize("step", STEPS)
def test_events_or_a_refusal_and_a_repeat_adds_nothing(name: str, step: str) -> None:
    once_and_again(DECIDER, HISTORIES[name], STEPS[step])


@pytest.mark.parametrize(
    ("name", "message"), [("sampled", "cannot follow"), ("certified", "cannot follow")]
)
def test_a_history_out_of_order_is_a_bug_and_rises(name: str, message: str) -> None:
    state = INITIAL if name == "sampled" else DECIDER.fold(HISTORIES["sampling"])
    with pytest.raises(TypeError, match=message):
        DECIDER.evolve(state, HISTORIES[name][-1])
