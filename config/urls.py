"""Every address of the service starts here."""

from django.urls import URLPattern, URLResolver, include, path

import audits.api.urls
import audits.web.urls
import customers.api.urls
import licenses.api.urls
import licenses.web.urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(audits.api.urls.urlpatterns)),
    path("api/v1/", include(customers.api.urls.urlpatterns)),
    path("api/v1/", include(licenses.api.urls.urlpatterns)),
    path("tiles/", include(audits.api.urls.tile_patterns)),
    path("health/", include(audits.api.urls.health_patterns)),
    path("", include(audits.web.urls.urlpatterns)),
    path("", include(licenses.web.urls.urlpatterns)),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"
