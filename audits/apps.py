"""The journal as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditsConfig(AppConfig):
    """Every fact, in order, for ever; knows nothing of licenses."""

    name = "audits"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Wire the app: names, commands, read models, tools, audits; grant what the matrix says."""
        from audits import findings, wire  # noqa: PLC0415 -- apps must be loaded first
        from audits.exporting import tool as export  # noqa: PLC0415 -- as above
        from audits.findings import scheduled  # noqa: PLC0415 -- as above
        from audits.findings import tool as reporting  # noqa: PLC0415 -- as above
        from audits.lineage import tool as tracing  # noqa: PLC0415 -- as above
        from audits.past import tool as replaying  # noqa: PLC0415 -- as above
        from audits.proofs import tool as proving  # noqa: PLC0415 -- as above

        for module in (wire, findings, replaying, proving, reporting, tracing, export, scheduled):
            module.register()
        post_migrate.connect(_grant, sender=self, dispatch_uid="audits.grants")


def _grant(*, using: str, **_kwargs: Any) -> None:
    from audits import grants  # noqa: PLC0415 -- apps must be loaded first

    grants.apply(using)
