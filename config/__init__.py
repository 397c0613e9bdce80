"""Wiring: settings, addresses, the task queue. Knows everything; nothing imports it back."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
