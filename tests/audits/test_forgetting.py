"""Expired logins are removed by the worker, which can remove no others."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, transaction
from knox.models import AuthToken

from audits import context, grants, tasks
from tests.licenses.verification.tampering import run
from tests.support.client import client_of
from tests.support.people import AUDITOR, OFFICER
from tests.support.world import logged_in

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_what_has_expired_goes_and_what_has_not_stays() -> None:
    now = context.database_now()
    living, dead = client_of(OFFICER), client_of(AUDITOR)
    AuthToken.objects.filter(user_id=AUDITOR.person_id).update(expiry=now - MINUTE)
    for key, moment in (("old", now - MINUTE), ("new", now + MINUTE)):
        Session.objects.create(session_key=key, session_data="", expire_date=moment)
    with logged_in(grants.WORKER):
        assert tasks.forget_logins("whatever", else_="too") == 2
        assert tasks.forget_logins() == 0
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert (living.get("me").status_code, dead.get("me").status_code) == (200, 401)


@pytest.mark.parametrize("table", ["django_session", "knox_authtoken"])
def test_the_worker_removes_no_login_itself(table: str) -> None:
    with logged_in(grants.WORKER), pytest.raises(DatabaseError), transaction.atomic():
        run(f"DELETE FROM {table}")  # noqa: S608 -- a constant of this test
