"""The bank over HTTP: deposits as JSON and as camt.054; the trial balance."""

from typing import Any

import pytest

from audits import context
from audits.models import EventRow
from tests.support.client import ApiClient, problem
from tests.support.deal import Deal
from tests.support.stage import Stage

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


@pytest.fixture
def granted(stage: Stage) -> Deal:
    """Play a deal up to the opened escrow."""
    stage.sell_at_home(8)
    return Deal(stage, stage.approved_customer()).apply().grant()


def entry(deal: Deal, reference: str, amount: str, currency: str = "USD") -> str:
    today = context.database_now().date()
    return f"""
      <Ntry>
        <Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{today}</Dt></BookgDt><ValDt><Dt>{today}</Dt></ValDt>
        <NtryDtls><TxDtls>
          <Refs><AcctSvcrRef>{reference}</AcctSvcrRef>
            <EndToEndId>{deal.license_id.hex}</EndToEndId></Refs>
          <Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>
          <RltdPties><Dbtr><Pty><Nm>Harbor Cloud Services</Nm></Pty></Dbtr></RltdPties>
        </TxDtls></NtryDtls>
      </Ntry>"""


def message(*entries: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <Document xmlns="{NAMESPACE}"><BkToCstmrDbtCdtNtfctn>
      <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-23T10:00:00</CreDtTm></GrpHdr>
      <Ntfctn><Id>N1</Id><Acct><Id><Othr><Id>US00TOLLGATE0001</Id></Othr></Id></Acct>
      {"".join(entries)}</Ntfctn>
    </BkToCstmrDbtCdtNtfctn></Document>""".encode()


def report(people: People, deal: Deal, content: bytes, key: str = "message-1") -> Any:
    return people["bank"].post(
        f"escrows/{deal.escrow_id}/deposits", content, key=key, content_type="application/xml"
    )


def status(people: People, deal: Deal) -> str:
    return str(people["bank"].get(f"escrows/{deal.escrow_id}").json()["status"])


def test_every_entry_of_a_message_is_answered_for_itself(granted: Deal, people: People) -> None:
    price = granted.price_cents // 100
    content = message(
        entry(granted, "R1", f"{price - 1}.00"),
        entry(granted, "R2", "5.00", currency="EUR"),
        entry(granted, "R3", "1.00"),
    )
    answer = report(people, granted, content)
    assert answer.status_code == 200, answer.content
    first, second, third = answer.json()["entries"]
    assert [each["bank_reference"] for each in (first, second, third)] == ["R1", "R2", "R3"]
    assert first["problem"] is None
    assert first["amount_cents"] == str((price - 1) * 100)
    assert second["receipt"] is None
    assert second["problem"]["status"] == 409
    assert [event["type"] for event in third["receipt"]["events"]] == [
        "deposit_booked",
        "escrow_funded",
    ]
    assert status(people, granted) == "funded"


def test_a_message_sent_twice_counts_once(granted: Deal, people: People) -> None:
    content = message(entry(granted, "R1", "1.00"), entry(granted, "R2", "2.00"))
    first = report(people, granted, content)
    count = EventRow.objects.count()
    assert report(people, granted, content).content == first.content
    assert report(people, granted, content, key="message-2").status_code == 200
    assert EventRow.objects.count() == count


@pytest.mark.parametrize("content", [b"<", b"<a/>", b"<!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>"])
def test_what_is_no_camt054_is_400(granted: Deal, people: People, content: bytes) -> None:
    answer = report(people, granted, content)
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("camt054_")


def test_a_message_of_another_role_is_403_and_of_a_stranger_404(
    granted: Deal, people: People
) -> None:
    path = f"escrows/{granted.escrow_id}/deposits"
    nowhere = f"escrows/{granted.license_id}/deposits"
    for content in (message(entry(granted, "R1", "1.00")), message(), b"<"):
        refused = people["exporter"].post(path, content, content_type="application/xml")
        problem(refused, 403, "role_not_permitted")
        lost = people["bank"].post(nowhere, content, content_type="application/xml")
        problem(lost, 404, "not_found")


def test_a_key_used_for_another_message_books_nothing_of_it(granted: Deal, people: People) -> None:
    first = message(entry(granted, "R1", "1.00"))
    assert report(people, granted, first).status_code == 200
    other = message(entry(granted, "R2", "2.00"), entry(granted, "R1", "3.00"))
    count = EventRow.objects.count()
    problem(report(people, granted, other), 422, "idempotency_key_reused")
    assert EventRow.objects.count() == count


def test_a_single_deposit_as_json_is_booked(granted: Deal, people: People) -> None:
    body = {
        "account": "US00TOLLGATE0001",
        "bank_reference": "R1",
        "end_to_end_id": granted.license_id.hex,
        "payer_customer_id": str(granted.customer_id),
        "amount_cents": str(granted.price_cents),
        "currency": "USD",
        "value_on": str(context.database_now().date()),
        "status": "BOOK",
        "credit_debit": "CRDT",
        "message_sha256": "0" * 64,
    }
    path = f"escrows/{granted.escrow_id}/deposits"
    answer = people["bank"].post(path, body)
    assert answer.status_code == 200, answer.content
    assert status(people, granted) == "funded"
    answer = people["bank"].post(path, b"x", content_type="text/xml")
    said = problem(answer, 415, "media_type_unsupported")["detail"]
    assert said.startswith("Send application/json or application/xml, ")


def test_a_deposit_that_is_set_aside_is_a_recorded_409(granted: Deal, people: People) -> None:
    body = {
        "account": "US00TOLLGATE0001",
        "bank_reference": "R9",
        "end_to_end_id": granted.license_id.hex,
        "payer_name": "Somebody Else",
        "amount_cents": "100",
        "currency": "USD",
        "value_on": str(context.database_now().date()),
        "status": "BOOK",
        "credit_debit": "CRDT",
        "message_sha256": "0" * 64,
    }
    path = f"escrows/{granted.escrow_id}/deposits"
    first = people["bank"].post(path, body, key="once")
    assert first.status_code == 409, first.content
    assert first.json()["citation"]
    types = EventRow.objects.filter(stream_id=granted.escrow_id).values_list("type", flat=True)
    assert "deposit_set_aside" in types
    assert people["bank"].post(path, body, key="once").content == first.content


def test_the_trial_balance_adds_up(granted: Deal, people: People) -> None:
    granted.deposit()
    shown = people["auditor"].get("ledger/trial-balance").json()
    [total] = shown["totals"]
    assert total["balanced"] is True
    assert total["debits_posted_cents"] == str(granted.price_cents)
    held = {row["kind"]: row["credits_posted_cents"] for row in shown["accounts"]}
    assert held["escrow"] == str(granted.price_cents)


def test_the_trial_balance_of_nothing_is_empty(people: People) -> None:
    assert people["treasury"].get("ledger/trial-balance").json() == {"accounts": [], "totals": []}


@pytest.mark.parametrize("name", ["exporter", "laboratory", "bank"])
def test_the_ledger_is_not_for_everybody(people: People, name: str) -> None:
    problem(people[name].get("ledger/trial-balance"), 403, "role_not_permitted")
