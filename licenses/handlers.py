"""How commands on licensed exports are carried out: facts in, further streams along.

One table says it all: command → how its facts are gathered, which other streams it moves. Who may
issue it is in `permissions.py`; what is decided is in `domain/`.
"""

from collections.abc import Callable
from typing import Any, Final, get_args
from uuid import UUID

from audits.domain.halt.commands import HaltKind
from audits.execution import Also, Desk, Gather, Procedure, house, plain_facts
from audits.kernel import Command, Decider, Event, Halted, Refused
from licenses.domain import (
    allotment,
    application,
    edition,
    escrow,
    lab_test,
    laboratory,
    license,
    product,
    remittance,
    shipment,
)
from licenses.domain.allotment import commands as allotment_commands
from licenses.domain.allotment.events import Moving
from licenses.domain.application import commands as application_commands
from licenses.domain.edition import commands as edition_commands
from licenses.domain.escrow import commands as escrow_commands
from licenses.domain.escrow import events as escrow_events
from licenses.domain.escrow.deposits import refusal_of as refusal_of_deposit
from licenses.domain.escrow.events import DepositSetAside
from licenses.domain.lab_test import commands as lab_test_commands
from licenses.domain.lab_test.events import ReportRefused
from licenses.domain.lab_test.submission import refusal_of as refusal_of_report
from licenses.domain.laboratory import commands as laboratory_commands
from licenses.domain.license import commands as license_commands
from licenses.domain.product import commands as product_commands
from licenses.domain.remittance import commands as remittance_commands
from licenses.domain.remittance import events as remittance_events
from licenses.domain.shipment import commands as shipment_commands
from licenses.domain.shipment.guards import UNIT_CITATION
from licenses.gathering import (
    applications,
    departures,
    following,
    laboratories,
    money,
)
from licenses.gathering import register as editions
from licenses.gathering.common import ruled_facts
from licenses.permissions import PERMITTED, VISIBLE

DECIDERS: Final[tuple[Decider[Any], ...]] = (
    *(product.DECIDER, edition.DECIDER, application.DECIDER, license.DECIDER),
    *(allotment.DECIDER, escrow.DECIDER, laboratory.DECIDER, lab_test.DECIDER),
    *(shipment.DECIDER, remittance.DECIDER),
)

GATHER: Final[dict[type[Command], Gather]] = {
    product_commands.RegisterProduct: applications.product_facts,
    product_commands.AmendProduct: applications.product_facts,
    edition_commands.ApproveEdition: editions.edition_facts,
    edition_commands.WithdrawEdition: editions.edition_facts,
    edition_commands.EnforceEdition: editions.edition_facts,
    application_commands.DraftApplication: applications.naming_facts,
    application_commands.ReviseApplication: applications.naming_facts,
    application_commands.SubmitApplication: applications.submit_facts,
    application_commands.ReturnApplication: ruled_facts,
    application_commands.ProposeDecision: applications.proposal_facts,
    application_commands.ConfirmDecision: applications.decision_facts,
    license_commands.SuspendLicense: ruled_facts,
    license_commands.ReinstateLicense: applications.reinstatement_facts,
    license_commands.ProposeRevocation: applications.revocation_proposal_facts,
    license_commands.ConfirmRevocation: applications.revocation_facts,
    allotment_commands.ReportUsSale: money.us_sale_facts,
    allotment_commands.ReverseUsSale: money.existing_allotment_facts,
    allotment_commands.ReleaseVolume: money.existing_allotment_facts,
    escrow_commands.BookDeposit: money.deposit_facts,
    escrow_commands.ReturnExcess: money.return_facts,
    escrow_commands.ForfeitEscrow: money.forfeit_facts,
    escrow_commands.ProposeRefund: ruled_facts,
    escrow_commands.ConfirmRefundWaiver: money.waiver_facts,
    laboratory_commands.AccreditLaboratory: laboratories.accredit_facts,
    laboratory_commands.ProposeDisqualification: ruled_facts,
    laboratory_commands.ConfirmDisqualification: ruled_facts,
    lab_test_commands.RegisterLot: laboratories.lot_facts,
    lab_test_commands.DrawSample: laboratories.draw_facts,
    lab_test_commands.SubmitReport: laboratories.report_facts,
    lab_test_commands.VoidCertificate: laboratories.void_facts,
    shipment_commands.RequestShipment: departures.request_facts,
    shipment_commands.CancelShipment: departures.parting_facts,
    shipment_commands.StopShipment: departures.parting_facts,
    shipment_commands.FileExport: departures.export_facts,
    shipment_commands.AssessClearance: departures.assessment_facts,
    shipment_commands.DispatchShipment: departures.dispatch_facts,
    remittance_commands.AssessRemittance: money.assess_facts,
    remittance_commands.ConfirmRemittance: money.confirm_facts,
    remittance_commands.ReconcileRemittance: money.reconcile_facts,
}

ALSO: Final[dict[type[Command], Also]] = {
    application_commands.ConfirmDecision: following.grant,
    shipment_commands.DispatchShipment: following.dispatch,
}

CREATES: Final = frozenset(
    {
        product_commands.RegisterProduct,
        edition_commands.PublishEdition,
        application_commands.DraftApplication,
        allotment_commands.ReportUsSale,
        laboratory_commands.AccreditLaboratory,
        escrow_commands.OpenEscrow,
        lab_test_commands.RegisterLot,
        shipment_commands.RequestShipment,
        remittance_commands.AssessRemittance,
    }
)

DEALS: Final[dict[type[Command], Callable[[Desk, Any], UUID | None]]] = {
    shipment_commands.RequestShipment: departures.deal_of_license,
    # An allotment serves many deals: its volume goes back in the one that asks for it.
    allotment_commands.ReleaseVolume: lambda desk, _command: desk.context.correlation_id,
}

CONSTRAINTS: Final[dict[str, Refused]] = {
    "licenses_shipped_serial_pkey": Refused(
        "serial_already_shipped",
        "A unit of this lot has left with another shipment",
        citation=UNIT_CITATION,
    ),
    "licenses_allotment_cap": Refused(
        "cap_exceeded", "Somebody else took the last of the volume", citation="91 FR 1684"
    ),
    "licenses_sale_evidence": Refused(
        "sale_already_counted", "This document proved another sale at the same moment"
    ),
    "licenses_sale_reference": Refused(
        "sale_already_counted", "This sale began to count elsewhere at the same moment"
    ),
    "licenses_money_halted": Halted("money", "a halt was set at the same moment"),
    "licenses_volume_halted": Halted("volume", "a halt was set at the same moment"),
    "licenses_ledger_covered": Refused(
        "escrow_insufficient", "The account does not hold that much any more"
    ),
    "licenses_application_deal": Refused(
        "application_duplicate",
        "An application for the same deal is pending",
        citation="15 CFR 748.4",
    ),
    "licenses_accepted_report_pkey": Refused(
        "report_replayed", "This report counted for another lot at the same moment"
    ),
    "licenses_report_number": Refused(
        "report_replayed", "This report number counted for another lot at the same moment"
    ),
    "licenses_remittance_reference_key": Refused(
        "reference_already_used", "This reference confirmed another remittance"
    ),
    "licenses_shipment_itn_key": Refused(
        "itn_already_used", "Another shipment was filed under this number", citation="15 CFR 758.1"
    ),
    "licenses_laboratory_organization_id_key": Refused(
        "laboratory_already_accredited", "This organization's laboratory is accredited"
    ),
    # The id of a transfer follows from its business key, so the primary key speaks first.
    "licenses_ledger_transfer_pkey": Refused(
        "deposit_conflict", "This bank reference is booked for another license"
    ),
}


MOVES_MONEY: Final[tuple[type[Event], ...]] = (
    *(escrow_events.DepositBooked, escrow_events.ExcessReturned, escrow_events.EscrowReleased),
    *(escrow_events.DepositReversed, escrow_events.ReversalUndone, escrow_events.AdvanceRepaid),
    *(escrow_events.EscrowForfeited, escrow_events.RefundWaived, escrow_events.RefundPaid),
    *(remittance_events.RemittanceAssessed, remittance_events.RemittanceInstructed),
    *(remittance_events.RemittanceReturned, remittance_events.RemittanceConfirmed),
)
"""Events that post to the ledger."""


def register() -> None:
    """Tell the house how commands of this app are carried out and who may see what."""
    for decider in DECIDERS:
        for command in decider.decisions:
            house.procedures[command] = procedure(decider, command)
    house.visible.update(VISIBLE)
    house.constraints.update(CONSTRAINTS)
    house.halts.update(dict.fromkeys(MOVES_MONEY, HaltKind.MONEY))
    house.halts.update(dict.fromkeys(get_args(Moving), HaltKind.VOLUME))
    house.refusals[DepositSetAside] = refusal_of_deposit
    house.refusals[ReportRefused] = refusal_of_report


def procedure(decider: Decider[Any], command: type[Command]) -> Procedure:
    """Describe how one command is carried out."""
    return Procedure(
        decider=decider,
        roles=PERMITTED[command],
        gather=GATHER.get(command, plain_facts),
        also=ALSO.get(command),
        creates=command in CREATES,
        deal=DEALS.get(command, lambda _desk, _command: None),
    )
