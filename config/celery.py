"""The task queue. A message is a hint that work is due; the work itself is a database row."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tollgate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Keep Celery from replacing the logging that Django's settings describe."""


@beat_init.connect
def record_code_of_beat(**_: Any) -> None:
    """Record with which code the schedule is kept."""
    from audits.sealing import deployment  # noqa: PLC0415 -- its models need Django set up

    deployment.record_in_background("beat")
