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
        from audits import (  # noqa: PLC0415 -- apps must be loaded first
            auditing,
            findings,
            proving,
            replaying,
            reporting,
            tracing,
            wire,
        )
        from audits.exporting import tool  # noqa: PLC0415 -- apps must be loaded first

        for module in (wire, findings, replaying, proving, reporting, tracing, tool, auditing):
            module.register()
        post_migrate.connect(_grant, sender=self, dispatch_uid="audits.grants")


def _grant(*, using: str, **_kwargs: Any) -> None:
    from audits import grants  # noqa: PLC0415 -- apps must be loaded first

    grants.apply(using)
