"""Forged authorship is named: wrong role, stranger, wrong login, stowaways in a command."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from audits import context as minting
from audits import grants
from audits.codec import Recorded
from audits.context import system_actor
from audits.events import CodeDeployed, CommandRefused, OrganizationEnrolled, PersonEnrolled
from audits.kernel import Actor, Event, Role
from audits.sealing.deployment import LOGINS, STREAM
from licenses.domain.license.events import LicenseSuspended, ProvisosAcknowledged
from licenses.domain.shipment.events import ShipmentCancelled
from tests.licenses.verification.histories import Played
from tests.licenses.verification.tampering import drafts, forge, found, insert, latest, names
from tests.support.people import BANK, EXPORTER, INTRUDER, OFFICER, SYSTEM, actor, identity

STRANGER = actor("stranger", Role.OFFICER, organization="bis", agency="BIS")
OTHER_AGENCY = actor("officer", Role.OFFICER, organization="bis", agency="DOD")
WORKER_PROCESS = system_actor("expire_license")


def suspension(by: Actor = OFFICER) -> LicenseSuspended:
    return LicenseSuspended(reason="Because", edition=None, by=by.person_id)


def forged(played: Played, by: Actor, command: str = "SuspendLicense", **how: Any) -> Recorded[Any]:
    happened = ("license", played.open.license_id, suspension(by))
    return forge(happened, actor=by, command=command, **how)[0]


def test_what_a_person_may_do_is_no_difference(played: Played) -> None:
    forged(played, OFFICER)
    assert found("authority") == (None, [])


def test_a_role_that_may_not_is_named(played: Played) -> None:
    event = forged(played, EXPORTER)
    names("authority", "role_not_permitted", event.event_id)


def test_a_person_never_issues_what_is_the_systems_own(played: Played) -> None:
    event = forged(played, OFFICER, "GrantLicense")
    names("authority", "role_not_permitted", event.event_id)


def test_a_command_that_does_not_exist_is_named(played: Played) -> None:
    event = forged(played, OFFICER, "SuspendEverything")
    names("authority", "command_unknown", event.event_id)


def test_an_event_of_another_aggregate_than_its_command_is_named(played: Played) -> None:
    event = forged(played, BANK, "BookDeposit")
    names("authority", "event_not_of_command", event.event_id)


@pytest.mark.parametrize("by", [STRANGER, OTHER_AGENCY], ids=["person", "agency"])
def test_who_was_never_enrolled_is_named(played: Played, by: Actor) -> None:
    event = forged(played, by)
    names("authority", "actor_not_enrolled", event.event_id)


def test_a_person_of_another_organization_is_named(played: Played) -> None:
    posing = msgspec.structs.replace(INTRUDER, organization_id=EXPORTER.organization_id)
    letter = ProvisosAcknowledged(proviso_ids=("P1",), letter=None, by=posing.person_id)
    happened = ("license", played.revoked.license_id, letter)
    [event] = forge(happened, actor=posing, command="AcknowledgeProvisos")
    names("authority", "actor_not_enrolled", event.event_id)


def test_a_process_acts_for_the_service_alone(played: Played) -> None:
    event = forged(played, SYSTEM, role=grants.WORKER)
    names("authority", "actor_not_enrolled", event.event_id)


@pytest.mark.parametrize(
    ("by", "role", "is_fit"),
    [
        (OFFICER, grants.WEB, True),
        (OFFICER, grants.WORKER, False),
        (OFFICER, grants.SEALER, False),
        (WORKER_PROCESS, grants.WEB, False),
        (WORKER_PROCESS, grants.WORKER, True),
    ],
)
def test_the_login_must_fit_the_actor(
    played: Played, by: Actor, role: str, *, is_fit: bool
) -> None:
    event = forged(played, by, role=role)
    if is_fit:
        assert found("authority") == (None, [])
    else:
        names("authority", "writer_unfit", event.event_id)


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("role", grants.ROLES[:3])
@pytest.mark.parametrize("process", [*LOGINS, "operator"])
def test_each_process_tells_of_its_own_code_alone(process: str, role: str) -> None:
    told = ("deployment", STREAM, CodeDeployed(process=process, package_sha256="0", version="1"))
    [event] = forge(told, actor=system_actor(process), command="CodeDeployed", role=role)
    if LOGINS.get(process) == role:
        assert found("authority") == (None, [])
    else:
        names("authority", "writer_unfit", event.event_id)


@pytest.mark.parametrize("role", [grants.WEB, grants.WORKER, grants.SEALER])
def test_no_application_role_enrolls_anybody(played: Played, role: str) -> None:
    happened = (
        "enrollment",
        STRANGER.person_id,
        PersonEnrolled(username="stranger", organization_id=STRANGER.organization_id),
    )
    [enrolled] = forge(
        happened, actor=system_actor("operator"), command="PersonEnrolled", role=role
    )
    forged(played, STRANGER)
    names("authority", "writer_unfit", enrolled.event_id)


def test_whoever_acts_before_being_enrolled_is_named(played: Played) -> None:
    early = drafts(
        ("license", played.open.license_id, suspension(STRANGER)),
        actor=STRANGER,
        command="SuspendLicense",
    )
    happened: tuple[str, UUID, Any] = (
        "enrollment",
        STRANGER.person_id,
        PersonEnrolled(username="stranger", organization_id=STRANGER.organization_id),
    )
    # Written by the owner, as enrollments are: only the order is wrong.
    forge(happened, actor=system_actor("operator"), command="PersonEnrolled", role=None)
    insert(grants.WEB, early)
    names("authority", "actor_not_enrolled", early[0].event_id)


def test_an_organization_enrolled_in_another_role_does_not_count(played: Played) -> None:
    posing = actor("poser", Role.OFFICER, organization="poser", agency="BIS")
    enrollments: tuple[tuple[UUID, Event, str], ...] = (
        (
            posing.organization_id,
            OrganizationEnrolled(name="poser", role=Role.EXPORTER),
            "OrganizationEnrolled",
        ),
        (
            posing.person_id,
            PersonEnrolled(username="poser", organization_id=posing.organization_id),
            "PersonEnrolled",
        ),
    )
    for stream, event, command in enrollments:
        happened = ("enrollment", stream, event)
        forge(happened, actor=system_actor("operator"), command=command, role=None)
    suspended = forged(played, posing)
    names("authority", "actor_not_enrolled", suspended.event_id)


def test_an_event_added_to_a_command_later_is_named(played: Played) -> None:
    cancelled = ShipmentCancelled(license_id=played.open.license_id, reason="No")
    [stowaway] = drafts(
        ("shipment", played.open.shipment_id, cancelled), actor=EXPORTER, command="CancelShipment"
    )
    carrier = latest(played.revoked.license_id, ProvisosAcknowledged)
    hidden = msgspec.structs.replace(
        stowaway,
        actor=carrier.actor,
        command=msgspec.structs.replace(carrier.command, ordinal=1),
        correlation_id=carrier.correlation_id,
    )
    insert(grants.WEB, [hidden])
    assert found("authority")[0] == "command_in_pieces"


def test_a_command_without_its_first_event_is_named(played: Played) -> None:
    ordinal = 1
    [event] = drafts(
        ("license", played.open.license_id, suspension()), actor=OFFICER, command="SuspendLicense"
    )
    command = msgspec.structs.replace(event.command, ordinal=ordinal, id=minting.new_id())
    insert(grants.WEB, [msgspec.structs.replace(event, command=command)])
    names("authority", "command_incomplete", event.event_id)


def test_events_of_one_command_name_one_actor(played: Played) -> None:
    made = drafts(
        ("license", played.open.license_id, suspension()),
        ("license", played.open.license_id, suspension(INTRUDER)),
        actor=OFFICER,
        command="SuspendLicense",
    )
    insert(grants.WEB, [made[0], msgspec.structs.replace(made[1], actor=INTRUDER)])
    names("authority", "command_in_pieces", made[1].event_id)


def test_a_refusal_may_come_from_any_role_but_not_from_a_stranger(played: Played) -> None:
    said = CommandRefused(
        target_id=played.open.license_id, status=403, code="role_not_permitted", detail="No"
    )
    forge(("refusal", identity("r1"), said), actor=BANK, command="SuspendLicense")
    assert found("authority") == (None, [])
    [event] = forge(("refusal", identity("r2"), said), actor=STRANGER, command="SuspendLicense")
    names("authority", "actor_not_enrolled", event.event_id)
