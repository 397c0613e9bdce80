"""How Django knows this app; it is installed by the settings beside it alone."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    """The app `actions`."""

    name = "benchmarks.peers.actions"
    label = "actions"
    default_auto_field = "django.db.models.BigAutoField"
