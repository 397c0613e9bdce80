"""Who may ask what of licensed exports, and who may see which thing."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from audits.kernel import Actor, Command, Role
from licenses.domain.allotment import commands as allotment
from licenses.domain.allotment.state import books
from licenses.domain.application import commands as application
from licenses.domain.application.state import Draft, NotDrafted, Withdrawn
from licenses.domain.edition import commands as edition
from licenses.domain.escrow import commands as escrow
from licenses.domain.escrow.state import NotOpened
from licenses.domain.lab_test import commands as lab_test
from licenses.domain.lab_test.state import NotRegistered
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_
from licenses.domain.license.state import NotGranted
from licenses.domain.product import commands as product
from licenses.domain.remittance import commands as remittance
from licenses.domain.remittance.state import NotAssessed
from licenses.domain.shipment import commands as shipment
from licenses.domain.shipment.state import NotRequested

Roles = frozenset[Role]

EXPORTER: Final[Roles] = frozenset({Role.EXPORTER})
OFFICER: Final[Roles] = frozenset({Role.OFFICER})
LABORATORY: Final[Roles] = frozenset({Role.LABORATORY})
BANK: Final[Roles] = frozenset({Role.BANK})
TREASURY: Final[Roles] = frozenset({Role.TREASURY})
SYSTEM: Final[Roles] = frozenset({Role.SYSTEM})

PERMITTED: Final[Mapping[type[Command], Roles]] = {
    product.RegisterProduct: OFFICER,
    product.AmendProduct: OFFICER,
    edition.PublishEdition: OFFICER,
    edition.ApproveEdition: OFFICER,
    edition.WithdrawEdition: OFFICER,
    edition.EnforceEdition: SYSTEM,
    application.DraftApplication: EXPORTER,
    application.ReviseApplication: EXPORTER,
    application.SubmitApplication: EXPORTER,
    application.WithdrawApplication: EXPORTER,
    application.ReturnApplication: OFFICER,
    application.ProposeDecision: OFFICER,
    application.ConfirmDecision: OFFICER,
    license_.GrantLicense: SYSTEM,
    license_.AcknowledgeProvisos: EXPORTER,
    license_.SuspendLicense: OFFICER | SYSTEM,
    license_.ReinstateLicense: OFFICER,
    license_.ProposeRevocation: OFFICER,
    license_.ConfirmRevocation: OFFICER,
    license_.ExpireLicense: SYSTEM,
    license_.DrawDown: SYSTEM,
    allotment.ReportUsSale: EXPORTER,
    allotment.ReverseUsSale: EXPORTER,
    allotment.ReserveVolume: SYSTEM,
    allotment.PostVolume: SYSTEM,
    allotment.ReleaseVolume: SYSTEM,
    escrow.OpenEscrow: SYSTEM,
    escrow.BookDeposit: BANK,
    escrow.ReturnExcess: BANK,
    escrow.ReleaseEscrow: SYSTEM,
    escrow.ForfeitEscrow: SYSTEM,
    escrow.ProposeRefund: OFFICER,
    escrow.ConfirmRefundWaiver: OFFICER,
    escrow.ConfirmRefundPaid: BANK,
    laboratory.AccreditLaboratory: OFFICER,
    laboratory.RotateLaboratoryKey: LABORATORY,
    laboratory.ProposeDisqualification: OFFICER,
    laboratory.ConfirmDisqualification: OFFICER,
    lab_test.RegisterLot: SYSTEM,
    lab_test.DrawSample: LABORATORY,
    lab_test.SubmitReport: LABORATORY,
    lab_test.VoidCertificate: SYSTEM,
    shipment.RequestShipment: EXPORTER,
    shipment.HoldEndUserStatement: EXPORTER,
    shipment.RecordGate: EXPORTER,
    shipment.FileExport: EXPORTER,
    shipment.AssessClearance: EXPORTER | OFFICER | SYSTEM,
    shipment.DispatchShipment: EXPORTER,
    shipment.VerifyDelivery: EXPORTER,
    shipment.CancelShipment: EXPORTER,
    shipment.StopShipment: OFFICER | SYSTEM,
    remittance.AssessRemittance: SYSTEM,
    remittance.InstructRemittance: BANK,
    remittance.ReturnRemittance: BANK,
    remittance.ConfirmRemittance: TREASURY,
    remittance.ReconcileRemittance: TREASURY | SYSTEM,
}
"""Commands that move another stream inside a person's command (a grant, a draw-down) are the
system's own: nobody issues them by themselves."""


def _everybody(_state: Any, _actor: Actor) -> bool:
    return True


def _owned(
    exporter_of: Callable[[Any], UUID | None], *others: Role
) -> Callable[[Any, Actor], bool]:
    """Let exporters see what is theirs, the named roles everything, others nothing."""

    def sees(state: Any, actor: Actor) -> bool:
        if actor.role is Role.EXPORTER:
            return exporter_of(state) == actor.organization_id
        return actor.role in others

    return sees


def exporter_of_application(state: Any) -> UUID | None:
    """Tell whose application it is; None before the draft."""
    match state:
        case NotDrafted():
            return None
        case Draft(exporter_id=exporter) | Withdrawn(exporter_id=exporter):
            return exporter
        case _:
            exporter_id: UUID = state.filing.exporter_id
            return exporter_id


def sees_application(state: Any, actor: Actor) -> bool:
    """Nobody but its exporter sees what was never filed; officers and auditors see the rest."""
    if actor.role is Role.EXPORTER:
        return exporter_of_application(state) == actor.organization_id
    is_filed = getattr(state, "filing", None) is not None
    return actor.role in {Role.OFFICER, Role.AUDITOR} and is_filed


def _exporter_of_license(state: Any) -> UUID | None:
    return None if isinstance(state, NotGranted) else state.grant.terms.exporter_id


def _exporter_of_escrow(state: Any) -> UUID | None:
    return None if isinstance(state, NotOpened) else state.books.terms.exporter_id


def _exporter_of_lab_test(state: Any) -> UUID | None:
    return None if isinstance(state, NotRegistered) else state.lot.exporter_id


def _exporter_of_shipment(state: Any) -> UUID | None:
    return None if isinstance(state, NotRequested) else state.terms.exporter_id


def _exporter_of_remittance(state: Any) -> UUID | None:
    return None if isinstance(state, NotAssessed) else state.assessed.exporter_id


def _exporter_of_allotment(state: Any) -> UUID | None:
    volume = books(state)
    return None if volume is None else volume.exporter_id


_OFFICE: Final = (Role.OFFICER, Role.AUDITOR)

VISIBLE: Final[Mapping[str, Callable[[Any, Actor], bool]]] = {
    "product": _everybody,
    "edition": _everybody,
    "laboratory": _everybody,
    "application": sees_application,
    "license": _owned(_exporter_of_license, *_OFFICE),
    "allotment": _owned(_exporter_of_allotment, *_OFFICE),
    "escrow": _owned(_exporter_of_escrow, *_OFFICE, Role.BANK, Role.TREASURY),
    # A laboratory must find a lot before it has drawn from it.
    "lab_test": _owned(_exporter_of_lab_test, *_OFFICE, Role.LABORATORY),
    "shipment": _owned(_exporter_of_shipment, *_OFFICE),
    "remittance": _owned(_exporter_of_remittance, *_OFFICE, Role.BANK, Role.TREASURY),
}
