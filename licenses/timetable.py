"""What happens in its own time, or to many deals at once: expiry, new editions, lost laboratories."""

from typing import Any, Final
from uuid import UUID

from audits import reading, work
from audits.context import database_now
from audits.work import Leased, NewWork
from licenses.domain import edition, lab_test, license, product
from licenses.domain.edition import state as edition_state
from licenses.domain.edition.commands import EnforceEdition
from licenses.domain.lab_test.commands import VoidCertificate
from licenses.domain.license.commands import ExpireLicense, SuspendLicense
from licenses.domain.license.state import Active, Suspended
from licenses.domain.policy.conditions.goods import eligible_product
from licenses.domain.policy.facts import DealFacts
from licenses.domain.policy.model import Edition, Verdict
from licenses.domain.product.specification import product_facts
from licenses.editions import edition_in_force
from licenses.models import LabTestRow, LicenseRow, ShipmentRow
from licenses.reactions import carry_out

EXPIRE_LICENSE: Final = "expire_license"
ENFORCE_EDITION: Final = "enforce_edition"
JUDGE_LICENSES: Final = "judge_licenses"
JUDGE_LICENSE: Final = "judge_license"
VOID_CERTIFICATES: Final = "void_certificates"
VOID_CERTIFICATE: Final = "void_certificate"


def expire_license(leased: Leased) -> None:
    """End a license that ran out; one that ended otherwise stays as it is."""
    state = reading.load(license.DECIDER, leased.subject_id).state
    if isinstance(state, Active | Suspended):
        carry_out(leased, leased.subject_id, ExpireLicense())


def enforce_edition(leased: Leased) -> None:
    """Let an approved edition take effect when it is due; one withdrawn meanwhile stays out."""
    state = reading.load(edition.DECIDER, leased.subject_id).state
    if isinstance(state, edition_state.Approved):
        carry_out(leased, leased.subject_id, EnforceEdition())


def judge_licenses(leased: Leased) -> None:
    """Make work of judging every license in force under an edition that took effect."""
    rows = LicenseRow.objects.filter(status__in=["active", "suspended"])
    _fan_out(leased, JUDGE_LICENSE, rows.values_list("id", flat=True))


def judge_license(leased: Leased) -> None:
    """Suspend a license whose product the new edition does not let through."""
    ruling = edition_in_force(database_now())
    state = reading.load(license.DECIDER, leased.subject_id).state
    if not isinstance(state, Active | Suspended):
        return
    failed = [
        verdict
        for line in state.grant.terms.lines
        if not (verdict := _eligibility(ruling, line.product_id)).holds
    ]
    if failed:
        command = SuspendLicense(reason=failed[0].reason[:4000], edition=ruling.name)
        carry_out(leased, leased.subject_id, command)


def _eligibility(ruling: Edition, product_id: UUID) -> Verdict:
    described: Any = reading.load(product.DECIDER, product_id).state
    facts = product_facts(product_id, described.specification, ())
    return eligible_product(ruling, DealFacts(now=database_now(), product=facts))


def void_certificates(leased: Leased) -> None:
    """Make work of voiding every certificate of a laboratory that was disqualified."""
    rows = LabTestRow.objects.filter(laboratory_id=leased.subject_id, status="certified")
    _fan_out(leased, VOID_CERTIFICATE, rows.values_list("id", flat=True))


def void_certificate(leased: Leased) -> None:
    """Void a certificate, as long as the shipment has not left."""
    state: Any = reading.load(lab_test.DECIDER, leased.subject_id).state
    left = ShipmentRow.objects.filter(
        id=state.lot.shipment_id, status__in=["dispatched", "delivered"]
    )
    if not left.exists():
        command = VoidCertificate(reason="The laboratory was disqualified")
        carry_out(leased, leased.subject_id, command)


def _fan_out(leased: Leased, kind: str, subject_ids: Any) -> None:
    work.enqueue(
        [
            NewWork(kind=kind, subject_id=subject_id, event_id=leased.event_id)
            for subject_id in subject_ids
        ]
    )
