"""Declared resources → addresses."""

from collections.abc import Callable
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from audits.api import serving
from audits.api.declaring import Resource

View = Callable[..., HttpResponseBase]


def addresses(*resources: Resource) -> list[URLPattern]:
    """Make the addresses of resources, below `/api/v1/`."""
    return [pattern for resource in resources for pattern in _addresses(resource)]


def _addresses(resource: Resource) -> list[URLPattern]:
    base = resource.path
    found = [
        path(f"{base}/<uuid:id>", view(serving.ThingView, resource=resource), name=f"{base}-thing"),
        path(f"{base}/<uuid:id>/history", view(serving.HistoryView, resource=resource)),
        *(
            path(
                f"{base}/<uuid:id>/{route.path}",
                view(serving.CommandView, resource=resource, route=route),
            )
            for route in resource.commands
        ),
    ]
    collection = _collection(resource)
    return [path(f"{base}/", collection), *found] if collection else found


def _collection(resource: Resource) -> View | None:
    """Make the view of all things of a kind, for as much as is declared of it."""
    match resource.listing, resource.create:
        case None, None:
            return None
        case None, create:
            return view(serving.CreateView, resource=resource, create=create)
        case listing, None:
            return view(serving.ListView, resource=resource, listing=listing)
        case listing, create:
            return view(
                serving.ListAndCreateView, resource=resource, listing=listing, create=create
            )


def view(kind: type[serving.ResourceView], **declared: Any) -> View:
    """Make a view of its own for what is declared: a subclass with the declaration on it."""
    return type(kind.__name__, (kind,), declared).as_view()  # type: ignore[attr-defined, no-any-return]  # type() forgets the base
