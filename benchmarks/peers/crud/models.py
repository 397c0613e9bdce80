"""An application as one row, whose every change django-simple-history copies."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Application(models.Model):
    """What Tollgate's command to draft an application says, as columns."""

    exporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    status = models.CharField(max_length=20, default="draft")
    parties = models.JSONField()
    items = models.JSONField()
    currency = models.CharField(max_length=3)
    shipped_from_country = models.CharField(max_length=2)
    destination_country = models.CharField(max_length=2)
    end_use = models.TextField()
    documents = models.JSONField()
    supply = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["Application"]] = models.Manager()
    history: ClassVar[Any] = HistoricalRecords()

    class Meta:
        app_label = "crud"

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"
