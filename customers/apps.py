"""How Django knows this app."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """The app `customers`."""

    name = "customers"
    label = "customers"
