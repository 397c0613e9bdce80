"""Who serves has it recorded with which code."""

import pytest
from celery.signals import beat_init

import config.gunicorn as served
from audits.sealing import deployment


def test_a_web_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(deployment, "record_in_background", told.append)
    served.post_worker_init(None)
    assert told == ["web"]
    assert "web" in deployment.LOGINS


def test_celery_beat_does(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(deployment, "record_in_background", told.append)
    beat_init.send(sender=None)
    assert told == ["beat"]
    assert "beat" in deployment.LOGINS
