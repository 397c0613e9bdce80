"""An action as activity streams keep it: actor, verb and target, the two of any kind."""

from typing import ClassVar

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Action(models.Model):
    """Somebody did something to something."""

    actor_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    actor_id = models.CharField(max_length=255, db_index=True)
    actor = GenericForeignKey("actor_type", "actor_id")
    verb = models.CharField(max_length=255, db_index=True)
    target_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    target_id = models.CharField(max_length=255, db_index=True)
    target = GenericForeignKey("target_type", "target_id")
    data = models.JSONField()
    timestamp = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager["Action"]] = models.Manager()

    class Meta:
        app_label = "actions"

    def __str__(self) -> str:
        return f"{self.actor_id} {self.verb} {self.target_id}"
