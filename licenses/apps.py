"""How Django knows this app."""

from django.apps import AppConfig


class LicensesConfig(AppConfig):
    """The app `licenses`."""

    name = "licenses"
    label = "licenses"
