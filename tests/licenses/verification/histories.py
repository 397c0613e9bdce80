"""Deals that ended in every way there is, on one stage."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audits import context as minting
from audits import grants, vault
from audits.domain.finding.commands import RaiseFinding
from audits.domain.halt import commands as halt
from audits.domain.halt.commands import HaltKind
from audits.findings import finding_id
from audits.halting import HALTS
from customers.domain import customer
from customers.domain.customer import commands as customer_commands
from customers.domain.customer.standing import open_hits
from customers.domain.erasure.commands import RequestErasure
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import PlaceLegalHold
from devstack.demo.material import document
from licenses.domain import escrow
from licenses.domain import license as licenses
from licenses.domain.allotment import commands as allotment
from licenses.domain.application import commands as application
from licenses.domain.escrow import commands as escrow_commands
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_commands
from tests.support.deal import Deal
from tests.support.people import AUDITOR, BANK, EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import Stage, body
from tests.support.world import World, logged_in


@dataclass(frozen=True)
class Played:
    """The stage and its deals, by how they ended."""

    stage: World
    remitted: Deal
    short: Deal
    revoked: Deal
    refunded: Deal
    denied: Deal
    open: Deal
    volume: UUID
    near: UUID
    """A customer whose hit was adjudicated and released."""


def play() -> Played:
    """Play all of it."""
    stage = World()
    stage.prepare()
    volume = stage.sell_at_home(200)
    reverse_sale(stage, volume)
    buyer = stage.approved_customer()
    near = adjudicated_customer(stage)
    remitted = Deal(stage, buyer, "remitted").ready()
    remitted.dispatch()
    remitted.deliver().remit()
    short = Deal(stage, buyer, "short", quantity=10).ready()
    short.dispatch(short.serials[:5])
    take_back(short)
    stage.settle()
    revoked = Deal(stage, buyer, "revoked", quantity=6).ready()
    revoke(revoked)
    refunded = Deal(stage, buyer, "refunded", quantity=7).apply().grant()
    refund(refunded)
    denied = Deal(stage, buyer, "denied", quantity=8)
    deny(denied)
    waiting = Deal(stage, buyer, "open", quantity=9).ready()
    disqualify(stage)
    watch(stage)
    return Played(stage, remitted, short, revoked, refunded, denied, waiting, volume, near)


def watch(stage: World) -> None:
    """Place a hold, request an erasure, raise a finding, and halt money until two persons lift it."""
    held, named = (stage.registered_customer(name) for name in ("held", "requested-signatory"))
    why = {"reason": "The agency asked for it"}
    hold = body(PlaceLegalHold, target_id=str(held), matter="Docket 1", **why)
    stage.do(OFFICER, hold, legal_hold_id(held))
    [subject] = vault.named_in(named)
    request = body(RequestErasure, subject_id=str(subject.subject_id), **why)
    stage.do(OFFICER, request, subject.subject_id)
    matter = {"audit": "histories", "kind": "amiss", "subject": "a matter"}
    found = body(RaiseFinding, **matter, detail="Not as it should be", evidence=[])
    with logged_in(grants.WORKER):
        Stage.do(stage, minting.system_actor("auditing"), found, finding_id(**matter))
    money = HALTS[HaltKind.MONEY]
    stage.do(AUDITOR, body(halt.SetHalt, kind="money", reason="A doubt"), money)
    stage.do(AUDITOR, body(halt.ProposeLift, reason="Cleared up"), money)
    stage.do(OFFICER, body(halt.ConfirmLift, reason="Cleared up"), money)


def adjudicated_customer(stage: World) -> UUID:
    """Have a customer hit, the hit adjudicated by one officer and released by another."""
    target = stage.registered_customer("near", name="SMIC Harbor Trading", native_name=None)
    stage.settle()
    hits = open_hits(stage.state(customer.DECIDER, target).file)
    assert hits
    for hit in hits:
        finding = body(
            customer_commands.AdjudicateHit,
            hit_id=str(hit.hit_id),
            disposition="false_positive",
            reason="Another company of a similar name",
        )
        stage.do(OFFICER, finding, target)
        release = body(
            customer_commands.ReleaseHit, hit_id=str(hit.hit_id), reason="Read the file: agreed"
        )
        stage.do(SECOND_OFFICER, release, target)
    return target


def reverse_sale(stage: World, volume: UUID) -> None:
    """Take ten units of the sale back."""
    command = body(
        allotment.ReverseUsSale,
        sale_reference="INV-1",
        reversal_reference="CN-1",
        evidence=document("credit note"),
        reversed_on=str(minting.database_now().date()),
        quantity=10,
        reason="Ten units came back",
    )
    stage.do(EXPORTER, command, volume)


def revoke(deal: Deal) -> None:
    """Have two officers revoke the license."""
    stage = deal.stage
    stage.do(OFFICER, body(license_commands.ProposeRevocation, reason="Diverted"), deal.license_id)
    on_version = stage.state(licenses.DECIDER, deal.license_id).revocation.on_version
    confirm = body(license_commands.ConfirmRevocation, on_version=on_version)
    stage.do(SECOND_OFFICER, confirm, deal.license_id)
    stage.settle()


def take_back(deal: Deal) -> None:
    """Have the bank take the payment back after a part was released, and all that follows."""
    deal.take_back()
    deal.deposit(reference="R2")
    deal.take_back(reference="R3", undo=True)
    assert deal.stage.state(escrow.DECIDER, deal.escrow_id).books.excess_cents == deal.price_cents


def refund(deal: Deal) -> None:
    """Pay too much, return the excess, and refund the rest on a waiver of two officers."""
    stage, today = deal.stage, str(minting.database_now().date())
    deal.deposit(deal.price_cents + 500)
    excess = body(
        escrow_commands.ReturnExcess,
        payer_customer_id=str(deal.customer_id),
        amount_cents=500,
        bank_reference="EXCESS-1",
        returned_on=today,
    )
    stage.do(BANK, excess, deal.escrow_id)
    stage.do(OFFICER, body(escrow_commands.ProposeRefund, reason="Buyer withdrew"), deal.escrow_id)
    waiver = body(escrow_commands.ConfirmRefundWaiver, amount_cents=deal.price_cents)
    stage.do(SECOND_OFFICER, waiver, deal.escrow_id)
    assert stage.state(escrow.DECIDER, deal.escrow_id).how == "refund_waived"
    paid = body(
        escrow_commands.ConfirmRefundPaid,
        amount_cents=deal.price_cents,
        bank_reference="REFUND-1",
        paid_on=today,
    )
    stage.do(BANK, paid, deal.escrow_id)


def deny(deal: Deal) -> None:
    """Have two officers deny the application."""
    stage = deal.apply().stage
    proposal = body(application.ProposeDecision, outcome="deny", reasons=["No end user named"])
    stage.do(OFFICER, proposal, deal.application_id)
    deal.confirm()


def disqualify(stage: World) -> None:
    """Have two officers disqualify the laboratory."""
    proposal: dict[str, Any] = {"reason": "Bought by a party to exports"}
    target = stage.laboratory_id
    stage.do(OFFICER, body(laboratory.ProposeDisqualification, **proposal), target)
    stage.do(SECOND_OFFICER, body(laboratory.ConfirmDisqualification, **proposal), target)
    stage.settle()
