"""The OpenAPI document follows from what is declared; its page needs no outside host."""

import re
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from audits.api import bodies
from tests.audits.api.toy import JARS, opened
from tests.support.client import ApiClient

NOBODY = ApiClient(None)


@pytest.fixture
def document() -> dict[str, Any]:
    answer = NOBODY.get("schema/")
    assert answer.status_code == 200
    return yaml.safe_load(answer.content)  # type: ignore[no-any-return]  # YAML holds anything


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][f"/api/v1/{path}"][method]
    return found


def test_it_is_openapi_3_1_with_bearer_tokens(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_declared_address_is_there(document: dict[str, Any]) -> None:
    jars = {
        (method, path.removeprefix("/api/v1/"))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/v1/jars")
    }
    assert jars == {
        ("post", "jars/"),
        ("get", "jars/{id}"),
        ("get", "jars/{id}/history"),
        ("post", "jars/{id}/deposits"),
        ("post", "jars/{id}/smashing"),
    }


def test_a_command_documents_body_example_key_and_answers(document: dict[str, Any]) -> None:
    described = operation(document, "post", "jars/{id}/deposits")
    content = described["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/FillJar"}
    assert content["example"] == {"amount_cents": "100"}
    parameters = {item["name"]: item.get("required", False) for item in described["parameters"]}
    assert parameters == {"id": True, "Idempotency-Key": True, "If-Match": False}
    assert list(described["responses"]) == [
        *("200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "500", "503"),
    ]
    assert "For: bank, exporter." in described["description"]


def test_a_decision_documents_that_if_match_is_required(document: dict[str, Any]) -> None:
    described = operation(document, "post", "jars/{id}/smashing")
    [parameter] = [item for item in described["parameters"] if item["name"] == "If-Match"]
    assert parameter["required"] is True
    assert "428" in described["responses"]
    assert described["requestBody"]["required"] is False


def test_money_is_documented_as_a_decimal_string(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["FillJar"]["properties"]
    assert fields["amount_cents"]["type"] == "string"
    assert re.match(fields["amount_cents"]["pattern"], "12500")


def test_examples_are_accepted() -> None:
    assert JARS.create is not None
    for route in (JARS.create, *JARS.commands):
        command = bodies.decode(msgspec.json.encode(route.example), route.command)
        assert type(command) is route.command


@pytest.mark.django_db
def test_answers_match_their_schemas(document: dict[str, Any], exporter: ApiClient) -> None:
    jar = opened(exporter)
    for path in ("jars/{id}", "jars/{id}/history"):
        described = operation(document, "get", path)["responses"]["200"]
        schema = described["content"]["application/json"]["schema"]
        answer = exporter.get(path.format(id=jar)).json()
        jsonschema.validate(answer, {**schema, "components": document["components"]})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '#/components/(\w+)/([^']+)'", str(document)))
    assert references
    for kind, name in references:
        assert name in document["components"][kind]


def test_the_page_uses_this_host_alone() -> None:
    page = NOBODY.get("docs/")
    script = NOBODY.get("docs/?script=")
    assert page.status_code == 200
    assert "//" not in re.sub(r"<!--.*?-->", "", page.content.decode()).replace("<!DOCTYPE", "")
    assert "/api/v1/schema/" in script.content.decode()


def test_only_the_page_may_have_styles_of_its_own() -> None:
    policy = NOBODY.get("docs/")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src" not in policy  # falls back to default-src
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in NOBODY.get("/health/live")["Content-Security-Policy"]
