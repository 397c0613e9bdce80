"""The service's addresses, and those of the toy."""

from typing import Final

from django.urls import URLPattern, URLResolver, include, path

from audits.api.addresses import addresses
from config import urls as real
from tests.audits.api.toy import JARS

urlpatterns: Final[list[URLPattern | URLResolver]] = [
    *real.urlpatterns,
    path("api/v1/", include(addresses(JARS))),
]
handler400, handler403 = real.handler400, real.handler403
handler404, handler500 = real.handler404, real.handler500
