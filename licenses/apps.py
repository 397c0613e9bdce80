"""Licensed exports as a Django app."""

from django.apps import AppConfig


class LicensesConfig(AppConfig):
    """What may ship: applications, licenses, volume, money, tests, shipments, remittances."""

    name = "licenses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Wire the app: names, commands, read models, work, grants, the policy of customers."""
        from customers.ports import policy, records  # noqa: PLC0415 -- apps must be loaded first
        from licenses import (  # noqa: PLC0415 -- apps must be loaded first
            auditing,
            editions,
            grants,
            handlers,
            projections,
            subscriptions,
            verification,
            wire,
        )
        from licenses.gathering.lookups import lookups  # noqa: PLC0415 -- likewise

        for module in (wire, handlers, projections, subscriptions, grants, verification, auditing):
            module.register()
        policy.in_force = editions.customer_policy
        records.deals_of = lambda desk, thing_id: lookups().deals_of(desk, thing_id)
        records.last_act_of = lambda desk, person_id: lookups().last_act_of(desk, person_id)
