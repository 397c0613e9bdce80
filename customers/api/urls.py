"""Addresses of customers, below `/api/v1/`."""

from typing import Final

from django.urls import URLPattern, path

from audits.api.addresses import addresses, view
from customers.api.customers import CUSTOMERS
from customers.api.erasures import ERASURES, SubjectsView
from customers.api.legal_holds import LEGAL_HOLDS
from customers.api.screening_lists import LISTING, SCREENING_LISTS, ScreeningListsView

urlpatterns: Final[list[URLPattern]] = [
    *addresses(CUSTOMERS, SCREENING_LISTS, LEGAL_HOLDS, ERASURES),
    path("subjects/", SubjectsView.as_view(), name="subjects"),
    path("screening-lists/", view(ScreeningListsView, resource=SCREENING_LISTS, listing=LISTING)),
]
