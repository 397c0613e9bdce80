"""Commands that the rules refuse, one for each way in which a refusal comes about."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

from django.db import connection

from audits import context as minting
from audits import vault
from audits.domain.halt import commands as halt
from audits.domain.halt.commands import HaltKind
from audits.execution import house
from audits.halting import HALTS
from audits.kernel import NotPermitted, Refused
from customers.domain.erasure.commands import ApproveErasure, RequestErasure
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import PlaceLegalHold
from licenses.domain import license
from licenses.domain import remittance as remittances
from licenses.domain.application import commands as application
from licenses.domain.edition import commands as edition
from licenses.domain.ids import edition_id
from licenses.domain.laboratory import commands as laboratory
from licenses.domain.license import commands as license_
from licenses.domain.remittance import commands as remittance
from licenses.domain.shipment import commands as shipment
from tests.licenses.verification.histories import Played, play
from tests.support.deal import Deal
from tests.support.people import (
    AUDITOR,
    BANK,
    EXPORTER,
    OFFICER,
    SECOND_OFFICER,
    TREASURY,
    identity,
)
from tests.support.stage import EDITIONS, body


@dataclass(frozen=True)
class Tried:
    """The world, and how often each code was refused in it."""

    played: Played
    codes: tuple[str, ...]


def play_and_try() -> Tried:
    """Play all deals, then try what must not be."""
    played = play()
    codes: list[str] = []
    for attempts in (on_papers, on_goods, on_money, on_rules, on_people, against_constraints):
        attempts(played, lambda attempt: codes.append(refused(attempt)))
    return Tried(played, tuple(codes))


Note = Callable[[Callable[[], object]], None]


def refused(attempt: Callable[[], object]) -> str:
    """See an attempt refused; give the code."""
    try:
        attempt()
    except (Refused, NotPermitted) as refusal:
        return refusal.code
    raise AssertionError("it was accepted")


def on_papers(played: Played, note: Note) -> None:
    """Try as the wrong role, against a state, alone, and twice for the same deal."""
    stage, waiting = played.stage, played.open
    deny = body(application.ProposeDecision, outcome="deny", reasons=["No"])
    note(lambda: stage.do(EXPORTER, deny, waiting.application_id))
    note(lambda: stage.do(OFFICER, deny, played.denied.application_id))
    suspend = body(license_.SuspendLicense, reason="A tip came in")
    note(lambda: stage.do(OFFICER, suspend, played.revoked.license_id))
    pending = Deal(stage, waiting.customer_id, "pending").apply()
    note(Deal(stage, waiting.customer_id, "twin").apply)
    pending.propose()
    note(lambda: pending.confirm(OFFICER))
    over = Deal(stage, waiting.customer_id, "over", quantity=95).apply()
    note(over.propose)


def on_goods(played: Played, note: Note) -> None:
    """Try with serial numbers, filings and licenses that are not free; sell once more at home."""
    stage, waiting, short = played.stage, played.open, played.short
    stage.sell_at_home(1, reference="INV-2")

    def request(deal: Deal, *serials: str) -> Callable[[], object]:
        command = body(
            shipment.RequestShipment,
            license_id=str(deal.license_id),
            line=1,
            quantity=len(serials),
            serials=list(serials),
            consignee_ids=[str(deal.customer_id)],
        )
        return lambda: stage.do(EXPORTER, command, identity(f"tried/{serials}"))

    note(request(short, *played.remitted.serials[:2]))  # they have left
    note(request(short, *waiting.serials[:2]))  # they wait to leave
    note(request(short, *(f"NEW-{n}" for n in range(6))))  # five are left
    filing = body(
        shipment.FileExport,
        itn=played.remitted.itn,
        license_code="C30",
        license_number=stage.state(license.DECIDER, waiting.license_id).grant.license_number,
        eccn="3A090.a",
    )
    note(lambda: stage.do(EXPORTER, filing, waiting.shipment_id))
    note(waiting.dispatch)  # its laboratory was disqualified


def on_money(played: Played, note: Note) -> None:
    """Try with payments that are booked, references that are used, and while money is halted."""
    stage, waiting = played.stage, played.open
    token, waiting.token = waiting.token, played.remitted.token
    note(waiting.deposit)  # the entry is booked for another license
    waiting.token = token
    due = stage.state(remittances.DECIDER, played.short.remittance_id).assessed.amount_cents
    paying = {"amount_cents": due, "currency": "USD"}
    instruct = body(remittance.InstructRemittance, bank_reference="PAY-SHORT", **paying)
    stage.do(BANK, instruct, played.short.remittance_id)
    confirm = body(
        remittance.ConfirmRemittance,
        reference_kind="pay_gov",
        reference=f"PG{played.remitted.token}",
        paid_on=str(minting.database_now().date()),
        **paying,
    )
    note(lambda: stage.do(TREASURY, confirm, played.short.remittance_id))
    money = HALTS[HaltKind.MONEY]
    stage.do(AUDITOR, body(halt.SetHalt, kind="money", reason="A doubt"), money)
    note(lambda: waiting.deposit(1, reference="HALTED"))
    stage.do(AUDITOR, body(halt.ProposeLift, reason="Cleared up"), money)
    stage.do(OFFICER, body(halt.ConfirmLift, reason="Cleared up"), money)


def on_rules(played: Played, note: Note) -> None:
    """Try to change the rules alone, and to admit whoever may not test."""
    stage = played.stage
    toml = (EDITIONS / "brief-2026.toml").read_text().replace('"brief-2026', '"later', 1)
    digest = hashlib.sha256(toml.encode()).hexdigest()
    target = edition_id("later")
    stage.do(OFFICER, body(edition.PublishEdition, toml=toml), target)
    note(lambda: stage.do(OFFICER, body(edition.ApproveEdition, sha256=digest), target))
    withdraw = body(edition.WithdrawEdition, reason="Not any more")
    note(lambda: stage.do(SECOND_OFFICER, withdraw, edition_id("brief-2026")))
    stage.do(SECOND_OFFICER, withdraw, target)
    abroad = body(
        laboratory.AccreditLaboratory,
        organization_id=str(identity("organization/abroad")),
        name="Far Metrology",
        headquarters_country="CN",
        control_countries=[],
        financial_interests=[],
        sites=[{"lines": ["5 Main Street"], "city": "Omaha", "country": "US"}],
        public_key="ab" * 32,
    )
    note(lambda: stage.do(OFFICER, abroad, identity("laboratory/abroad")))


def on_people(played: Played, note: Note) -> None:
    """Try to erase whom a deal names, or alone, or twice; and to hold what is not there."""
    stage, buyer = played.stage, played.open.customer_id
    why = {"reason": "The agency asked for it"}
    nobody = body(PlaceLegalHold, target_id=str(identity("nobody")), matter="Docket 2", **why)
    note(lambda: stage.do(OFFICER, nobody, legal_hold_id(identity("nobody"))))
    [named, *_] = vault.named_in(buyer)
    request = body(RequestErasure, subject_id=str(named.subject_id), **why)
    note(lambda: stage.do(OFFICER, request, named.subject_id))
    [asked] = vault.named_in(identity(f"{stage.name}/customer/requested-signatory"))
    note(lambda: stage.do(OFFICER, ApproveErasure(), asked.subject_id))
    stage.do(SECOND_OFFICER, ApproveErasure(), asked.subject_id)
    again = body(RequestErasure, subject_id=str(asked.subject_id), **why)
    note(lambda: stage.do(OFFICER, again, asked.subject_id))


def against_constraints(played: Played, note: Note) -> None:
    """Try what somebody else does at the same moment: the database says no."""
    suspend = body(license_.SuspendLicense, reason="A tip came in")

    def raced(*_arguments: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DO $$ BEGIN RAISE unique_violation"
                " USING CONSTRAINT = 'licenses_shipped_serial_pkey'; END $$"
            )

    with mock.patch.dict(house.projectors, {"license": raced}):
        note(lambda: played.stage.do(OFFICER, suspend, played.open.license_id))
