"""One deal over REST, step by step: each method is what one person does."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from devstack.demo import material, moment
from devstack.demo.client import Answer, Person


@dataclass
class World:
    """The people and what they share: product, laboratory, list, edition."""

    url: str
    people: dict[str, Person]
    run: UUID = field(default_factory=moment.new_id)
    signer: material.Signer = field(default_factory=material.Signer)
    product_id: str = ""
    laboratory_id: str = ""
    allotment_id: str = ""

    def __getattr__(self, name: str) -> Person:
        """Find a person by login, such as `world.officer`."""
        try:
            return self.people[name.replace("_", "-")]
        except KeyError:
            raise AttributeError(name) from None

    def now(self) -> datetime:
        """Tell the time, UTC."""
        return moment.now()

    def sell_at_home(self, quantity: int, reference: str) -> Answer:
        """Report a US sale; the receipt names the allotment."""
        name = f"{reference}-{str(self.run)[:8]}"
        answer = self.exporter.do(
            "/us-sales/",
            {
                "product_id": self.product_id,
                "sale_reference": name,
                "evidence": material.document(name),
                "buyer": "A data center in Ohio",
                "sold_on": str(self.now().date()),
                "quantity": quantity,
                "destination_country": "US",
                "end_use_country": "US",
            },
        )
        self.allotment_id = answer.body["stream_id"]
        return answer

    def register_customer(self, name: str, native_name: str) -> str:
        """Register a customer with certification and security measures; give its id."""
        described = material.party(name, native_name)
        answer = self.exporter.do("/customers/", {"party": described})
        path = f"/customers/{answer.body['stream_id']}"
        certified = {"certification": material.certification("Civil weather forecasts")}
        self.exporter.do(f"{path}/end-use-certifications", certified, if_match="now")
        proven = {"measures": material.measures()}
        self.exporter.do(f"{path}/security-measures", proven, if_match="now")
        self.exporter.wait_for(path, lambda body: body["state"]["file"]["screening"])
        return str(answer.body["stream_id"])

    def approve_customer(self, customer_id: str) -> None:
        """Have two officers approve a customer."""
        until = (self.now() + timedelta(days=365)).isoformat()
        path = f"/customers/{customer_id}"
        reason = "Civil weather service, seen on site"
        proposal = {"expires_at": until, "reason": reason}
        self.officer.decide(f"{path}/approval-proposals", proposal)
        self.second_officer.decide(f"{path}/approvals", {"expires_at": until})


@dataclass
class Deal:
    """One deal in the making."""

    world: World
    label: str
    customer_id: str
    quantity: int
    application_id: str = ""
    license_id: str = ""
    license_number: str = ""
    escrow_id: str = ""
    shipment_id: str = ""
    lab_test_id: str = ""
    remittance_id: str = ""

    @property
    def serials(self) -> list[str]:
        """The units of the lot."""
        return material.serials(self.world.run, self.label, self.quantity)

    @property
    def price_cents(self) -> int:
        """What everything costs."""
        return self.quantity * material.UNIT_PRICE_CENTS

    def draft(self, **changes: Any) -> None:
        """Begin an application and save it in parts."""
        exporter = self.world.exporter
        answer = exporter.do("/applications/", {"currency": "USD"})
        self.application_id = answer.body["stream_id"]
        content = material.application(
            self.customer_id,
            self.world.product_id,
            quantity=self.quantity,
            end_use=f"Weather models, {self.label}, {self.world.run}",
        )
        path = f"/applications/{self.application_id}/revisions"
        exporter.decide(path, content | changes)

    def submit(self) -> Answer:
        """File the application."""
        path = f"/applications/{self.application_id}/submissions"
        return self.world.exporter.try_to(path, if_match="now")

    def propose(self, *, valid: timedelta = timedelta(days=180)) -> Answer:
        """Propose the approval, as the first officer."""
        path = f"/applications/{self.application_id}/decision-proposals"
        proposal = {
            "outcome": "approve",
            "reasons": ["Civil end use by an approved customer"],
            "provisos": [{"proviso_id": "P1", "text": "No re-export without a license"}],
            "expires_at": (self.world.now() + valid).isoformat(),
        }
        return self.world.officer.try_to(path, proposal, if_match="now")

    def confirm(self, officer: Person | None = None) -> Answer:
        """Confirm the approval; the grant holds the volume in the same transaction."""
        person = officer or self.world.second_officer
        path = f"/applications/{self.application_id}"
        proposed = person.read(path)["state"]["proposal"]["on_version"]
        answer = person.try_to(f"{path}/decisions", {"on_version": proposed}, if_match="now")
        for event in answer.body.get("events", ()):
            if event["type"] == "license_granted":
                self.license_id = event["stream_id"]
        return answer

    def grant(self, *, valid: timedelta = timedelta(days=180)) -> None:
        """Play the application through to the license and wait for its escrow."""
        self.draft()
        for answer in (self.submit(), self.propose(valid=valid), self.confirm()):
            if answer.code:
                raise RuntimeError(f"{self.label}: {answer.body}")
        self.find_escrow()

    def find_escrow(self) -> None:
        """Wait for the escrow that the process manager opens."""
        path = f"/escrows/?license_id={self.license_id}"
        found = self.world.bank.wait_for(path, lambda body: body["items"])
        self.escrow_id = found["items"][0]["id"]
        granted = self.world.exporter.read(f"/licenses/{self.license_id}")
        self.license_number = granted["state"]["grant"]["license_number"]

    def acknowledge(self) -> None:
        """Acknowledge the proviso."""
        path = f"/licenses/{self.license_id}/proviso-acknowledgments"
        self.world.exporter.do(path, {"proviso_ids": ["P1"]}, if_match="now")

    def deposit(self, cents: int, reference: str) -> Answer:
        """Have the bank report a booked payment, as JSON."""
        return self.world.bank.do(
            f"/escrows/{self.escrow_id}/deposits",
            {
                "account": material.ACCOUNT,
                "bank_reference": self.bank_reference(reference),
                "end_to_end_id": UUID(self.license_id).hex,
                "payer_customer_id": self.customer_id,
                "amount_cents": str(cents),
                "currency": "USD",
                "value_on": str(self.world.now().date()),
                "status": "BOOK",
                "credit_debit": "CRDT",
                "message_sha256": material.document(reference)["sha256"],
            },
        )

    def bank_reference(self, reference: str) -> str:
        """Make a reference that no other run has used."""
        return f"{str(self.world.run)[:8]}-{self.label[:10]}-{reference}".upper()

    def deposit_by_camt054(self, cents: int, reference: str, payer: str) -> Answer:
        """Have the bank report a booked payment, as a camt.054 message."""
        message = material.camt054(
            reference=self.bank_reference(reference),
            end_to_end_id=UUID(self.license_id).hex,
            payer=payer,
            cents=cents,
            value_on=str(self.world.now().date()),
            currency="USD",
        )
        path = f"/escrows/{self.escrow_id}/deposits"
        return self.world.bank.do(path, content=message, media_type="application/xml")

    def request(self, serials: list[str] | None = None) -> Answer:
        """Ask to ship the lot, and wait until it is registered for the test."""
        lot = serials or self.serials
        answer = self.world.exporter.try_to(
            "/shipments/",
            {
                "license_id": self.license_id,
                "line": 1,
                "quantity": len(lot),
                "serials": lot,
                "consignee_ids": [self.customer_id],
            },
        )
        if answer.code is None:
            self.shipment_id = answer.body["stream_id"]
            path = f"/lab-tests/?shipment_id={self.shipment_id}"
            found = self.world.laboratory.wait_for(path, lambda body: body["items"])
            self.lab_test_id = found["items"][0]["id"]
        return answer

    def sample(self) -> None:
        """Have the laboratory draw its sample: here, every unit."""
        path = f"/lab-tests/{self.lab_test_id}/samples"
        self.world.laboratory.do(path, {"serials": self.serials}, if_match="now")

    def report(self, number: str) -> dict[str, Any]:
        """Write and sign the laboratory's report."""
        content = material.report(
            laboratory_id=self.world.laboratory_id,
            shipment_id=self.shipment_id,
            number=f"{number}-{str(self.world.run)[:8]}",
            tested_at=self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            serials=self.serials,
        )
        return self.world.signer.submission(content)

    def hand_in(self, submission: dict[str, Any]) -> Answer:
        """Hand in a signed report."""
        path = f"/lab-tests/{self.lab_test_id}/reports"
        return self.world.laboratory.try_to(path, submission, if_match="now")

    def file_papers(self) -> None:
        """Hold the end-user statement and file the export."""
        path, exporter = f"/shipments/{self.shipment_id}", self.world.exporter
        statement = {
            "reference": f"EUS-{self.label}",
            "document": material.document(f"end-user statement {self.label}"),
            "issued_on": "2026-02-02",
        }
        exporter.do(f"{path}/end-user-statements", statement, if_match="now")
        filing = {
            "itn": self.itn,
            "license_code": "C30",
            "license_number": self.license_number,
            "eccn": "3A090.a",
        }
        exporter.do(f"{path}/export-filings", filing, if_match="now")

    @property
    def itn(self) -> str:
        """The number of the export filing."""
        return material.itn(self.world.run, self.label)

    def dispatch(self, serials: list[str] | None = None, *, if_match: str = "now") -> Answer:
        """Send the lot off, if all twelve conditions hold at this moment."""
        path = f"/shipments/{self.shipment_id}/dispatches"
        body = {"itn": self.itn, "serials": serials or self.serials}
        return self.world.exporter.try_to(path, body, if_match=if_match)

    def find_remittance(self) -> dict[str, Any]:
        """Wait for the levy that the process manager assesses."""
        path = f"/remittances/?shipment_id={self.shipment_id}"
        found: dict[str, Any] = self.world.bank.wait_for(path, lambda body: body["items"])
        row: dict[str, Any] = found["items"][0]
        self.remittance_id = row["id"]
        return row
