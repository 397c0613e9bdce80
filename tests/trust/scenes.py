"""Every aggregate in every state that it can be in, brought about by the commands themselves."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from unittest import mock
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audits import context as minting
from audits import reading, vault
from audits.domain.finding import commands as finding
from audits.domain.halt import commands as halt
from audits.domain.halt.commands import HaltKind
from audits.execution import house
from audits.findings import finding_id
from audits.halting import HALTS
from audits.kernel import Actor, Command, Decider, Event, Facts, Role
from audits.models import EventRow
from audits.projection import status_of
from customers.domain.customer import DECIDER as CUSTOMER
from customers.domain.customer import commands as customer
from customers.domain.customer.standing import open_hits
from customers.domain.erasure.commands import ApproveErasure, DeclineErasure, RequestErasure
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from devstack.demo.material import H200, document
from licenses.domain.allotment import commands as allotment
from licenses.domain.application import commands as application
from licenses.domain.edition import commands as edition
from licenses.domain.escrow import commands as escrow
from licenses.domain.ids import edition_id
from licenses.domain.lab_test import commands as lab_test
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.laboratory.keys import key_id
from licenses.domain.license import commands as license_
from licenses.domain.product import commands as product
from licenses.domain.remittance import DECIDER as REMITTANCE
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipment
from licenses.signatures import canonical_report
from tests.support.client import person_of
from tests.support.deal import Deal
from tests.support.opening import opened
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    NOON,
    OFFICER,
    SECOND_OFFICER,
    SYSTEM,
    TREASURY,
    actor,
    identity,
)
from tests.support.stage import EDITIONS, SOON, Stage, body, party, wait_until

NAME: Final = "scenes"
SECOND_LABORATORY: Final = actor("second-laboratory", Role.LABORATORY, organization="laboratory-2")
SECOND_LABORATORY_ID: Final = identity(f"{NAME}/laboratory-2")
SECOND_KEYS: Final = tuple(Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (7, 8))
BRIEF: Final = (EDITIONS / "brief-2026.toml").read_text()


def public(key: Ed25519PrivateKey) -> str:
    """Write a public key as laboratories hand it in."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


@contextmanager
def noting_commands(noted: dict[type[Command], Command]) -> Iterator[None]:
    """Note of every kind of command one that was carried out meanwhile."""
    decide = Decider.decide

    def decide_and_note(
        self: Decider[Any], command: Command, state: Any, facts: Facts
    ) -> list[Event]:
        events = decide(self, command, state, facts)
        if type(command) not in noted:
            noted[type(command)] = opened(command)  # as it came in
        return events

    with mock.patch.object(Decider, "decide", decide_and_note):
        yield


@dataclass
class Scenes:
    """Things by aggregate and state, and a command of each kind that took effect on the way."""

    stage: Stage
    buyer: UUID
    volume: UUID
    commands: dict[type[Command], Command] = field(default_factory=dict)
    things: dict[tuple[str, str], UUID] = field(default_factory=dict)
    quantity: int = 2
    ends_at: datetime = NOON
    """When the last of what is short-lived has run out."""

    @classmethod
    def played(cls) -> "Scenes":
        """Bring everything about; needs a database."""
        noted: dict[type[Command], Command] = {}
        with noting_commands(noted):
            stage = Stage(NAME)
            stage.prepare()
            scenes = cls(stage, stage.approved_customer(), stage.sell_at_home(2_000), noted)
            scenes.play()
        return scenes

    def play(self) -> None:
        """Play all scenes; what the next step of a process would change comes last."""
        for scene in SCENES:
            scene(self)
        self.stage.settle()
        self.wait_for_ends()
        self.unsettled_remittance()
        self.halts()
        self.sort()

    def sort(self) -> None:
        """Find every stream that came about, by aggregate and the state that it is in now."""
        deciders = {each.decider.aggregate: each.decider for each in house.procedures.values()}
        streams = EventRow.objects.filter(version=1).values_list("aggregate", "stream_id")
        for aggregate, stream_id in streams.order_by("recorded_at"):
            if aggregate in deciders:
                state = reading.load(deciders[aggregate], stream_id).state
                self.things.setdefault((aggregate, status_of(state)), stream_id)

    def do(self, who: Actor, kind: type[Command], target: UUID, /, **fields: Any) -> None:
        """Issue a command."""
        self.stage.do(who, body(kind, **fields), target)

    def deal(self, label: str) -> Deal:
        """Begin a deal that is no duplicate of another: of so many units."""
        self.quantity += 1
        return Deal(self.stage, self.buyer, label, quantity=self.quantity)

    # -- Editions, products, laboratories ----------------------------------------------------

    def editions(self) -> None:
        """One published, one approved for later, one withdrawn; the one in force is there."""
        for name in ("published", "approved", "withdrawn"):
            text = BRIEF.replace('"brief-2026"', f'"brief-2026-{name}"', 1)
            if name == "approved":
                text = text.replace("2026-01-15T00:00:00", "2999-01-15T00:00:00", 1)
            target = edition_id(f"brief-2026-{name}")
            self.do(OFFICER, edition.PublishEdition, target, toml=text)
            if name == "approved":
                digest = hashlib.sha256(text.encode()).hexdigest()
                self.do(SECOND_OFFICER, edition.ApproveEdition, target, sha256=digest)
            if name == "withdrawn":
                self.do(OFFICER, edition.WithdrawEdition, target, reason="A figure is wrong")

    def products(self) -> None:
        """Another product, amended."""
        figures = {"dram_bandwidth_gb_per_s": 3_350, "dram_capacity_gb": 80}
        described = H200 | {"model": "H100 SXM"} | figures
        self.stage.products["H100"] = self.stage.register_product(described)
        fields = {"specification": described | {"source": "Newer data sheet"}, "reason": "Newer"}
        self.do(OFFICER, product.AmendProduct, self.stage.products["H100"], **fields)

    def laboratories(self) -> None:
        """Have a second laboratory change its key, certify a lot and be disqualified."""
        old, new = SECOND_KEYS
        self.do(
            OFFICER,
            laboratory.AccreditLaboratory,
            SECOND_LABORATORY_ID,
            organization_id=str(SECOND_LABORATORY.organization_id),
            name="Coastal Metrology",
            headquarters_country="US",
            control_countries=[],
            financial_interests=[],
            sites=[{"lines": ["9 Shore Road"], "city": "Eugene", "country": "US"}],
            public_key=public(old),
        )
        rotation = {"public_key": public(new), "replaces_key_id": key_id(public(old))}
        who, target = SECOND_LABORATORY, SECOND_LABORATORY_ID
        self.do(who, laboratory.RotateLaboratoryKey, target, **rotation)
        self.certify_elsewhere(self.deal("voided").apply().grant().request())
        self.do(OFFICER, laboratory.ProposeDisqualification, target, reason="Sold")
        self.do(SECOND_OFFICER, laboratory.ConfirmDisqualification, target, reason="Sold")

    def certify_elsewhere(self, deal: Deal) -> None:
        """Have the second laboratory sample and certify a lot."""
        who, target, key = SECOND_LABORATORY, deal.lab_test_id, SECOND_KEYS[1]
        self.do(who, lab_test.DrawSample, target, serials=list(deal.serials))
        content = canonical_report(deal.report(laboratory_id=str(SECOND_LABORATORY_ID)))
        self.do(
            who,
            lab_test.SubmitReport,
            target,
            report=content.decode(),
            signature=key.sign(content).hex(),
            key_id=key_id(public(key)),
        )

    # -- Legal holds and erasures ------------------------------------------------------------

    def legal_holds(self) -> None:
        """One that stands and that somebody would lift, one that was lifted."""
        for name in ("held", "lifted"):
            target = self.stage.registered_customer(name)
            hold, matter = legal_hold_id(target), {"matter": f"Docket {name}"}
            why = {"reason": "The agency asked for it"}
            self.do(OFFICER, PlaceLegalHold, hold, target_id=str(target), **matter, **why)
            self.do(OFFICER, ProposeLifting, hold, **matter, **why)
            if name == "lifted":
                self.do(SECOND_OFFICER, LiftLegalHold, hold, **matter)

    def erasures(self) -> None:
        """One requested, one declined, one carried out."""
        for name in ("requested", "declined", "erased"):
            [named] = vault.named_in(self.stage.registered_customer(f"{name}-signatory"))
            subject = named.subject_id
            why = {"reason": "The person asked for it"}
            self.do(OFFICER, RequestErasure, subject, subject_id=str(subject), **why)
            if name == "declined":
                self.do(SECOND_OFFICER, DeclineErasure, subject, **why)
            if name == "erased":
                self.do(SECOND_OFFICER, ApproveErasure, subject)

    # -- Customers and applications ----------------------------------------------------------

    def customers(self) -> None:
        """One pending, one near a listed name, one barred, one whose approval runs out."""
        stage = self.stage
        amended = stage.registered_customer("pending")
        self.do(EXPORTER, customer.AmendCustomer, amended, party=party() | {"aliases": ["Harbor"]})
        rejected = stage.registered_customer("rejected")
        self.do(OFFICER, customer.RejectCustomer, rejected, reason="Military end user")
        revoked = stage.approved_customer("revoked")
        self.do(OFFICER, customer.RevokeApproval, revoked, reason="The papers are false")
        brief = stage.registered_customer("short-lived")
        stage.settle()
        stage.approve(brief, minting.database_now() + SOON)
        near = stage.registered_customer("near", name="SMIC Harbor Trading", native_name=None)
        stage.settle()
        [hit, *_] = open_hits(stage.state(CUSTOMER, near).file)
        finding = {"hit_id": str(hit.hit_id), "reason": "Another company of a similar name"}
        self.do(OFFICER, customer.AdjudicateHit, near, **finding, disposition="false_positive")
        self.do(SECOND_OFFICER, customer.ReleaseHit, near, **finding)

    def applications(self) -> None:
        """One in each state."""
        draft = self.deal("draft")
        self.do(EXPORTER, application.DraftApplication, draft.application_id, currency="USD")
        self.deal("submitted").apply()
        self.deal("proposed").apply().propose()
        denied = self.deal("denied").apply()
        denial = {"outcome": "deny", "reasons": ["No end user named"]}
        self.do(OFFICER, application.ProposeDecision, denied.application_id, **denial)
        denied.confirm()
        returned = self.deal("returned").apply().application_id
        self.do(OFFICER, application.ReturnApplication, returned, reasons=["Incomplete"])
        withdrawn = self.deal("withdrawn").apply().application_id
        self.do(EXPORTER, application.WithdrawApplication, withdrawn, reason="Canceled")

    # -- Licenses ----------------------------------------------------------------------------

    def licenses(self) -> None:
        """One active and unpaid, one suspended, one revoked with its money, one that runs out."""
        self.deal("active").apply().grant().acknowledge()
        suspended = self.deal("suspended").apply().grant().license_id
        for kind, who in (
            (license_.SuspendLicense, OFFICER),
            (license_.ReinstateLicense, SECOND_OFFICER),
            (license_.SuspendLicense, SECOND_OFFICER),
        ):
            self.do(who, kind, suspended, reason="A tip came in, or was cleared up")
        revoked = self.deal("revoked").apply().grant()
        revoked.deposit()
        revoked.revoke()
        brief = self.deal("brief").apply()
        brief.expires_at = self.ends_at = minting.database_now() + SOON
        brief.grant()

    def wait_for_ends(self) -> None:
        """Wait until what was short-lived has run out."""
        wait_until(self.ends_at)
        self.stage.settle()

    def allotments(self) -> None:
        """Take a sale back after half of it was spoken for."""
        frozen = self.stage.sell_at_home(100, reference="INV-2", product_name="H100")
        deal = self.deal("frozen")
        [item] = deal.content()["items"]
        changed = {"product_id": str(self.stage.products["H100"]), "model": "H100 SXM"}
        deal.apply(items=[item | changed]).grant()
        self.do(
            EXPORTER,
            allotment.ReverseUsSale,
            frozen,
            sale_reference="INV-2",
            reversal_reference="CN-1",
            evidence=document("credit note"),
            reversed_on=str(minting.database_now().date()),
            quantity=100,
            reason="All of it came back",
        )

    def escrows(self) -> None:
        """Pay too much, return the excess, and refund the rest on a waiver."""
        deal = self.deal("refunded").apply().grant()
        deal.deposit(deal.price_cents + 500)
        self.do(
            BANK,
            escrow.ReturnExcess,
            deal.escrow_id,
            payer_customer_id=str(deal.customer_id),
            amount_cents=500,
            bank_reference="EXCESS-1",
            returned_on=str(minting.database_now().date()),
        )
        deal.refund()

    # -- Shipments, tests, remittances -------------------------------------------------------

    def shipments(self) -> None:
        """One in each state."""
        requested = self.deal("requested").apply().grant().request()
        gate = {"kind": "import_clearance", "cleared": True, "document": document("gate")}
        self.do(EXPORTER, shipment.RecordGate, requested.shipment_id, **gate)
        self.deal("cleared").ready()
        self.deal("dispatched").ready().dispatch()
        delivered = self.deal("delivered").ready()
        delivered.dispatch()
        delivered.deliver().remit()
        cancelled = self.deal("cancelled").apply().grant().request().shipment_id
        self.do(EXPORTER, shipment.CancelShipment, cancelled, reason="Canceled")
        stopped = self.deal("stopped").apply().grant().request().shipment_id
        self.do(OFFICER, shipment.StopShipment, stopped, reason="A tip came in")

    def findings(self) -> None:
        """One in each state; the one that is closed was opened twice."""
        person_of(AUDITOR)
        for state in ("raised", "assigned", "answered", "closed", "cleared"):
            matter = {"audit": "scenes", "kind": "amiss", "subject": state}
            target = finding_id(**matter)
            fields = {"detail": "Not as it should be", "evidence": []}
            self.do(SYSTEM, finding.RaiseFinding, target, **matter, **fields)
            self.look_into(target, state)

    def look_into(self, target: UUID, state: str) -> None:
        """Bring a finding into a state."""
        if state == "cleared":
            self.do(SYSTEM, finding.ClearFinding, target)
        if state in {"assigned", "answered", "closed"}:
            self.do(OFFICER, finding.AssignFinding, target, assignee_id=str(AUDITOR.person_id))
        if state in {"answered", "closed"}:
            self.do(AUDITOR, finding.AnswerFinding, target, answer="A test")
        if state == "closed":
            self.do(OFFICER, finding.CloseFinding, target, reason="Agreed")
            self.do(AUDITOR, finding.ReopenFinding, target, reason="Another look")
            self.look_into_again(target)

    def look_into_again(self, target: UUID) -> None:
        """Close a finding that was reopened."""
        self.do(OFFICER, finding.AssignFinding, target, assignee_id=str(AUDITOR.person_id))
        self.do(AUDITOR, finding.AnswerFinding, target, answer="Still a test")
        self.do(OFFICER, finding.CloseFinding, target, reason="Agreed")

    def halts(self) -> None:
        """One lifted; one halted is of a kind that nothing of the scenes waits for."""
        money, volume = HALTS[HaltKind.MONEY], HALTS[HaltKind.VOLUME]
        self.do(AUDITOR, halt.SetHalt, money, kind="money", reason="A doubt")
        self.do(AUDITOR, halt.ProposeLift, money, reason="Cleared up")
        self.do(OFFICER, halt.ConfirmLift, money, reason="Cleared up")
        self.do(OFFICER, halt.SetHalt, volume, kind="volume", reason="A doubt")

    def lab_tests(self) -> None:
        """One sampled, one failed; the others come with the shipments."""
        self.deal("sampled").apply().grant().request().sample()
        failed = self.deal("failed").apply().grant().request().sample()
        report = failed.report()
        [first, *rest] = (
            {name: getattr(each, name) for name in each.__struct_fields__}
            for each in report.measurements
        )
        failed.certify(failed.report(measurements=[first | {"tpp": 30_000}, *rest]))

    def remittances(self) -> None:
        """One instructed for the second time."""
        deal = self.deal("instructed").ready()
        deal.dispatch()
        self.stage.settle()
        self.instruct(deal, "PAY-1")
        back = {"bank_reference": "PAY-1", "reason": "Account closed"}
        self.do(BANK, remittance.ReturnRemittance, deal.remittance_id, **back)
        self.instruct(deal, "PAY-2")

    def instruct(self, deal: Deal, reference: str) -> None:
        """Have the bank pay what is due."""
        due = self.stage.state(REMITTANCE, deal.remittance_id).assessed.amount_cents
        fields = {"bank_reference": reference, "amount_cents": due, "currency": "USD"}
        self.do(BANK, remittance.InstructRemittance, deal.remittance_id, **fields)

    def unsettled_remittance(self) -> None:
        """Have one confirmed that no process has reconciled yet."""
        deal = self.deal("confirmed").ready()
        deal.dispatch()
        self.stage.settle()
        self.instruct(deal, "PAY-3")
        self.do(
            TREASURY,
            remittance.ConfirmRemittance,
            deal.remittance_id,
            reference_kind="pay_gov",
            reference="PG-0000003",
            amount_cents=self.stage.state(REMITTANCE, deal.remittance_id).assessed.amount_cents,
            currency="USD",
            paid_on=str(minting.database_now().date()),
        )


SCENES: Final[tuple[Callable[[Scenes], None], ...]] = (
    *(Scenes.editions, Scenes.products, Scenes.laboratories, Scenes.customers),
    *(Scenes.applications, Scenes.licenses, Scenes.allotments, Scenes.escrows),
    *(Scenes.shipments, Scenes.lab_tests, Scenes.remittances, Scenes.findings),
    *(Scenes.legal_holds, Scenes.erasures),
)
