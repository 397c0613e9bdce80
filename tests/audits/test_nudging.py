"""Hints: they carry an id alone, wait for the commit, and never hold up a request for long."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from django.db import transaction

from audits import context, nudging, tasks
from config.celery import app


@pytest.fixture(autouse=True)
def closed_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudging, "_breaker", type(nudging._breaker)())  # noqa: SLF001 -- a fresh one


class Queue:
    """The broker's queue, emptied before and after."""

    def __init__(self) -> None:
        self.connection = app.connection_for_read()
        self.queue = self.connection.SimpleQueue(app.conf.task_default_queue)
        self.queue.clear()

    def messages(self) -> list[Any]:
        found: list[Any] = []
        while True:
            try:
                message = self.queue.get(block=False)
            except self.queue.Empty:
                return found
            message.ack()
            found.append(message)


@pytest.fixture
def queue() -> Iterator[Queue]:
    queue = Queue()
    yield queue
    queue.queue.clear()
    queue.queue.close()
    queue.connection.release()


def broker(url: str) -> Celery:
    """Make an application like the real one, with another broker."""
    other = Celery("elsewhere", set_as_current=False)
    other.config_from_object("django.conf:settings", namespace="CELERY")
    other.conf.update(broker_url=url)
    return other


def test_a_hint_carries_the_id_alone(queue: Queue) -> None:
    item = context.new_id()
    nudging.nudge([item])
    [message] = queue.messages()
    arguments, keywords, _ = message.payload
    assert (arguments, keywords) == ([str(item)], {})
    assert message.headers["task"] == nudging.TASK == tasks.run_work_item.name
    assert len(message.body) < 200


@pytest.mark.django_db(transaction=True)
def test_hints_wait_for_the_commit(queue: Queue) -> None:
    with transaction.atomic():
        nudging.nudge_after_commit([context.new_id()])
        assert queue.messages() == []
    assert len(queue.messages()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_its_hints_along(queue: Queue) -> None:
    with transaction.atomic():
        nudging.nudge_after_commit([context.new_id()])
        transaction.set_rollback(True)
    assert queue.messages() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("items", "hints"), [(0, 0), (50, 50), (51, 50)])
def test_more_hints_than_fifty_are_noise(queue: Queue, items: int, hints: int) -> None:
    with transaction.atomic():
        nudging.nudge_after_commit([UUID(int=number) for number in range(items)])
    assert len(queue.messages()) == hints


def test_an_absent_broker_is_asked_once_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = counting(monkeypatch, f"redis+socket://{tmp_path}/absent.sock")
    nudge_much_twice()
    assert len(asked) == 1


def test_a_silent_broker_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = counting(monkeypatch, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        nudge_much_twice()
    assert len(asked) == 1


def counting(monkeypatch: pytest.MonkeyPatch, url: str) -> list[str]:
    """Send hints to another broker; gives the list of the tasks for which it is asked."""
    elsewhere = broker(url)
    asked: list[str] = []

    def send_task(name: str, **options: Any) -> None:
        asked.append(name)
        elsewhere.send_task(name, **options)

    monkeypatch.setattr(nudging, "current_app", SimpleNamespace(send_task=send_task))
    return asked


def nudge_much_twice() -> None:
    for _ in range(2):
        nudging.nudge([context.new_id()] * nudging.MOST)


def test_the_broker_is_tried_again_after_the_pause(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = [1_000.0]
    monkeypatch.setattr(nudging, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with monkeypatch.context() as patch:
        patch.setattr(nudging, "current_app", broker(f"redis+socket://{tmp_path}/absent.sock"))
        nudging.nudge([context.new_id()])
    now[0] += nudging.PAUSE_SECONDS - 0.001
    nudging.nudge([context.new_id()])
    assert queue.messages() == []
    now[0] += 0.001
    nudging.nudge([context.new_id()])
    assert len(queue.messages()) == 1
