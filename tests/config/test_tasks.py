"""Messages are hints: sending one is quick, or fails quickly."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import kombu.exceptions
import pytest

from config.celery import app
from config.env import Environment

# A request that must tell a worker something waits no longer than this for a broken broker.
BOUND_SECONDS = 3.0
ATTEMPTS = 4


def publish_to(url: str) -> None:
    broker = Environment({"REDIS_URL": url}).celery_broker("REDIS_URL")
    with app.connection_for_write(broker) as connection, app.amqp.Producer(connection) as producer:
        app.send_task("audits.nothing", producer=producer, ignore_result=True)


def seconds_of(action: Callable[[], None]) -> float:
    begun = time.monotonic()
    with pytest.raises((kombu.exceptions.OperationalError, OSError)):
        action()
    return time.monotonic() - begun


def fails_within(bound_seconds: float, action: Callable[[], None]) -> bool:
    """Tell whether an action fails in time; a busy machine may hold it up, but not every time."""
    return any(seconds_of(action) < bound_seconds for _ in range(ATTEMPTS))


def test_an_absent_broker_fails_at_once(tmp_path: Path) -> None:
    assert fails_within(1, lambda: publish_to(f"unix://{tmp_path}/absent.sock"))


def test_a_closed_port_fails_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert fails_within(1, lambda: publish_to(f"redis://127.0.0.1:{port}/0"))


def test_a_broker_that_accepts_but_never_answers_fails_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert fails_within(BOUND_SECONDS, lambda: publish_to(f"redis://127.0.0.1:{port}/0"))


def test_only_json_is_understood() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_a_message_is_acknowledged_after_its_work_and_answers_are_not_kept() -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.task_ignore_result is True
    assert app.conf.task_publish_retry is False
