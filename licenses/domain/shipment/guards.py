"""What must be true before a shipment is requested, filed or leaves. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from audits.kernel import Refused
from licenses.domain.application.verdicts import told
from licenses.domain.license.terms import (
    SCOPE_CITATION,
    TOLERANCE_CITATION,
    VALIDITY_CITATION,
)
from licenses.domain.policy.evaluation import unmet
from licenses.domain.policy.model import Condition, Verdict
from licenses.domain.shipment.commands import DispatchShipment, FileExport, RequestShipment
from licenses.domain.shipment.facts import (
    AssessmentFacts,
    DispatchFacts,
    ExportFacts,
    LicenseBasis,
    RequestFacts,
)
from licenses.domain.shipment.state import Waiting
from licenses.domain.shipment.values import ShipmentTerms

UNIT_CITATION: Final = "Tollgate: a unit leaves once, ever"


def require_license(command: RequestShipment, facts: RequestFacts) -> LicenseBasis:
    """Refuse a request that the license cannot carry; give what the license says of the line."""
    basis = facts.basis
    if basis is None:
        raise Refused(
            "line_not_licensed",
            f"No license has such a line {command.line}",
            citation=SCOPE_CITATION,
        )
    if not basis.in_force:
        raise Refused("license_not_in_force", "The license has ended", citation=VALIDITY_CITATION)
    if facts.now >= basis.expires_at:
        raise Refused(
            "license_expired",
            f"The license ran out at {basis.expires_at.isoformat()}",
            citation=VALIDITY_CITATION,
        )
    if command.quantity > basis.quantity_left:
        raise Refused(
            "quantity_exceeded",
            f"{basis.quantity_left} units are left on line {command.line}",
            citation=TOLERANCE_CITATION,
            extra={"left": basis.quantity_left},
        )
    if not set(command.consignee_ids) <= set(basis.party_ids):
        raise Refused(
            "party_not_licensed",
            "Every consignee must be a party of the license",
            citation=SCOPE_CITATION,
        )
    return basis


def require_lot(command: RequestShipment, facts: RequestFacts) -> None:
    """Refuse a lot that is not one serial number for each unit, each free to ship."""
    require_unique(command.serials)
    if len(command.serials) != command.quantity:
        raise Refused(
            "serials_do_not_match_quantity",
            f"{command.quantity} units, but {len(command.serials)} serial numbers",
        )
    require_unshipped(facts.taken_serials)


def require_unique(serials: Sequence[str]) -> None:
    """Refuse a serial number that is named twice."""
    repeated = [serial for serial, count in Counter(serials).items() if count > 1]
    if repeated:
        raise Refused(
            "serials_repeated",
            f"{len(repeated)} serial numbers are named more than once",
            extra={"serials": repeated},
        )


def require_unshipped(taken: Collection[str]) -> None:
    """Refuse serial numbers that have shipped or are about to: each leaves once, ever."""
    if taken:
        raise Refused(
            "serial_already_shipped",
            f"{len(taken)} units are in another shipment already",
            citation=UNIT_CITATION,
            extra={"serials": list(taken)},
        )


def require_filing(command: FileExport, terms: ShipmentTerms, facts: ExportFacts) -> None:
    """Refuse a filing that does not fit the edition, the license or the goods."""
    rule = facts.rule
    checks = (
        (re.fullmatch(rule.itn_pattern, command.itn), "itn_malformed", command.itn),
        (command.license_code == rule.license_code, "license_code_wrong", command.license_code),
        (command.eccn in rule.eccns, "filed_eccn_wrong", command.eccn),
        (command.eccn == terms.eccn, "filed_eccn_differs", command.eccn),
        (
            command.license_number == terms.license_number,
            "filed_license_differs",
            command.license_number,
        ),
        (not facts.is_itn_taken, "itn_already_used", command.itn),
    )
    for met, code, found in checks:
        if not met:
            raise Refused(code, f"The filing cannot name {found}", citation=rule.citation)


def require_clearance(verdicts: Sequence[Verdict]) -> None:
    """Refuse unless all twelve conditions hold now; one failure alone answers by its own code."""
    failed = unmet(verdicts)
    if failed:
        alone = len(failed) == 1
        raise Refused(
            failed[0].code if alone else "clearance_does_not_hold",
            " ".join(f"{verdict.condition}: {verdict.reason}" for verdict in failed),
            citation=failed[0].citation,
            extra={"failing": told(failed)},
        )


def require_departure(command: DispatchShipment, state: Waiting, facts: DispatchFacts) -> None:
    """Refuse units outside the lot, untested or shipped before, and another ITN than filed."""
    lot = set(state.terms.serials)
    if facts.tested_serials is not None:
        lot &= set(facts.tested_serials)
    foreign = [serial for serial in command.serials if serial not in lot]
    if foreign:
        raise Refused(
            "serial_not_in_lot",
            f"{len(foreign)} units are not of the tested lot of this shipment",
            citation=_citation(facts, Condition.THIRD_PARTY_TEST),
            extra={"serials": foreign},
        )
    require_unshipped(facts.shipped_serials)
    filing = state.papers.filing
    if filing is None or filing.itn != command.itn:
        raise Refused(
            "itn_differs",
            f"The export was not filed under {command.itn}",
            citation=_citation(facts, Condition.EXPORT_FILING),
        )


def _citation(facts: AssessmentFacts, condition: Condition) -> str:
    return next(verdict.citation for verdict in facts.verdicts if verdict.condition is condition)
