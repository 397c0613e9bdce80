"""Two persons erase a name for good: nothing shows it again, and every proof still holds."""

from typing import Any, Final
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from audits import context as minting
from audits import store
from audits.kernel import Actor, Context, Event
from audits.verification import Report, checks, verify
from customers.domain.erasure.events import PersonalDataErased
from tests.customers.api.test_customers import act, registered
from tests.support.client import client_of, problem
from tests.support.people import EXPORTER, OFFICER, SECOND_OFFICER
from tests.support.stage import CERTIFICATION
from tests.support.world import logged_in
from tests.trust.names import (
    SIGNATORY,
    approve,
    certified,
    everything_shown,
    holding,
    request,
    signed_by,
    subject_in,
    superuser,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_web")]


SEALED: Final = "personal:1:019ab0c4-51c2-7d10-8f43-6a1d2b3c4d5e:AAAAAAAAAAAAAAAAAAAAAAAA"


def hashes() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id, canonical, leaf_hash FROM audits_event ORDER BY event_id")
        return [(row[0], bytes(row[1]), bytes(row[2])) for row in cursor.fetchall()]


def test_two_persons_erase_a_signatory_everywhere_and_every_proof_still_holds() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    subject = subject_in(customer)
    with logged_in(superuser()):
        assert SIGNATORY in everything_shown(customer)
        before = hashes()
    assert request(subject).status_code == 201
    problem(approve(subject, OFFICER), 409, "four_eyes")
    assert approve(subject).status_code == 200
    assert signed_by(exporter, customer) == "[erased]"
    with logged_in(superuser()):
        shown = everything_shown(customer)
        assert SIGNATORY not in shown
        assert "[erased]" in shown
        assert holding(SIGNATORY) == set()
        assert {event[0]: event for event in hashes()}.items() >= {e[0]: e for e in before}.items()
        assert verify() == Report(passed=tuple(checks()))


def test_a_repeated_request_answers_as_before_and_another_person_is_another_subject() -> None:
    exporter = client_of(EXPORTER)
    customer = f"customers/{registered(exporter)}"
    sent = {"certification": CERTIFICATION | {"signed_by": SIGNATORY}}
    path = f"{customer}/end-use-certifications"
    first, again = (exporter.post(path, sent, key="one", if_match="*") for _ in range(2))
    assert first.json() == again.json()
    same = exporter.post(path, sent, key="two", if_match="*")
    assert same.json()["events"] == []
    sent["certification"]["signed_by"] = "Ilmari Wexcombe"
    assert exporter.post(path, sent, key="three", if_match="*").json()["events"]
    assert subject_in(customer) != subject_in(customer, "Ilmari Wexcombe")


def test_erasing_one_person_leaves_the_others() -> None:
    exporter = client_of(EXPORTER)
    others = [{"name": "Ilmari Wexcombe", "country": "SG"}]
    customer = certified(exporter, remote_end_users=others)
    subject = subject_in(customer)
    request(subject)
    approve(subject)
    certification = exporter.get(customer).json()["state"]["file"]["certification"]
    assert certification["signed_by"] == "[erased]"
    assert certification["remote_end_users"] == others


def test_whoever_comes_again_after_an_erasure_is_somebody_new() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    subject = subject_in(customer)
    request(subject)
    approve(subject)
    act(
        exporter,
        f"{customer}/end-use-certifications",
        {"certification": CERTIFICATION | {"signed_by": SIGNATORY}},
    )
    assert signed_by(exporter, customer) == SIGNATORY
    assert subject_in(customer) != subject


@pytest.mark.parametrize("text", ["[erased]", SEALED, f"see {SEALED} there"])
def test_nobody_brings_what_stands_for_personal_data(text: str) -> None:
    exporter = client_of(EXPORTER)
    customer = f"customers/{registered(exporter)}"
    for changes in ({"signed_by": text}, {"end_use": text, "signed_by": "X"}):
        if text == "[erased]" and "end_use" in changes:
            continue  # a word like any other, in free text
        answer = exporter.post(
            f"{customer}/end-use-certifications",
            {"certification": CERTIFICATION | changes},
            if_match="*",
        )
        problem(answer, 400, "request_invalid")


def test_a_legal_hold_forbids_the_erasure_until_two_officers_lift_it() -> None:
    customer = certified(client_of(EXPORTER))
    target, subject = customer.removeprefix("customers/"), subject_in(customer)
    officer, second = client_of(OFFICER), client_of(SECOND_OFFICER)
    matter = {"matter": "Docket 26-0417"}
    why = {"reason": "The agency asked to keep the records"}
    assert request(subject).status_code == 201
    hold = officer.post("legal-holds/", {"target_id": target, **matter, **why}).json()["stream_id"]
    problem(approve(subject), 409, "legal_hold")
    officer.post(f"legal-holds/{hold}/lifting-proposals", {**matter, **why}, if_match="*")
    own = officer.post(f"legal-holds/{hold}/liftings", matter, if_match="*")
    problem(own, 409, "four_eyes")
    problem(approve(subject), 409, "legal_hold")
    second.post(f"legal-holds/{hold}/liftings", matter, if_match="*")
    assert approve(subject).status_code == 200
    with logged_in(superuser()):
        assert verify() == Report(passed=tuple(checks()))


def forge(subject: UUID, actor: Actor, version: int, event: Event) -> None:
    """Append an event that nobody decided, as a compromised web process could."""
    now = minting.database_now()
    context = Context(actor=actor, now=now, command_id=minting.new_id(), correlation_id=subject)
    draft = store.Draft("erasure", subject, version, event)
    store.append(store.seal([draft], context, store.Cause("ApproveErasure", "0" * 64)))


@pytest.mark.parametrize("case", ["nobody asked", "the same person", "nobody is there"])
def test_no_key_goes_without_two_persons_whatever_is_appended(case: str) -> None:
    customer = certified(client_of(EXPORTER))
    subject = UUID(subject_in(customer))
    version = 1
    if case == "the same person":
        request(str(subject))
        version = 2
    if case == "nobody is there":
        subject = minting.new_id()
    erased = PersonalDataErased(
        holder_id=UUID(customer.removeprefix("customers/")),
        key_sha256="0" * 64,
        reason="Forged",
        requested_by=OFFICER.person_id,
        by=OFFICER.person_id,
    )
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        forge(subject, OFFICER, version, erased)
    assert getattr(caught.value.__cause__, "sqlstate", None) == "TG007"
    assert signed_by(client_of(EXPORTER), customer) == SIGNATORY


def test_verification_names_a_key_that_went_or_stayed_against_the_record() -> None:
    first, second = (certified(client_of(EXPORTER)) for _ in range(2))
    gone, kept = subject_in(first), subject_in(second)
    request(kept)
    approve(kept)
    statement = "ALTER TABLE audits_subject_key {} TRIGGER audits_subject_key_kept"
    with logged_in(superuser()), connection.cursor() as cursor:
        cursor.execute(statement.format("DISABLE"))
        cursor.execute(
            "UPDATE audits_subject_key SET wrapped_key = NULL, name_mark = NULL,"
            " destroyed_at = clock_timestamp() WHERE subject_id = %s",
            [gone],
        )
        report = verify(only=("erased_keys",))
        assert (report.kind, report.differences[0].subject) == (
            "key_destroyed_unrecorded",
            f"subject {gone}",
        )
        cursor.execute(
            "UPDATE audits_subject_key SET wrapped_key = '', name_mark = '', destroyed_at = NULL"
        )
        report = verify(only=("erased_keys",))
        assert (report.kind, report.differences[0].subject) == (
            "key_not_destroyed",
            f"subject {kept}",
        )
