"""The OpenAPI document and a page to try it out, from this service's own files alone."""

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """`GET /schema/`: for everybody, since it holds nothing of anybody."""

    authentication_classes: Any = ()
    permission_classes: Any = ()


@method_decorator(
    # Swagger UI writes style elements and its icons as it goes; scripts stay our own files.
    csp_update({"style-src": [SELF, UNSAFE_INLINE], "img-src": ["data:"]}),
    name="dispatch",
)
class DocumentationView(SpectacularSwaggerSplitView):
    """`GET /docs/`: Swagger UI."""

    authentication_classes: Any = ()
    permission_classes: Any = ()
