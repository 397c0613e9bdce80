"""Who may do what, when, and see what: written out on its own, so that a change is made twice."""

from collections.abc import Mapping
from typing import Final, NamedTuple

TABLE: Final = """
allotment       ReportUsSale             exporter          not_opened open frozen
allotment       ReverseUsSale            exporter          not_opened open frozen
allotment       ReserveVolume            system            not_opened open frozen
allotment       PostVolume               system            open frozen
allotment       ReleaseVolume            system            open frozen
application     DraftApplication         exporter          not_drafted
application     ReviseApplication        exporter          draft
application     SubmitApplication        exporter          draft
application     WithdrawApplication      exporter          draft submitted proposed
application     ReturnApplication        officer           submitted proposed
application     ProposeDecision          officer           submitted proposed
application     ConfirmDecision          officer           proposed
customer        RegisterCustomer         exporter          unregistered
customer        AmendCustomer            exporter          pending approved
customer        CertifyEndUse            exporter          pending approved
customer        ProveSecurity            exporter          pending approved
customer        RecordScreening          system            pending approved
customer        AdjudicateHit            officer           pending approved
customer        ReleaseHit               officer           pending approved
customer        ProposeApproval          officer           pending approved
customer        ConfirmApproval          officer           pending approved
customer        RejectCustomer           officer           pending
customer        RevokeApproval           officer           approved
customer        ExpireApproval           system            approved
edition         PublishEdition           officer           unpublished
edition         ApproveEdition           officer           published
edition         WithdrawEdition          officer           published approved
edition         EnforceEdition           system            approved
erasure         RequestErasure           officer           not_requested declined
erasure         ApproveErasure           officer           requested
erasure         DeclineErasure           officer           requested
escrow          OpenEscrow               system            not_opened
escrow          BookDeposit              bank              awaiting_funds funded closed
escrow          ReturnExcess             bank              awaiting_funds funded closed
escrow          ReleaseEscrow            system            awaiting_funds funded
escrow          ForfeitEscrow            system            awaiting_funds funded
escrow          ProposeRefund            officer           awaiting_funds funded
escrow          ConfirmRefundWaiver      officer           awaiting_funds funded
escrow          ConfirmRefundPaid        bank              closed
lab_test        RegisterLot              system            not_registered
lab_test        DrawSample               laboratory        sampling sampled voided
lab_test        SubmitReport             laboratory        sampling sampled certified failed voided
lab_test        VoidCertificate          system            certified
finding         RaiseFinding             system            not_raised raised assigned answered closed accepted cleared
finding         ClearFinding             system            raised assigned answered closed accepted
finding         AssignFinding            officer,auditor   raised assigned answered
finding         AnswerFinding            officer,auditor   assigned
finding         CloseFinding             officer,auditor   answered
finding         AcceptFinding            officer,auditor   answered
finding         ReopenFinding            officer,auditor   closed accepted
halt            SetHalt                  officer,auditor,system  never_set halted lifted
halt            ProposeLift              officer,auditor   halted
halt            ConfirmLift              officer,auditor   halted
laboratory      AccreditLaboratory       officer           not_accredited
laboratory      RotateLaboratoryKey      laboratory        accredited
laboratory      ProposeDisqualification  officer           accredited
laboratory      ConfirmDisqualification  officer           accredited
legal_hold      PlaceLegalHold           officer           not_held held lifted
legal_hold      ProposeLifting           officer           held
legal_hold      LiftLegalHold            officer           held
license         GrantLicense             system            not_granted
license         AcknowledgeProvisos      exporter          active suspended
license         SuspendLicense           officer,system    active suspended
license         ReinstateLicense         officer           suspended
license         ProposeRevocation        officer           active suspended
license         ConfirmRevocation        officer           active suspended
license         ExpireLicense            system            active suspended
license         DrawDown                 system            active
product         RegisterProduct          officer           unregistered
product         AmendProduct             officer           registered
remittance      AssessRemittance         system            not_assessed
remittance      InstructRemittance       bank              assessed
remittance      ReturnRemittance         bank              instructed
remittance      ConfirmRemittance        treasury          instructed
remittance      ReconcileRemittance      treasury,system   confirmed
screening_list  ImportList               officer,system    not_imported in_use
shipment        RequestShipment          exporter          not_requested
shipment        HoldEndUserStatement     exporter          requested cleared
shipment        RecordGate               exporter          requested cleared
shipment        FileExport               exporter          requested cleared
shipment        AssessClearance          exporter,officer,system  requested cleared
shipment        DispatchShipment         exporter          requested cleared
shipment        VerifyDelivery           exporter          dispatched
shipment        CancelShipment           exporter          requested cleared
shipment        StopShipment             officer,system    requested cleared
"""
"""Aggregate, command, the roles that may issue it, the states in which it may take effect."""

CREATES: Final = frozenset(
    {
        *("ReportUsSale", "DraftApplication", "RegisterCustomer", "PublishEdition", "OpenEscrow"),
        *("RegisterLot", "AccreditLaboratory", "RegisterProduct", "AssessRemittance"),
        *("ImportList", "RequestShipment", "RaiseFinding", "SetHalt"),
        *("RequestErasure", "PlaceLegalHold"),
    }
)
"""Commands that need no thing to begin with."""
MOVED_ALONG: Final = frozenset(
    {"GrantLicense", "ReserveVolume", "DrawDown", "PostVolume", "ReleaseEscrow"}
)
"""Commands that come with a person's decision or dispatch, and that nobody issues by themselves."""

EVERYBODY: Final = frozenset(
    {"exporter", "officer", "laboratory", "bank", "treasury", "auditor", "system"}
)
OFFICE: Final = frozenset({"exporter", "officer", "auditor", "system"})
MONEY: Final = OFFICE | {"bank", "treasury"}
WATCH: Final = frozenset({"officer", "auditor", "system"})
SEES: Final[Mapping[str, frozenset[str]]] = {
    "product": EVERYBODY,
    "edition": EVERYBODY,
    "laboratory": EVERYBODY,
    "screening_list": EVERYBODY,
    "customer": OFFICE,
    "application": OFFICE,
    "legal_hold": WATCH,
    "erasure": WATCH,
    "license": OFFICE,
    "allotment": OFFICE,
    "shipment": OFFICE,
    "lab_test": OFFICE | {"laboratory"},
    "escrow": MONEY,
    "finding": WATCH,
    "halt": WATCH,
    "remittance": MONEY,
}
"""Aggregate, the roles that see its things; of exporters only the one whose thing it is."""
PUBLIC: Final = frozenset(name for name, roles in SEES.items() if roles == EVERYBODY)
"""Aggregates of which every exporter sees everything."""
HIDDEN: Final = frozenset(
    {("application", "draft", "officer"), ("application", "draft", "auditor")}
)
"""What a role does not see although it sees others of the kind: whatever was never filed."""


class Row(NamedTuple):
    """One command."""

    aggregate: str
    command: str
    roles: frozenset[str]
    states: frozenset[str]


def _row(line: str) -> Row:
    aggregate, command, roles, *states = line.split()
    return Row(aggregate, command, frozenset(roles.split(",")), frozenset(states))


ROWS: Final[Mapping[str, Row]] = {row.command: row for row in map(_row, TABLE.strip().splitlines())}


def sees(role: str, aggregate: str, state: str) -> bool:
    """Tell whether a role sees a thing in a state; as an exporter: its own."""
    return role in SEES[aggregate] and (aggregate, state, role) not in HIDDEN
