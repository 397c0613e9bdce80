"""The task queue. A message is a hint that work is due; the work itself is a database row."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tollgate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Keep Celery from replacing the logging that Django's settings describe."""


@worker_ready.connect
def record_worker_code(**_: Any) -> None:
    """Have it recorded with which code the worker runs."""
    _record_code("worker")


@beat_init.connect
def record_beat_code(**_: Any) -> None:
    """Have it recorded with which code beat runs."""
    _record_code("beat")


def _record_code(process: str) -> None:
    from audits.sealing import deployment  # noqa: PLC0415 -- Django is not set up before

    deployment.record_in_background(process)
