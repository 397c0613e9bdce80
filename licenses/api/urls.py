"""Addresses of licensed exports, below `/api/v1/`."""

from typing import Final

from django.urls import URLPattern, path

from audits.api.addresses import addresses, view
from licenses.api.allotments import ALLOTMENTS, UsSalesView
from licenses.api.applications import APPLICATIONS
from licenses.api.clearance import ClearanceView
from licenses.api.counterfactual import CounterfactualView
from licenses.api.deposits import DepositsView
from licenses.api.editions import EDITIONS
from licenses.api.escrows import ESCROWS
from licenses.api.laboratories import LAB_TESTS, LABORATORIES
from licenses.api.ledger import TrialBalanceView
from licenses.api.licenses import LICENSES
from licenses.api.products import PRODUCTS
from licenses.api.remittances import REMITTANCES
from licenses.api.shipments import SHIPMENTS

RESOURCES: Final = (
    *(PRODUCTS, EDITIONS, APPLICATIONS, LICENSES, ALLOTMENTS),
    *(ESCROWS, LABORATORIES, LAB_TESTS, SHIPMENTS, REMITTANCES),
)
urlpatterns: Final[list[URLPattern]] = [
    *addresses(*RESOURCES),
    path("us-sales/", view(UsSalesView, resource=ALLOTMENTS)),
    path("escrows/<uuid:id>/deposits", view(DepositsView, resource=ESCROWS)),
    path("shipments/<uuid:id>/clearance", view(ClearanceView, resource=SHIPMENTS)),
    path("audits/counterfactual", CounterfactualView.as_view(), name="counterfactual"),
    path("ledger/trial-balance", TrialBalanceView.as_view(), name="trial-balance"),
]
