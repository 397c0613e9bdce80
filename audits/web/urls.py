"""Addresses of the pages that have nothing to do with licenses."""

from typing import Final

from django.urls import URLPattern, path

from audits.web import sessions

urlpatterns: Final[list[URLPattern]] = [
    path("log-in/", sessions.LogInPage.as_view(), name="log-in"),
    path("log-out/", sessions.LogOutPage.as_view(), name="log-out"),
]
