"""Addresses of the pages about licensed exports."""

from typing import Final

from django.urls import URLPattern, path

from licenses.web import deals, entry

urlpatterns: Final[list[URLPattern]] = [
    path("", entry.EntryPage.as_view(), name="entry"),
    path("deals/", deals.DealsPage.as_view(), name="deals"),
    path("deals/<uuid:id>/", deals.DealPage.as_view(), name="deal"),
    path("deals/<uuid:id>/history.json", deals.DealHistory.as_view(), name="deal-history"),
]
