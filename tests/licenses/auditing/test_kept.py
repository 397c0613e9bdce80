"""Retention: an erasure that came too early is named, whoever made it, and one in time is not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import transaction

from audits import access, context, vault
from audits.differences import Difference
from audits.findings import scheduled
from audits.sequencing import Sequencer
from customers.domain.erasure.commands import ApproveErasure, RequestErasure
from customers.domain.erasure.events import ErasureRequested, PersonalDataErased
from customers.domain.ids import legal_hold_id
from customers.domain.legal_hold.commands import LiftLegalHold, PlaceLegalHold, ProposeLifting
from licenses.auditing import kept
from licenses.domain.application import commands as application
from tests.licenses.verification.tampering import forge, guards_lifted, run
from tests.support.deal import Deal
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import Stage, body

pytestmark = pytest.mark.django_db
WHY: Final[dict[str, Any]] = {"reason": "Asked for"}
MATTER: Final = {"matter": "Docket 26-0417"}


@pytest.fixture
def stage() -> Iterator[Stage]:
    prepared = Stage()
    prepared.prepare()
    yield prepared
    transaction.set_rollback(True)  # spares deferred constraints, which forgeries break


def found() -> list[Difference]:
    Sequencer().run_until_empty()  # all of a test is one transaction: the log tells what was before
    return list(kept.erased_too_early(context.database_now()))


def kinds() -> list[str]:
    return [each.kind for each in found()]


def forged_erasure(thing: UUID) -> UUID:
    """Append, in the names of two officers, an erasure that nobody decided; the database obeys."""
    [subject] = [each for each in vault.named_in(thing) if each.destroyed_at is None]
    status = vault.status_of(subject.subject_id)
    assert status is not None
    asked = ErasureRequested(holder_id=thing, by=OFFICER.person_id, **WHY)
    forge(("erasure", subject.subject_id, asked), actor=OFFICER, command="RequestErasure")
    erased = PersonalDataErased(
        holder_id=thing,
        key_sha256=status.key_sha256.hex(),
        requested_by=OFFICER.person_id,
        by=SECOND_OFFICER.person_id,
        **WHY,
    )
    happened = ("erasure", subject.subject_id, erased)
    [event] = forge(happened, actor=SECOND_OFFICER, command="ApproveErasure")
    assert [each.name for each in vault.named_in(thing)] == ["[erased]"]
    return event.event_id


def erase(stage: Stage, thing: UUID) -> None:
    [subject] = vault.named_in(thing)
    request = body(RequestErasure, subject_id=str(subject.subject_id), **WHY)
    stage.do(OFFICER, request, subject.subject_id)
    stage.do(SECOND_OFFICER, ApproveErasure(), subject.subject_id)


def hold(stage: Stage, target: UUID) -> None:
    order = body(PlaceLegalHold, target_id=str(target), **MATTER, **WHY)
    stage.do(OFFICER, order, legal_hold_id(target))


def drafted(stage: Stage, buyer: UUID) -> Deal:
    deal = Deal(stage, buyer)
    draft = body(application.DraftApplication, **deal.content())
    stage.do(EXPORTER, draft, deal.application_id)
    return deal


def aged(days: int) -> datetime:
    """Let a superuser move every event so far into the past; give the moment that it was."""
    with guards_lifted("audits_event"):
        run("UPDATE audits_event SET recorded_at = recorded_at - make_interval(days => %s)", days)
    return context.database_now() - timedelta(days=days)


def test_what_two_persons_erased_in_time_is_not_named(stage: Stage) -> None:
    buyer = stage.registered_customer()
    erase(stage, buyer)  # it never had a part in a deal
    assert found() == []


def test_an_erasure_in_a_deal_is_named_until_five_years_after_its_end(stage: Stage) -> None:
    buyer = stage.registered_customer()
    drafted(stage, buyer)
    event_id = forged_erasure(buyer)
    [named] = found()
    assert (named.kind, named.subject) == ("erased_too_early", f"event {event_id}")
    assert str(buyer) in named.detail


@pytest.mark.parametrize(("days", "named"), [(5 * 366, []), (5 * 365, ["erased_too_early"])])
def test_five_years_are_counted_to_the_day(stage: Stage, days: int, named: list[str]) -> None:
    buyer = stage.registered_customer()
    drafted(stage, buyer)
    aged(days)
    forged_erasure(buyer)
    assert kinds() == named


def test_an_erasure_under_a_hold_is_named_and_after_it_is_not(stage: Stage) -> None:
    held, free = stage.registered_customer("held"), stage.registered_customer("free")
    for target in (held, free):
        hold(stage, target)
    lifting = body(ProposeLifting, **MATTER, **WHY)
    stage.do(OFFICER, lifting, legal_hold_id(free))
    stage.do(SECOND_OFFICER, body(LiftLegalHold, **MATTER), legal_hold_id(free))
    erase(stage, free)
    assert found() == []
    event_id = forged_erasure(held)
    [named] = found()
    assert (named.kind, named.subject) == ("erased_under_hold", f"event {event_id}")
    assert MATTER["matter"] in named.detail


def test_a_hold_on_a_party_or_on_the_deal_keeps_what_the_deal_names(stage: Stage) -> None:
    buyer, other = stage.registered_customer("one"), stage.registered_customer("two")
    deal = Deal(stage, buyer)
    roles = zip(("purchaser", "ultimate_consignee", "end_user"), (buyer, other, other), strict=True)
    parties = [{"role": role, "customer_id": str(party)} for role, party in roles]
    draft = body(application.DraftApplication, **deal.content(parties=parties))
    stage.do(EXPORTER, draft, deal.application_id)
    hold(stage, other)
    aged(5 * 366)
    forged_erasure(buyer)
    assert kinds() == ["erased_under_hold"]


def test_the_erasure_of_a_customer_that_is_approved_is_named(stage: Stage) -> None:
    buyer = stage.approved_customer()
    forged_erasure(buyer)
    assert kinds() == ["erased_while_approved"]


def test_retention_asks_for_the_access_log_and_for_keys_as_well(stage: Stage) -> None:
    look = scheduled.audits()["retention"].look
    assert list(look(context.database_now())) == []
    buyer = stage.registered_customer()
    drafted(stage, buyer)
    forged_erasure(buyer)
    assert [each.kind for each in look(context.database_now())] == ["erased_too_early"]
    access.note(OFFICER, "/", None)
    access.record()
    with guards_lifted("audits_access"):
        run("DELETE FROM audits_access")
    assert "access_row_gone" in {each.kind for each in look(context.database_now())}
