"""A person's name comes in over the API, goes out over it, and lies nowhere in between."""

import base64
import json
import re
from typing import Any

import pytest

from audits.verification import verify
from config.celery import app
from tests.support.client import client_of
from tests.support.people import EXPORTER, OFFICER
from tests.support.world import logged_in
from tests.trust.names import SIGNATORY, certified, holding, signed_by, superuser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_web")]


def test_a_signatory_is_shown_in_clear_and_kept_nowhere() -> None:
    exporter = client_of(EXPORTER)
    customer = certified(exporter)
    assert signed_by(exporter, customer) == SIGNATORY
    assert signed_by(client_of(OFFICER), customer) == SIGNATORY
    history = exporter.get(f"{customer}/history")
    assert SIGNATORY in json.dumps(history.json())
    assert history["Cache-Control"] == "private, no-store"
    with logged_in(superuser()):
        assert holding(SIGNATORY) == set()
        assert holding("personal:1:") >= {"audits_event"}
        assert verify().is_sound


def in_the_broker() -> str:
    """Read everything that the broker holds, as text."""
    with app.connection_for_read() as connection:
        client: Any = connection.default_channel.client  # type: ignore[attr-defined]  # of its Redis transport
        reading = {
            b"list": lambda key: client.lrange(key, 0, -1),
            b"set": client.smembers,
            b"hash": client.hgetall,
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"string": client.get,
        }
        raw = "".join(str((key, reading[client.type(key)](key))) for key in client.keys("*"))
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', raw)
    return raw + "".join(base64.b64decode(body).decode() for body in bodies)


@pytest.mark.django_db(transaction=True)
def test_the_broker_is_told_of_work_and_of_nobody() -> None:
    certified(client_of(EXPORTER), remote_end_users=[{"name": SIGNATORY, "country": "SG"}])
    told = in_the_broker()
    assert '"callbacks"' in told  # the bodies of messages are among it
    assert SIGNATORY not in told
