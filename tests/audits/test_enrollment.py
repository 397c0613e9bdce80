"""Who may act: enrolled once, on the record; a login changes nothing but its time."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password

from audits.enrollment import enroll_organization, enroll_person
from audits.kernel import Refused, Role
from audits.models import EventRow, Person

pytestmark = pytest.mark.django_db


def test_enrolling_twice_changes_nothing_and_is_recorded_once() -> None:
    for _ in range(2):
        bank = enroll_organization("First Bank", Role.BANK)
        enroll_person("teller", bank, password="a long passphrase")  # noqa: S106 -- of this test
    kinds = EventRow.objects.order_by("recorded_at").values_list("type", flat=True)
    assert list(kinds) == ["organization_enrolled", "person_enrolled"]


def test_an_organization_keeps_its_role_and_a_person_its_organization() -> None:
    bank = enroll_organization("First Bank", Role.BANK)
    enroll_person("teller", bank, password=None)
    other = enroll_organization("Second Bank", Role.BANK)
    with pytest.raises(Refused, match="First Bank is enrolled as bank"):
        enroll_organization("First Bank", Role.TREASURY)
    with pytest.raises(Refused, match="acts for another organization"):
        enroll_person("teller", other, password=None)


def test_logging_in_never_rewrites_the_password() -> None:
    bank = enroll_organization("First Bank", Role.BANK)
    person = enroll_person("teller", bank, password=None)
    outdated = make_password("a long passphrase", hasher="pbkdf2_sha256")
    Person.objects.filter(id=person.id).update(password=outdated)
    assert authenticate(username="teller", password="a long passphrase") == person  # noqa: S106 -- of this test
    assert Person.objects.get(id=person.id).password == outdated
