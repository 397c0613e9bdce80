"""The journal as a Django app."""

from django.apps import AppConfig


class AuditsConfig(AppConfig):
    """Every fact, in order, for ever; knows nothing of licenses."""

    name = "audits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fix the wire names of the journal's own events."""
        from audits import wire  # noqa: PLC0415 -- apps must be loaded first

        wire.register()
