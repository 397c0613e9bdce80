"""Every address that there is: documented, and to be asked for the past, or named here with the reason."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import yaml
from django.urls import URLPattern, URLResolver

from config.urls import urlpatterns
from tests.support.client import ApiClient

UNDOCUMENTED: Final[Mapping[str, str]] = {
    "/api/v1/docs/": "shows the document",
    "/api/v1/schema/": "is the document",
    "/tiles/checkpoint": "C2SP tlog-tiles describes it",
    "/tiles/tile/{level}/{place}": "C2SP tlog-tiles describes it",
    "/tiles/tile/entries/{place}": "C2SP tlog-tiles describes it",
}
"""What programs ask for and the document does not hold."""
OF_TODAY: Final[Mapping[str, str]] = {
    "/api/v1/": "addresses, which are the software's",
    "/api/v1/me": "who asks",
    "/api/v1/subjects/": "names of natural persons, which an erasure takes from the past as well",
    "/api/v1/events/{id}": "an event never changes",
    "/api/v1/events/{id}/proof": "asked for by the size of a checkpoint",
    "/api/v1/proofs/consistency": "asked for by the sizes of checkpoints",
    "/api/v1/checkpoints/": "no events: what was signed, in its order, each with the size it stands on",
    "/api/v1/checkpoints/latest": "the newest by its name",
    "/api/v1/checkpoints/{size}": "asked for by its size",
    "/api/v1/audits/report": "as its quarter ended",
    "/health/live": "how the service is doing",
    "/health/ready": "how the service is doing",
    "/health/progress": "how the service is doing",
}
"""What is read and has no past."""
MOMENTS: Final = ({"as_of", "log_index"}, {"from_time", "from_index", "to_time", "to_index"})


def routes(
    patterns: list[URLPattern | URLResolver], above: str = "/"
) -> Iterator[tuple[str, URLPattern]]:
    """Walk the addresses; parameters as the document writes them."""
    for found in patterns:
        here = above + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(found.pattern))
        if isinstance(found, URLResolver):
            yield from routes(found.url_patterns, here)
        else:
            yield here, found


def of_programs() -> Iterator[str]:
    """List the addresses that are no pages."""
    yield from (
        each for each, _ in routes(urlpatterns) if each.startswith(("/api/", "/tiles/", "/health/"))
    )


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(ApiClient(None).get("schema/").content)


def test_every_address_is_documented_or_named_with_a_reason(document: Any) -> None:
    there = set(of_programs())
    assert there - set(document["paths"]) == set(UNDOCUMENTED)
    assert set(document["paths"]) <= there


def test_every_method_that_an_address_takes_is_documented_and_no_other(document: Any) -> None:
    for path, found in routes(urlpatterns):
        view = getattr(found.callback, "view_class", None) or getattr(found.callback, "cls", None)
        if path in document["paths"]:
            taken = {
                each for each in ("get", "post", "put", "patch", "delete") if hasattr(view, each)
            }
            assert taken == set(document["paths"][path]), path


def test_every_answer_can_be_asked_for_the_past_or_is_named_with_a_reason(document: Any) -> None:
    without = set()
    for path, methods in document["paths"].items():
        if "get" in methods:
            given = {each["name"] for each in methods["get"].get("parameters", ())}
            if not any(moment <= given for moment in MOMENTS):
                without.add(path)
    assert without == set(OF_TODAY)


def test_every_list_of_things_is_one_of_them(document: Any) -> None:
    """A list page is what answers with items, whatever made it."""
    lists = {
        path
        for path, methods in document["paths"].items()
        if "get" in methods and "items" in str(methods["get"]["responses"]["200"]["content"])
    }
    assert len(lists) > 30
    assert lists & set(OF_TODAY) == {"/api/v1/subjects/", "/api/v1/checkpoints/"}
