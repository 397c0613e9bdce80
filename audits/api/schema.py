"""The OpenAPI 3.1 document: made of what views declare, its components of the structs themselves.

Operations name struct types where a schema belongs (`Of`); when the document is complete, one pass
gathers them and lets msgspec write their JSON schemas.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from drf_spectacular.openapi import AutoSchema

from audits.api.problems import CONTENT_TYPE, Problem
from audits.kernel import State
from audits.shapes import MONEY_SUFFIX, money_schema

Json = dict[str, Any]

REFERENCE: Final = "#/components/schemas/"
BEARER: Final[Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a session: POST /api/v1/sessions.",
    }
}
PROBLEMS: Final[Mapping[int, str]] = {
    400: "The request is malformed; `errors` says where.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "Not for this role, whatever the state of the thing.",
    404: "There is no such thing, or none that you may see.",
    409: "A rule says no: `code` names it, `citation` where it stands.",
    412: "Somebody changed the thing: `found` is its version, `expected` the one in `If-Match`.",
    413: "The body is larger than the journal takes.",
    415: "The body has a media type that this address does not read.",
    422: "The idempotency key was used before, for something else.",
    428: "`If-Match` is required: say which version you decide about.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "Our mistake, or `stored_event_unreadable`: an event in the journal is damaged; `detail` names it.",
    503: "Too busy at the moment; trying again with the same idempotency key is safe.",
}


@dataclass(frozen=True, slots=True)
class Of:
    """Stands for the JSON schema of a type until the document is complete."""

    shape: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address, documented."""

    operation_id: str
    tag: str
    summary: str
    description: str
    responses: Mapping[int, Json]
    """Successful answers by status."""
    problems: tuple[int, ...]
    """Statuses of the problems that it may answer with."""
    parameters: tuple[Json, ...] = ()
    request: Json | None = None
    public: bool = False
    """Whether it needs no token."""


class OperationSchema(AutoSchema):
    """Lets a view describe itself: `describe_get()`, `describe_post()` and so on."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Json | None:
        """Write one operation of the document; None for a view that is excluded."""
        del path_regex, path_prefix, registry
        if self.is_excluded():
            return None
        operation: Operation = getattr(self.view, f"describe_{method.lower()}")()
        described: Json = {
            "operationId": operation.operation_id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": operation.description,
            "parameters": [*_path_parameters(path, operation), *operation.parameters],
            "security": [] if operation.public else [{"bearer": []}],
            "responses": {
                **{str(status): answer for status, answer in operation.responses.items()},
                **{
                    str(status): {"$ref": f"#/components/responses/Problem{status}"}
                    for status in sorted(operation.problems)
                },
            },
        }
        if operation.request is not None:
            described["requestBody"] = operation.request
        return described


def _path_parameters(path: str, operation: Operation) -> list[Json]:
    """Describe the ids in a path; what else may stand there, an operation declares itself."""
    schema = {"type": "string", "format": "uuid"}
    declared = {each["name"] for each in operation.parameters if each["in"] == "path"}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"\{(\w+)\}", path)
        if name not in declared
    ]


def complete(result: Json, **_context: Any) -> Json:
    """Put schemas where `Of` stands, add the components they need. A drf-spectacular hook."""
    components = result["components"]
    components["securitySchemes"] = BEARER
    components["responses"] = {f"Problem{status}": _problem(status) for status in PROBLEMS}
    shapes = Shapes()
    _replace(result, shapes.note)
    shapes.write()
    finished: Json = _replace(result, shapes.schema_of)
    finished["components"]["schemas"] = {
        **finished["components"].get("schemas", {}),
        **shapes.components,
    }
    return finished


def _problem(status: int) -> Json:
    answer: Json = {
        "description": PROBLEMS[status],
        "content": {CONTENT_TYPE: {"schema": Of(Problem)}},
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        answer["headers"] = {"Retry-After": seconds}
    return answer


def _replace(value: Any, replacement: Callable[[Of], Any]) -> Any:
    match value:
        case Of():
            return replacement(value)
        case dict():
            return {name: _replace(item, replacement) for name, item in value.items()}
        case list() | tuple():
            return [_replace(item, replacement) for item in value]
        case _:
            return value


@dataclass(slots=True)
class Shapes:
    """The types that a document names, and their schemas once written."""

    noted: dict[Any, Json] = field(default_factory=dict)
    components: dict[str, Json] = field(default_factory=dict)

    def note(self, stand_in: Of) -> Of:
        """Remember a type."""
        self.noted.setdefault(stand_in.shape, {})
        return stand_in

    def write(self) -> None:
        """Write the schemas of all noted types at once, so that names are told apart."""
        schemas, components = msgspec.json.schema_components(
            list(self.noted), ref_template=REFERENCE + "{name}"
        )
        names = _component_names(components, self._state_references(schemas))
        self.noted = dict(zip(self.noted, (_tidy(item, names) for item in schemas), strict=True))
        self.components = {
            names[name]: _tidy(components[name], names)
            for name in sorted(components, key=names.__getitem__)
        }

    def _state_references(self, schemas: Sequence[Json]) -> Mapping[str, type[State]]:
        """Tell which components are cases of states."""
        return {
            schema["$ref"].removeprefix(REFERENCE): shape
            for shape, schema in zip(self.noted, schemas, strict=True)
            if isinstance(shape, type) and issubclass(shape, State)
        }

    def schema_of(self, stand_in: Of) -> Json:
        """Return the schema of a noted type."""
        return self.noted[stand_in.shape]


def _component_names(found: Iterable[str], states: Mapping[str, type[State]]) -> Mapping[str, str]:
    """Name components: `LicenseActive` for a state, `EscrowRelease` for what msgspec qualifies.

    Of two classes with one name, msgspec gives the qualified names, here shortened to the package.
    """
    names = {
        name: f"{_package(states[name].__module__)}{states[name].__name__}State"
        if name in states
        else _shortened(name)
        for name in found
    }
    if len(set(names.values())) < len(names):
        raise ValueError("two components of the OpenAPI document have the same name")
    return names


def _shortened(name: str) -> str:
    module, _, bare = name.rpartition(".")
    return f"{_package(module)}{bare}" if module else bare


def _package(module: str) -> str:
    """Name the package of a module: `Escrow` of `licenses.domain.escrow.state`."""
    package = ["", *module.split(".")][-2]
    if package == "domain":  # shared by all of an app's aggregates
        package = module.partition(".")[0]
    return "".join(word.capitalize() for word in package.split("_"))


def _tidy(value: Any, names: Mapping[str, str]) -> Any:
    """Rename references, and describe money as the decimal string that it is on the wire."""
    match value:
        case {"$ref": str(reference)}:
            name = reference.removeprefix(REFERENCE)
            return {**value, "$ref": REFERENCE + names[name]}
        case dict():
            return {
                name: money_schema(item) if name.endswith(MONEY_SUFFIX) else _tidy(item, names)
                for name, item in value.items()
            }
        case list():
            return [_tidy(item, names) for item in value]
        case _:
            return value
