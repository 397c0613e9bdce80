"""The entrance of the API: what there is to read, for whoever arrives without the documentation."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.request import Request

from audits.api import bodies
from audits.api.schema import Of, Operation
from audits.api.views import ApiView, respond

BELOW = "api/v1/"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Something to read."""

    href: str
    title: str


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go from here; who may see what is decided there."""

    documentation: str
    schema: str
    links: tuple[Link, ...]


class IndexView(ApiView):
    """`GET /api/v1/`: for everybody, since it holds nothing of anybody."""

    authentication_classes = ()
    permission_classes = ()

    def describe_get(self) -> Operation:
        """Describe the index."""
        content = {bodies.JSON: {"schema": Of(Index)}}
        return Operation(
            operation_id="show_index",
            tag="index",
            summary="List what there is to read",
            description="Every address that is read without naming a thing, with its title.",
            responses={200: {"description": "Addresses.", "content": content}},
            problems=(),
            public=True,
        )

    def get(self, request: Request) -> HttpResponse:
        """List the addresses."""
        root = request.path
        links = tuple(sorted(_links(root), key=lambda link: link.href))
        return respond(Index(documentation=f"{root}docs/", schema=f"{root}schema/", links=links))


def _links(root: str) -> Iterator[Link]:
    for pattern in _patterns():
        kind: Any = getattr(pattern.callback, "view_class", None)
        route = str(pattern.pattern)
        if route and "<" not in route and hasattr(kind, "describe_get"):
            yield Link(href=root + route, title=kind().describe_get().summary)


def _patterns() -> Iterator[URLPattern]:
    for found in get_resolver().url_patterns:
        if isinstance(found, URLResolver) and str(found.pattern) == BELOW:
            yield from (each for each in found.url_patterns if isinstance(each, URLPattern))
