"""How Django knows this app; it is installed by the settings beside it alone."""

from django.apps import AppConfig


class CrudConfig(AppConfig):
    """The app `crud`."""

    name = "benchmarks.peers.crud"
    label = "crud"
    default_auto_field = "django.db.models.BigAutoField"
