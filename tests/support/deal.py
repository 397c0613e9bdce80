"""One deal on a stage, step by step, from the application to the remittance."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from audits import context as minting
from audits.kernel import Actor
from audits.reading import Receipt
from devstack.demo import material
from licenses.domain.application import DECIDER as APPLICATION
from licenses.domain.application import commands as application
from licenses.domain.escrow import DECIDER as ESCROW
from licenses.domain.escrow import commands as escrow
from licenses.domain.ids import escrow_id, lab_test_id, license_id, remittance_id
from licenses.domain.lab_test import commands as lab_test
from licenses.domain.lab_test.report import LabReport
from licenses.domain.laboratory.keys import key_id
from licenses.domain.license import DECIDER as LICENSE
from licenses.domain.license import commands as license_
from licenses.domain.remittance import DECIDER as REMITTANCE
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipment
from licenses.signatures import canonical_report
from tests.support.people import (
    BANK,
    EXPORTER,
    LABORATORY,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
    identity,
)
from tests.support.stage import LABORATORY_KEY, PUBLIC_KEY, Stage, body

UNIT_PRICE_CENTS: Final = 3_000_000


@dataclass
class Deal:
    """One deal on a stage, step by step."""

    stage: Stage
    customer_id: UUID
    label: str = "deal"
    quantity: int = 4
    days: int = 90
    expires_at: datetime | None = None
    entered_value_cents: int | None = None
    line: int = 1

    def __post_init__(self) -> None:
        """Name the streams of the deal."""
        self.application_id = identity(f"{self.stage.name}/{self.label}/application")
        self.license_id = license_id(self.application_id)
        self.escrow_id = escrow_id(self.license_id)
        self.shipment_id = identity(f"{self.stage.name}/{self.label}/shipment")
        self.lab_test_id = lab_test_id(self.shipment_id)
        self.remittance_id = remittance_id(self.shipment_id)
        token = hashlib.sha256(f"{self.stage.name}/{self.label}".encode()).hexdigest()
        self.token = token[:10].upper()
        self.serials = tuple(f"{self.token}-{n:04d}" for n in range(self.quantity))
        self.itn = f"X{int(token[:12], 16) % 10**14:014d}"

    @property
    def price_cents(self) -> int:
        """Price of everything."""
        return self.quantity * UNIT_PRICE_CENTS

    def content(self, **changes: Any) -> dict[str, Any]:
        """Say everything that an application needs."""
        content = material.application(
            str(self.customer_id),
            str(self.stage.products["H200"]),
            quantity=self.quantity,
            end_use=f"Weather models ({self.label})",
        )
        item = content["items"][0] | {"unit_price_cents": UNIT_PRICE_CENTS}
        documents = [material.document(f"contract/{self.label}")]
        return content | {"items": [item], "documents": documents} | changes

    def apply(self, **changes: Any) -> "Deal":
        """Draft, complete and submit the application."""
        draft = body(application.DraftApplication, currency="USD")
        self.stage.do(EXPORTER, draft, self.application_id)
        revision = body(application.ReviseApplication, **self.content(**changes))
        self.stage.do(EXPORTER, revision, self.application_id)
        self.stage.do(EXPORTER, application.SubmitApplication(), self.application_id)
        return self

    def grant(self) -> "Deal":
        """Have the application approved by two officers, and the escrow opened."""
        self.propose()
        self.confirm()
        self.stage.settle()
        return self

    def propose(self) -> None:
        """Propose the approval as the first officer."""
        ends = self.expires_at or minting.database_now() + timedelta(days=self.days)
        proposal = body(
            application.ProposeDecision,
            outcome="approve",
            reasons=["Civil end use, approved customer"],
            provisos=[{"proviso_id": "P1", "text": "No re-export without a license"}],
            expires_at=ends.isoformat(),
        )
        self.stage.do(OFFICER, proposal, self.application_id)

    def confirm(self, actor: Actor = SECOND_OFFICER) -> Receipt:
        """Confirm the approval as another officer."""
        proposed = self.stage.state(APPLICATION, self.application_id)
        on_version = proposed.proposal.on_version
        command = body(application.ConfirmDecision, on_version=on_version)
        return self.stage.do(actor, command, self.application_id)

    def acknowledge(self) -> "Deal":
        """Acknowledge the proviso as the holder."""
        command = body(license_.AcknowledgeProvisos, proviso_ids=["P1"])
        self.stage.do(EXPORTER, command, self.license_id)
        return self

    def deposit(self, amount_cents: int | None = None, *, reference: str = "R1") -> Receipt:
        """Have the bank report a booked payment of the buyer."""
        return self.report_entry(
            amount_cents, reference, credit_debit="CRDT", payer_customer_id=str(self.customer_id)
        )

    def take_back(
        self, amount_cents: int | None = None, *, reference: str = "R1", undo: bool = False
    ) -> Receipt:
        """Have the bank report that it reversed a payment, or that it undid such a reversal."""
        direction = "CRDT" if undo else "DBIT"
        return self.report_entry(amount_cents, reference, credit_debit=direction, is_reversal=True)

    def report_entry(self, amount_cents: int | None, reference: str, **fields: Any) -> Receipt:
        """Have the bank report a booked entry: of the whole price, unless an amount is given."""
        command = body(
            escrow.BookDeposit,
            account="US00TOLLGATE0001",
            bank_reference=f"{self.token}-{reference}",
            end_to_end_id=self.license_id.hex,
            amount_cents=self.price_cents if amount_cents is None else amount_cents,
            currency="USD",
            value_on=str(minting.database_now().date()),
            status="BOOK",
            message_sha256=hashlib.sha256(reference.encode()).hexdigest(),
            **fields,
        )
        return self.stage.do(BANK, command, self.escrow_id)

    def request(self, serials: tuple[str, ...] | None = None) -> "Deal":
        """Ask to ship the lot."""
        lot = serials or self.serials
        command = body(
            shipment.RequestShipment,
            license_id=str(self.license_id),
            line=self.line,
            quantity=len(lot),
            serials=list(lot),
            consignee_ids=[str(self.customer_id)],
            entered_value_cents=self.entered_value_cents,
        )
        self.stage.do(EXPORTER, command, self.shipment_id)
        self.stage.settle()
        return self

    def sample(self) -> "Deal":
        """Have the laboratory draw every unit of the lot."""
        command = body(lab_test.DrawSample, serials=list(self.serials))
        self.stage.do(LABORATORY, command, self.lab_test_id)
        return self

    def report(self, **changes: Any) -> LabReport:
        """Write the laboratory's report."""
        report = material.report(
            laboratory_id=str(self.stage.laboratory_id),
            shipment_id=str(self.shipment_id),
            number=f"LR-{self.token}",
            tested_at=minting.database_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            serials=list(self.serials),
        )
        return msgspec.convert(report | changes, LabReport)

    def certify(self, report: LabReport | None = None, **fields: Any) -> Receipt:
        """Have the laboratory hand in its signed report."""
        content = canonical_report(report or self.report())
        signed = {
            "report": content.decode(),
            "signature": LABORATORY_KEY.sign(content).hex(),
            "key_id": key_id(PUBLIC_KEY),
        }
        command = body(lab_test.SubmitReport, **signed | fields)
        return self.stage.do(LABORATORY, command, self.lab_test_id)

    def clear(self) -> "Deal":
        """Hold the end-user statement and file the export."""
        number = self.stage.state(LICENSE, self.license_id).grant.license_number
        statement = body(
            shipment.HoldEndUserStatement,
            reference=f"EUS-{self.token}",
            document=material.document(f"statement/{self.label}"),
            issued_on="2026-02-02",
        )
        self.stage.do(EXPORTER, statement, self.shipment_id)
        filing = body(
            shipment.FileExport,
            itn=self.itn,
            license_code="C30",
            license_number=number,
            eccn="3A090.a",
        )
        self.stage.do(EXPORTER, filing, self.shipment_id)
        self.stage.settle()
        return self

    def dispatch(self, serials: tuple[str, ...] | None = None) -> Receipt:
        """Send the lot off."""
        command = body(
            shipment.DispatchShipment, itn=self.itn, serials=list(serials or self.serials)
        )
        return self.stage.do(EXPORTER, command, self.shipment_id)

    def deliver(self) -> "Deal":
        """Prove that the goods arrived."""
        command = body(
            shipment.VerifyDelivery,
            delivered_on=str(minting.database_now().date()),
            received_by="Receiving desk",
            document=material.document(f"delivery/{self.label}"),
        )
        self.stage.do(EXPORTER, command, self.shipment_id)
        return self

    def remit(self, kind: str = "pay_gov", reference: str | None = None) -> "Deal":
        """Have the bank pay the Treasury and the Treasury confirm it."""
        self.stage.settle()
        due = self.stage.state(REMITTANCE, self.remittance_id).assessed.amount_cents
        amount = {"amount_cents": due, "currency": "USD"}
        instruction = body(
            remittance.InstructRemittance, bank_reference=f"PAY-{self.token}", **amount
        )
        self.stage.do(BANK, instruction, self.remittance_id)
        confirmation = body(
            remittance.ConfirmRemittance,
            reference_kind=kind,
            reference=reference or f"PG{self.token}",
            paid_on=str(minting.database_now().date()),
            **amount,
        )
        self.stage.do(TREASURY, confirmation, self.remittance_id)
        self.stage.settle()
        return self

    def revoke(self) -> "Deal":
        """Revoke the license by two officers."""
        propose = body(license_.ProposeRevocation, reason="Diverted")
        self.stage.do(OFFICER, propose, self.license_id)
        proposed = self.stage.state(LICENSE, self.license_id).revocation
        confirm = body(license_.ConfirmRevocation, on_version=proposed.on_version)
        self.stage.do(SECOND_OFFICER, confirm, self.license_id)
        self.stage.settle()
        return self

    def refund(self) -> "Deal":
        """Give back what the escrow holds: two officers waive, the bank pays."""
        held = self.stage.state(ESCROW, self.escrow_id).books.held_cents
        propose = body(escrow.ProposeRefund, reason="Held without a side taken")
        self.stage.do(OFFICER, propose, self.escrow_id)
        waive = body(escrow.ConfirmRefundWaiver, amount_cents=held)
        self.stage.do(SECOND_OFFICER, waive, self.escrow_id)
        paid = body(
            escrow.ConfirmRefundPaid,
            amount_cents=held,
            bank_reference=f"{self.token}-REFUND",
            paid_on=str(minting.database_now().date()),
        )
        self.stage.do(BANK, paid, self.escrow_id)
        return self

    def again(self, line: int = 1, serials: tuple[str, ...] = ()) -> "Deal":
        """Go on with a further shipment under the same license."""
        self.shipment_id = identity(f"{self.stage.name}/{self.label}/shipment/{self.itn}")
        self.lab_test_id = lab_test_id(self.shipment_id)
        self.remittance_id = remittance_id(self.shipment_id)
        self.line = line
        self.serials = serials or self.serials
        self.token = hashlib.sha256(self.shipment_id.bytes).hexdigest()[:10].upper()
        self.itn = f"X{int(self.token, 16) % 10**14:014d}"
        return self

    def ready(self) -> "Deal":
        """Play everything up to the moment before the dispatch."""
        self.apply().grant().acknowledge().deposit()
        self.request().sample().certify()
        return self.clear()
