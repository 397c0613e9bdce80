"""Customers as a Django app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Who: parties, their certification, screening and approval."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Wire the app: names, commands, read models, work, grants."""
        from customers import (  # noqa: PLC0415 -- apps must be loaded first
            grants,
            handlers,
            projections,
            subscriptions,
            verification,
            wire,
        )

        for module in (wire, handlers, projections, subscriptions, grants, verification):
            module.register()
