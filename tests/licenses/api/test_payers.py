"""Whoever pays may be anybody: the name that the bank gives is read in memory and kept sealed."""

from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection
from msgspec.structs import replace

from audits import context as minting
from audits import grants, vault
from audits.codec import registry
from audits.differences import Look, Silence
from audits.personal import is_token
from audits.reading import load
from audits.sequencing import Sequencer
from licenses.auditing.recompute import AGAIN, recompute
from licenses.domain import escrow
from licenses.domain.escrow.events import DepositSetAside
from tests.licenses.api.test_money import entry, granted, message, report, status
from tests.support.client import ApiClient
from tests.support.deal import Deal
from tests.support.world import logged_in
from tests.trust.names import holding

pytestmark = pytest.mark.django_db

People = dict[str, ApiClient]
STRANGER: Final = "Ottoline Krebsbach-Maree"
KNOWN: Final = "HARBOR CLOUD SERVICES"
"""The buyer, as a bank spells it."""

__all__ = ["granted"]


def pays(people: People, deal: Deal, reference: str, **changes: Any) -> Any:
    """Have the bank report a payment by name alone."""
    body = {
        "account": "US00TOLLGATE0001",
        "bank_reference": reference,
        "end_to_end_id": deal.license_id.hex,
        "payer_name": STRANGER,
        "amount_cents": str(deal.price_cents),
        "currency": "USD",
        "value_on": str(minting.database_now().date()),
        "status": "BOOK",
        "credit_debit": "CRDT",
        "message_sha256": "0" * 64,
    }
    return people["bank"].post(f"escrows/{deal.escrow_id}/deposits", body | changes)


def set_aside(deal: Deal) -> list[DepositSetAside]:
    recorded = load(escrow.DECIDER, deal.escrow_id).recorded
    return [each.data for each in recorded if isinstance(each.data, DepositSetAside)]


def retaken() -> Any:
    """Take all decisions again, and give how many deposits were."""
    Sequencer().run_until_empty()
    with logged_in(grants.AUDITOR):
        found = recompute(Look(name="recompute", progress=Silence()))
    assert found.otherwise == ()
    return found.decisions[AGAIN].get("BookDeposit", 0)


def forget(subject_id: UUID) -> None:
    """Destroy a key as its erasure would, years later."""
    trigger = "ALTER TABLE audits_subject_key {} TRIGGER audits_subject_key_kept"
    with connection.cursor() as cursor:
        cursor.execute(trigger.format("DISABLE"))
        cursor.execute(
            "UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,"
            " destroyed_at = clock_timestamp() WHERE subject_id = %s",
            [subject_id],
        )
        cursor.execute(trigger.format("ENABLE ALWAYS"))


def test_a_stranger_who_pays_is_shown_in_clear_and_kept_nowhere(
    granted: Deal, people: People
) -> None:
    assert pays(people, granted, "R1").json()["code"] == "deposit_payer_unknown"
    by_message = message(entry(granted, "R2", "1.00").replace("Harbor Cloud Services", STRANGER))
    assert report(people, granted, by_message).status_code == 200
    assert holding(STRANGER) == set()
    first, second = set_aside(granted)
    assert is_token(str(first.payer_name))
    assert first.payer_name == second.payer_name  # the same person
    history = people["officer"].get(f"escrows/{granted.escrow_id}/history")
    assert history.content.decode().count(STRANGER) == 2
    assert [each.name for each in vault.named_in(granted.escrow_id)] == [STRANGER]


def test_a_payer_is_found_by_the_name_that_is_sealed(granted: Deal, people: People) -> None:
    assert pays(people, granted, "R1", payer_name=KNOWN).status_code == 200
    assert status(people, granted) == "funded"
    assert holding(KNOWN) == set()


@pytest.mark.django_db(transaction=True)
def test_decisions_on_payers_come_out_the_same_after_they_are_erased(
    granted: Deal, people: People
) -> None:
    pays(people, granted, "R1")
    pays(people, granted, "R2", payer_name=KNOWN, currency="EUR")
    again = pays(people, granted, "R2", payer_name=KNOWN, currency="EUR")
    assert again.json()["code"] == "deposit_currency_wrong"  # as it was noted: a refusal
    stranger, known = set_aside(granted)
    assert (stranger.payer_customer_id, known.payer_customer_id) == (None, granted.customer_id)
    assert retaken() == 2
    for each in vault.named_in(granted.escrow_id):
        forget(each.subject_id)
    assert retaken() == 2
    history = people["officer"].get(f"escrows/{granted.escrow_id}/history").content.decode()
    assert STRANGER not in history
    assert history.count("[erased]") == 2


def test_who_is_named_in_an_open_deal_is_not_erased(granted: Deal, people: People) -> None:
    pays(people, granted, "R1")
    [named] = vault.named_in(granted.escrow_id)
    request = {"subject_id": str(named.subject_id), "reason": "Asked for"}
    assert people["officer"].post("erasures/", request).json()["code"] == "deal_open"


def test_a_payer_of_the_first_schema_is_read_as_it_was_written(
    granted: Deal, people: People
) -> None:
    pays(people, granted, "R1")
    [recorded] = [
        each
        for each in load(escrow.DECIDER, granted.escrow_id).recorded
        if isinstance(each.data, DepositSetAside)
    ]
    assert recorded.schema_version == 2
    old = replace(recorded, schema_version=1, data=replace(recorded.data, payer_name=STRANGER))
    read = registry.decode("deposit_set_aside", 1, registry.encode(old))
    assert read == old


@pytest.mark.parametrize("name", ["[erased]", "personal:1:x"])
def test_a_message_that_names_nobody_in_one_entry_books_none(
    granted: Deal, people: People, name: str
) -> None:
    first, second = entry(granted, "R1", "1.00"), entry(granted, "R2", "2.00")
    unnamed = second.replace("Harbor Cloud Services", name)
    before = load(escrow.DECIDER, granted.escrow_id).version
    answer = report(people, granted, message(first, unnamed))
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
    assert load(escrow.DECIDER, granted.escrow_id).version == before
