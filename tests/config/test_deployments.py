"""Who serves or works has it recorded with which code: web, worker and beat, as each begins."""

import pytest
from celery.signals import beat_init, worker_ready

import config.gunicorn as served
from audits.sealing import deployment


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect who wants it recorded, instead of recording it."""
    processes: list[str] = []
    monkeypatch.setattr(deployment, "record_in_background", processes.append)
    return processes


def test_a_web_process_does(told: list[str]) -> None:
    served.post_worker_init(None)
    assert told == ["web"]


def test_the_worker_and_beat_do(told: list[str]) -> None:
    worker_ready.send(sender=None)
    beat_init.send(sender=None)
    assert told == ["worker", "beat"]


def test_each_of_them_has_a_login() -> None:
    assert {"web", "worker", "beat"} <= deployment.LOGINS.keys()
