"""`GET /api/v1/`: what there is to read."""

import pytest

from config import urls
from tests.support.client import ApiClient

NOBODY = ApiClient(None)


@pytest.fixture(autouse=True)
def house(settings: object) -> None:
    """Ask the service's own addresses, not those of the toy."""
    settings.ROOT_URLCONF = urls.__name__  # type: ignore[attr-defined]  # pytest-django's wrapper


def test_whoever_arrives_finds_every_list_and_the_documentation() -> None:
    told = NOBODY.get("").json()
    found = {link["href"]: link["title"] for link in told["links"]}
    assert found["/api/v1/licenses/"] == "List each license that you may see"
    assert {"/api/v1/events/", "/api/v1/customers/", "/api/v1/ledger/trial-balance"} <= set(found)
    assert "/api/v1/" not in found
    assert not any("<" in href for href in found)
    assert (told["documentation"], told["schema"]) == ("/api/v1/docs/", "/api/v1/schema/")


def test_every_address_of_the_index_is_there() -> None:
    for link in NOBODY.get("").json()["links"]:
        assert NOBODY.get(link["href"]).status_code in {200, 401}, link
