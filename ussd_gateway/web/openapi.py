"""The API in OpenAPI 3.1, made of the routes and the models of their bodies.

What a good answer may hold beyond the members named in its route, docs/api.md tells.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from aiohttp import web

from ussd_gateway import __version__
from ussd_gateway.web.bodies import Body
from ussd_gateway.web.guard import OPEN_PATHS
from ussd_gateway.web.once import IDEMPOTENCY_KEY, MAX_KEY_CHARACTERS
from ussd_gateway.web.problems import PROBLEM
from ussd_gateway.web.route import Query, Route

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"

_EXAMPLES = {
    "action": "balance.show",
    "company": "romashka",
    "list": "services.mine",
    "msisdn": "79261234567",
    "number": "79261234567",
}
_PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {"type": "string"},
                    "member": {"type": "string"},
                    "file": {"type": "string"},
                    "line": {"type": "integer"},
                    "column": {"type": "integer"},
                },
            },
        },
    },
}


class Description:
    """The document, made when somebody first asks for it: that takes longer than all else of a start."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes

    @cached_property
    def document(self) -> Json:
        return document(self._routes)


DESCRIPTION = web.AppKey("openapi", Description)


async def show(request: web.Request) -> web.Response:
    """The document."""
    return web.json_response(request.app[DESCRIPTION].document)


def document(routes: Iterable[Route]) -> Json:
    """What `/api/v1/openapi.json` answers: everything that is served but the pages."""
    schemas: Json = {"Problem": _PROBLEM}
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ussd-gateway",
            "version": __version__,
            "summary": "An operator's USSD centre and SMS centre for testers.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        # The token is asked for only where http.token is set.
        "security": [{"token": []}, {}],
    }


def _operation(route: Route, schemas: Json) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "parameters": [
            *map(_of_path, re.findall(r"{(\w+)", route.path)),
            *map(_of_query, route.query),
        ],
        "responses": _responses(route),
    }
    if route.keyed:
        operation["parameters"].append(
            {
                "name": IDEMPOTENCY_KEY,
                "in": "header",
                "description": "A repeat with the same key gets the first answer.",
                "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
            }
        )
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body(route.body, schemas)}},
        }
    if route.form:
        fields = {each.name: _schema(each) for each in route.form}
        operation["requestBody"] = {
            "content": {FORM: {"schema": {"type": "object", "properties": fields}}},
        }
    if route.path in OPEN_PATHS:
        operation["security"] = []
    return operation


def _operation_id(route: Route) -> str:
    """`ussd.hang_up`: the module and the name of its handler, which may take a query and a form."""
    handler: Any = route.handler
    return f"{_room(handler)}.{handler.__name__}{'.form' if route.form else ''}"


def _of_path(name: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if name in _EXAMPLES:
        schema["examples"] = [_EXAMPLES[name]]
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _of_query(query: Query) -> Json:
    return {"name": query.name, "in": "query", "description": query.about, "schema": _schema(query)}


def _schema(query: Query) -> Json:
    schema: Json = {"type": query.kind}
    if query.kind == "integer":
        schema["minimum"] = query.least
        if query.most is not None:
            schema["maximum"] = query.most
    return schema


def _responses(route: Route) -> Json:
    members = route.gives.split()
    schema: Json = {"type": "object", "required": members, "properties": {name: {} for name in members}}
    if route.kind != "application/json":
        schema = {"type": "string"} if route.kind.startswith("text/") else {}
    good: Json = {"description": "Done."}
    if route.kind:
        good["content"] = {route.kind: {"schema": schema}}
    refused: Json = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if route.refused != PROBLEM:
        refused[route.refused] = {"schema": {"type": "string"}}
    return {
        **{str(status): good for status in route.statuses},
        "4XX": {"description": "Refused.", "content": refused},
        "503": {"description": "Cannot be served now.", "content": refused},
        "504": {
            "description": "An application, or a phone's bind, kept silent too long.",
            "content": refused,
        },
    }


def _body(model: type[Body], schemas: Json) -> Json:
    """A reference to the model's schema, put among the others with those it is made of."""
    prefix = _room(model)
    schema: Mapping[str, Any] = model.model_json_schema(
        ref_template=f"#/components/schemas/{prefix}.{{model}}"
    )
    for name, part in schema.get("$defs", {}).items():
        schemas[f"{prefix}.{name}"] = part
    name = f"{prefix}.{model.__name__}"
    schemas[name] = {key: value for key, value in schema.items() if key != "$defs"}
    return {"$ref": f"#/components/schemas/{name}"}


def _room(thing: Any) -> str:
    return str(thing.__module__).rpartition(".")[2]
