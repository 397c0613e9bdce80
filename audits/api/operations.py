"""How the views of declared resources are documented."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from audits.api import headers
from audits.api.bodies import JSON
from audits.api.declaring import CommandRoute, Listing, Resource, Thing
from audits.api.headers import IfMatch
from audits.api.history import HistoryEntry
from audits.api.schema import Json, Of, Operation
from audits.execution import house
from audits.kernel import State
from audits.past.moments import Moment
from audits.projection import case_name, snake_case
from audits.sealing.receipts import SignedReceipt

SEEING: Final = (400, 401, 404, 500, 503)
LISTING: Final = (400, 401, 500, 503)
PAST: Final = (409, 429)
"""What asking for the past adds."""
STANDING: Final[Json] = {"stands_on": Of(Moment)}
"""What an answer about the past says beside its items."""
COMMANDING: Final = (400, 401, 403, 404, 409, 412, 413, 415, 422, 500, 503)

KEY_PARAMETER: Final[Json] = {
    "name": headers.IDEMPOTENCY_KEY,
    "in": "header",
    "required": True,
    "description": "Your own name for this command: sent again, it answers as the first time.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": headers.MAX_KEY_LENGTH,
        "pattern": "^[!-~]+$",
    },
    "example": "dispatch-2026-11-23-001",
}
_ETAG: Final[Json] = {
    "description": "The stream version, as a strong entity tag.",
    "schema": {"type": "string"},
    "example": '"3"',
}
_LINK: Final[Json] = {
    "description": 'Addresses of the neighboring pages (RFC 8288): `rel="next"`, `rel="prev"`.',
    "schema": {"type": "string"},
}
_LOCATION: Final[Json] = {
    "description": "Address of the new thing.",
    "schema": {"type": "string", "format": "uri-reference"},
}


def command(resource: Resource, route: CommandRoute) -> Operation:
    """Describe a command."""
    problems = set(COMMANDING) | ({428} if route.if_match is IfMatch.REQUIRED else set())
    created = _answer("Carried out: the thing is there.", Of(SignedReceipt), _LOCATION)
    done = _answer("Carried out, or it had taken effect before.", Of(SignedReceipt))
    creates = house.procedures[route.command].creates
    return Operation(
        operation_id=snake_case(route.command.__name__),
        tag=resource.path,
        summary=route.summary,
        description=_description(route),
        parameters=(KEY_PARAMETER, *_if_match(route.if_match)),
        request={
            "required": bool(_required(route.command)),
            "content": {JSON: {"schema": Of(route.command), "example": dict(route.example)}},
        },
        responses={201: created, 200: done} if creates else {200: done},
        problems=tuple(sorted(problems)),
    )


def thing(resource: Resource, parameters: type[msgspec.Struct]) -> Operation:
    """Describe how a thing is shown."""
    return Operation(
        operation_id=f"show_{resource.aggregate}",
        tag=resource.path,
        summary=f"Show one {resource.words}",
        description=f"{resource.summary} As it is now, or as it was at a version or a time.",
        parameters=(
            *query_parameters(parameters),
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "An `ETag` that you have: answers 304 when nothing changed.",
                "schema": {"type": "string"},
            },
        ),
        responses={
            200: _answer(f"The {resource.words}.", _state_schema(resource)),
            304: {"description": "You have this version.", "headers": {"ETag": _ETAG}},
        },
        problems=(*SEEING, *PAST),
    )


def history(resource: Resource, parameters: type[msgspec.Struct]) -> Operation:
    """Describe the events of a thing."""
    return Operation(
        operation_id=f"list_{resource.aggregate}_events",
        tag=resource.path,
        summary=f"List everything that happened to one {resource.words}",
        description="Its events with actor, time and leaf hash, oldest first.",
        parameters=query_parameters(parameters),
        responses={200: page("Events in the order of their versions.", Of(HistoryEntry), STANDING)},
        problems=(*SEEING, *PAST),
    )


def listing(resource: Resource, listed: Listing) -> Operation:
    """Describe a list of things."""
    return Operation(
        operation_id=f"list_{resource.aggregate}",
        tag=resource.path,
        summary=f"List each {resource.words} that you may see",
        description=resource.summary,
        parameters=query_parameters(listed.parameters(resource.statuses())),
        responses={200: page("One page.", Of(listed.row), STANDING)},
        problems=(*LISTING, *PAST),
    )


def page(description: str, item: Any, further: Json | None = None) -> Json:
    """Describe an answer that holds one page of a list."""
    schema = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item}, **(further or {})},
        "required": ["items"],
    }
    return {
        "description": description,
        "headers": {"Link": _LINK},
        "content": {JSON: {"schema": schema}},
    }


def query_parameters(shape: type[msgspec.Struct]) -> tuple[Json, ...]:
    """Describe a struct as query parameters; each is optional."""
    [_], components = msgspec.json.schema_components([shape])
    properties: Mapping[str, Json] = components[shape.__name__]["properties"]
    return tuple(_query_parameter(name, schema) for name, schema in properties.items())


def _query_parameter(name: str, schema: Json) -> Json:
    given = dict(schema)
    if given.get("default", ...) is None:
        del given["default"]
    if options := [option for option in given.pop("anyOf", ()) if option != {"type": "null"}]:
        given |= options[0] if len(options) == 1 else {"anyOf": options}
    description = given.pop("description", None)
    parameter: Json = {"name": name, "in": "query", "schema": given}
    return parameter | ({"description": description} if description else {})


def _answer(description: str, schema: Any, location: Json | None = None) -> Json:
    return {
        "description": description,
        "headers": {"ETag": _ETAG} | ({"Location": location} if location else {}),
        "content": {JSON: {"schema": schema}},
    }


def _if_match(rule: IfMatch) -> tuple[Json, ...]:
    if rule is IfMatch.UNUSED:
        return ()
    return (
        {
            "name": "If-Match",
            "in": "header",
            "required": rule is IfMatch.REQUIRED,
            "description": "The `ETag` of the version that you have seen, or `*`.",
            "schema": {"type": "string", "pattern": '^(?:"(?:0|[1-9][0-9]{0,9})"|\\*)$'},
            "example": '"3"',
        },
    )


def _description(route: CommandRoute) -> str:
    roles = sorted(role.value for role in house.procedures[route.command].roles)
    text = (route.command.__doc__ or "").strip()
    return f"{text}\n\nFor: {', '.join(roles)}."


def _required(shape: type[msgspec.Struct]) -> list[str]:
    return [item.name for item in msgspec.structs.fields(shape) if item.required]


def _state_schema(resource: Resource) -> Json:
    return {"oneOf": [_case_schema(case) for case in resource.states()]}


def _case_schema(case: type[State]) -> Json:
    properties: Json = {"status": {"const": case_name(case)}, "state": Of(case)}
    own = {
        "type": "object",
        "properties": {**properties, "stands_on": Of(Moment)},
        "required": list(properties),
    }
    return {"allOf": [Of(Thing), own]}
