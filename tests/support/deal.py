"""Plays deals through the real handlers on a real database: people do, work is run, states are read.

Bodies are JSON values as a client would send them; every step goes through `execution.execute`.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audits import context as minting
from audits import execution, reading, work
from audits.kernel import Actor, Command, Context
from audits.reading import Receipt
from customers import lists
from customers.domain.customer import commands as customer
from customers.handlers import SCREENING_LIST_ID
from devstack.demo import material
from devstack.demo.material import H200, document
from licenses.domain.allotment import commands as allotment
from licenses.domain.application import commands as application
from licenses.domain.edition import commands as edition
from licenses.domain.escrow import commands as escrow
from licenses.domain.ids import edition_id, escrow_id, lab_test_id, license_id, remittance_id
from licenses.domain.lab_test import commands as lab_test
from licenses.domain.lab_test.report import LabReport
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.laboratory.keys import key_id
from licenses.domain.license import commands as license_
from licenses.domain.policy.parsing import parse_edition
from licenses.domain.product import commands as product
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipment
from licenses.editions import edition_in_force
from licenses.gathering.volume import allotment_of
from licenses.signatures import canonical_report
from tests.support.people import (
    BANK,
    EXPORTER,
    LABORATORY,
    NOON,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
    identity,
)

ROOT: Final = Path(__file__).parent.parent.parent
EDITIONS: Final = ROOT / "licenses" / "editions"
SAMPLE_LIST: Final = ROOT / "customers" / "data" / "sample_list.csv"
LABORATORY_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY: Final = LABORATORY_KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
UNIT_PRICE_CENTS: Final = 3_000_000


def party(name: str = "Harbor Cloud Services") -> dict[str, Any]:
    """Describe a civilian buyer in China, completely."""
    return material.party(name, "港湾云服务有限公司")


CERTIFICATION: Final[dict[str, Any]] = {
    "end_use": "Training of weather models for civil forecasts",
    "civilian_end_use": True,
    "no_military_end_use": True,
    "no_military_end_user": True,
    "remote_end_users": [],
    "remote_end_users_complete": True,
    "signed_by": "Managing director",
    "signed_on": "2026-01-05",
    "document": document("certification"),
}
MEASURES: Final = [
    {"kind": kind, "description": f"{kind} is audited every year", "document": document(kind)}
    for kind in ("physical_security", "cyber_security", "remote_access_kyc")
]


def body(command: type[Command], **fields: Any) -> Any:
    """Read a command from JSON values, exactly as the API does."""
    return msgspec.convert(fields, command)


@dataclass
class Stage:
    """A world with an edition, a list, a product and a laboratory; deals are played on it."""

    name: str = "stage"
    steps: int = 0
    products: dict[str, UUID] = field(default_factory=dict)

    def do(
        self,
        actor: Actor,
        command: Command,
        target: UUID,
        *,
        key: str | None = None,
        expected_version: int | None = None,
    ) -> Receipt:
        """Issue a command as a person; without `key` under a new idempotency key."""
        self.steps += 1
        command_id = minting.new_id() if key is None else uuid5(target, key)
        context = Context(actor=actor, now=NOON, command_id=command_id)
        return execution.execute(command, target, context, expected_version=expected_version)

    def settle(self) -> None:
        """Run all work that is due, as a worker would."""
        work.run_due()

    def state(self, decider: Any, stream_id: UUID) -> Any:
        """Fold a stream."""
        return reading.load(decider, stream_id).state

    def prepare(self, family: str = "brief", *, toml: str | None = None) -> None:
        """Bring an edition into force, a list into use, a product and a laboratory on record."""
        self.enforce(toml or (EDITIONS / f"{family}-2026.toml").read_text())
        self.import_list(SAMPLE_LIST.read_bytes())
        self.products["H200"] = self.register_product(H200)
        self.accredit()
        self.settle()

    def enforce(self, toml: str) -> UUID:
        """Publish an edition as one officer, approve it as another."""
        target = edition_id(parse_edition(toml).name)
        self.do(OFFICER, body(edition.PublishEdition, toml=toml), target)
        digest = hashlib.sha256(toml.encode()).hexdigest()
        self.do(SECOND_OFFICER, body(edition.ApproveEdition, sha256=digest), target)
        self.settle()
        return target

    def import_list(self, content: bytes) -> None:
        """Import a screening list."""
        command = lists.store_list(content, source="sample", fetched_at=minting.database_now())
        self.do(OFFICER, command, SCREENING_LIST_ID)

    def register_product(self, specification: dict[str, Any]) -> UUID:
        """Register a product."""
        target = identity(f"{self.name}/product/{specification['model']}")
        command = body(product.RegisterProduct, specification=specification)
        self.do(OFFICER, command, target)
        return target

    @property
    def laboratory_id(self) -> UUID:
        """The stream of the accredited laboratory."""
        return identity(f"{self.name}/laboratory")

    def accredit(self) -> None:
        """Accredit the laboratory of the cast."""
        command = body(
            laboratory.AccreditLaboratory,
            organization_id=str(LABORATORY.organization_id),
            name="Prairie Metrology",
            headquarters_country="US",
            control_countries=[],
            financial_interests=[],
            sites=[{"lines": ["5 Main Street"], "city": "Omaha", "country": "US"}],
            public_key=PUBLIC_KEY,
        )
        self.do(OFFICER, command, self.laboratory_id)

    def sell_at_home(
        self, quantity: int, *, reference: str = "INV-1", product_name: str = "H200"
    ) -> UUID:
        """Report a US sale; give the allotment that it counts in."""
        command, target = self.sale(quantity, reference=reference, product_name=product_name)
        self.do(EXPORTER, command, target)
        return target

    def sale(
        self, quantity: int, *, reference: str = "INV-1", product_name: str = "H200"
    ) -> tuple[allotment.ReportUsSale, UUID]:
        """Make the command that reports a US sale, and name the allotment that it counts in now."""
        product_id = self.products[product_name]
        now = minting.database_now()
        target = allotment_of(EXPORTER.organization_id, product_id, edition_in_force(now), now)
        command = body(
            allotment.ReportUsSale,
            product_id=str(product_id),
            sale_reference=reference,
            evidence=document(f"{self.name}/{product_name}/{reference}"),
            buyer="Great Plains Compute",
            sold_on=str(now.date()),
            quantity=quantity,
            destination_country="US",
            end_use_country="US",
        )
        return command, target

    def approved_customer(
        self, label: str = "buyer", *, until: datetime | None = None, **changes: Any
    ) -> UUID:
        """Register a buyer, screen it and have it approved by two officers."""
        target = self.registered_customer(label, **changes)
        self.settle()
        self.approve(target, until or minting.database_now() + timedelta(days=365))
        return target

    def approve(self, target: UUID, ends: datetime) -> None:
        """Approve a screened buyer by two officers."""
        until = ends.isoformat()
        proposal = body(customer.ProposeApproval, expires_at=until, reason="Civil weather service")
        self.do(OFFICER, proposal, target)
        self.do(SECOND_OFFICER, body(customer.ConfirmApproval, expires_at=until), target)

    def registered_customer(self, label: str = "buyer", **changes: Any) -> UUID:
        """Register a buyer with certification and security measures."""
        target = identity(f"{self.name}/customer/{label}")
        described = party() | changes
        self.do(EXPORTER, body(customer.RegisterCustomer, party=described), target)
        certification = body(customer.CertifyEndUse, certification=CERTIFICATION)
        self.do(EXPORTER, certification, target)
        self.do(EXPORTER, body(customer.ProveSecurity, measures=MEASURES), target)
        return target


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
        roles = ("purchaser", "ultimate_consignee", "end_user")
        return {
            "parties": [{"role": role, "customer_id": str(self.customer_id)} for role in roles],
            "items": [
                {
                    "line": 1,
                    "product_id": str(self.stage.products["H200"]),
                    "model": "H200 SXM",
                    "eccn": "3A090.a",
                    "quantity": self.quantity,
                    "unit_price_cents": UNIT_PRICE_CENTS,
                    "manufacturer": "NVIDIA",
                    "description": "Accelerator modules",
                }
            ],
            "currency": "USD",
            "shipped_from_country": "US",
            "destination_country": "CN",
            "end_use": f"Weather models ({self.label})",
            "documents": [document(f"contract/{self.label}")],
            "supply": {
                "certifications": ["no_delay_of_us_orders", "no_foundry_diversion"],
                "us_units_shipped": 10_000,
                "us_stock_units": 500,
                "us_open_order_units": 100,
            },
        } | changes

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
        from licenses.domain import application as aggregate  # noqa: PLC0415

        proposed = self.stage.state(aggregate.DECIDER, self.application_id)
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
        today = minting.database_now().date()
        command = body(
            escrow.BookDeposit,
            account="US00TOLLGATE0001",
            bank_reference=f"{self.token}-{reference}",
            end_to_end_id=self.license_id.hex,
            payer_customer_id=str(self.customer_id),
            amount_cents=self.price_cents if amount_cents is None else amount_cents,
            currency="USD",
            value_on=str(today),
            status="BOOK",
            credit_debit="CRDT",
            message_sha256=hashlib.sha256(reference.encode()).hexdigest(),
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
        return msgspec.convert(
            {
                "format": "tollgate-lab-report/1",
                "report_number": f"LR-{self.token}",
                "laboratory_id": str(self.stage.laboratory_id),
                "shipment_id": str(self.shipment_id),
                "tested_in": "US",
                "tested_at": minting.database_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "no_financial_interest": True,
                "measurements": [
                    {
                        "serial": serial,
                        "tpp": 15_700,
                        "dram_bandwidth_gb_per_s": 4_750,
                        "interconnect_bandwidth_gb_per_s": 890,
                        "dram_capacity_gb": 141,
                    }
                    for serial in self.serials
                ],
            }
            | changes,
            LabReport,
        )

    def certify(self, report: LabReport | None = None, **fields: Any) -> Receipt:
        """Have the laboratory hand in its signed report."""
        content = canonical_report(report or self.report())
        command = body(
            lab_test.SubmitReport,
            **(
                {
                    "report": content.decode(),
                    "signature": LABORATORY_KEY.sign(content).hex(),
                    "key_id": key_id(PUBLIC_KEY),
                }
                | fields
            ),
        )
        return self.stage.do(LABORATORY, command, self.lab_test_id)

    def clear(self) -> "Deal":
        """Hold the end-user statement and file the export."""
        from licenses.domain import license as aggregate  # noqa: PLC0415

        number = self.stage.state(aggregate.DECIDER, self.license_id).grant.license_number
        statement = body(
            shipment.HoldEndUserStatement,
            reference=f"EUS-{self.token}",
            document=document(f"statement/{self.label}"),
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
            document=document(f"delivery/{self.label}"),
        )
        self.stage.do(EXPORTER, command, self.shipment_id)
        return self

    def remit(self, kind: str = "pay_gov", reference: str | None = None) -> "Deal":
        """Have the bank pay the Treasury and the Treasury confirm it."""
        from licenses.domain import remittance as aggregate  # noqa: PLC0415

        self.stage.settle()
        due = self.stage.state(aggregate.DECIDER, self.remittance_id).assessed.amount_cents
        instruction = body(
            remittance.InstructRemittance,
            bank_reference=f"PAY-{self.token}",
            amount_cents=due,
            currency="USD",
        )
        self.stage.do(BANK, instruction, self.remittance_id)
        today = minting.database_now().date()
        confirmation = body(
            remittance.ConfirmRemittance,
            reference_kind=kind,
            reference=reference or f"PG{self.token}",
            amount_cents=due,
            currency="USD",
            paid_on=str(today),
        )
        self.stage.do(TREASURY, confirmation, self.remittance_id)
        self.stage.settle()
        return self

    def revoke(self) -> "Deal":
        """Revoke the license by two officers."""
        from licenses.domain import license as aggregate  # noqa: PLC0415

        propose = body(license_.ProposeRevocation, reason="Diverted")
        self.stage.do(OFFICER, propose, self.license_id)
        proposed = self.stage.state(aggregate.DECIDER, self.license_id).revocation
        confirm = body(license_.ConfirmRevocation, on_version=proposed.on_version)
        self.stage.do(SECOND_OFFICER, confirm, self.license_id)
        self.stage.settle()
        return self

    def refund(self) -> "Deal":
        """Give back what the escrow holds: two officers waive, the bank pays."""
        from licenses.domain import escrow as aggregate  # noqa: PLC0415

        held = self.stage.state(aggregate.DECIDER, self.escrow_id).books.held_cents
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
