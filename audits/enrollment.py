"""Who may act: organizations and natural persons are enrolled by the operator, on the record.

Runs as the owner of the database; no application role may add a person.
"""

from typing import Final
from uuid import UUID, uuid5

from django.db import transaction

from audits import context as minting
from audits import store, vault
from audits.codec import fingerprint_of
from audits.events import OrganizationEnrolled, PersonEnrolled
from audits.kernel import Context, Decider, Event, Refused, Role, State
from audits.models import Organization, Person

_ORGANIZATIONS: Final = UUID("5b1f0d3a-7c0e-5d8e-8b0e-3f4c2a9d1b01")


class Enrolled(State):
    """An enrolled organization or person; there is nothing to fold yet."""


ENROLLMENT: Final = Decider(
    aggregate="enrollment",
    initial=Enrolled(),
    evolve=lambda state, _event: state,
    decisions={},
)


def organization_id(name: str) -> UUID:
    """Derive an organization's id from its name: enrolling it again finds the same one."""
    return uuid5(_ORGANIZATIONS, name)


def enroll_organization(name: str, role: Role, *, agency: str = "") -> Organization:
    """Enroll an organization; repeating it changes nothing, another role is refused."""
    with transaction.atomic():
        known = Organization.objects.filter(name=name).first()
        if known is None:
            known = Organization.objects.create(
                id=organization_id(name), name=name, role=role.value, agency=agency
            )
            _record(known.id, OrganizationEnrolled(name=name, role=role, agency=agency or None))
        elif (known.role, known.agency) != (role.value, agency):
            raise Refused("organization_conflict", f"{name} is enrolled as {known.role}")
    return known


def enroll_person(
    username: str,
    organization: Organization,
    *,
    password: str | None,
    person_id: UUID | None = None,
) -> Person:
    """Enroll a person of an organization; repeating it changes nothing but the password given.

    The person's id is minted unless given, so that it tells nothing of the name; the name is sealed.
    """
    with transaction.atomic():
        known = Person.objects.filter(username=username).first()
        if known is None:
            known = Person.objects.create_person(
                person_id=person_id or minting.new_id(),
                username=username,
                organization=organization,
                password=password,
            )
            holder = vault.Holder(organization.id, known.id)
            event = PersonEnrolled(
                username=vault.seal_name(username, holder), organization_id=organization.id
            )
            _record(known.id, event)
        elif known.organization_id != organization.id:
            raise Refused("person_conflict", f"{username} acts for another organization")
        elif password is not None and not known.check_password(password):
            known.set_password(password)
            known.save(update_fields=["password"])
    return known


def _record(stream_id: UUID, event: Event) -> None:
    command_id = minting.new_id()
    context = Context(
        actor=minting.system_actor("operator"),
        now=store.begin(command_id).now,
        command_id=command_id,
        correlation_id=stream_id,
    )
    name = type(event).__name__
    draft = store.Draft(ENROLLMENT.aggregate, stream_id, 1, event)
    store.append(store.seal([draft], context, store.Cause(name, fingerprint_of(name, stream_id))))
