"""The API described: OpenAPI as a file, and the same as a list for the API page. Written by nobody: read off the routes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from msgspec import Struct

from tideover.web import access
from tideover.web.faults import Fault
from tideover.web.intake import PATH, Answers, Batch

TILL_ONLY = "Take a till's signed entries into the journal"
METHODS = ("get", "post", "put", "delete")


class Operation(Struct, frozen=True):
    """One thing that can be asked of the box."""

    method: str
    path: str
    summary: str
    who: str
    parameters: tuple[str, ...]
    body: str
    answer: str


@lru_cache(maxsize=4)
def schema(app: Litestar) -> dict[str, Any]:
    """OpenAPI 3.1 of every route, the entries' among them, with who may call it and how errors look."""
    whole = app.openapi_schema.to_schema()
    components = whole.setdefault("components", {}).setdefault("schemas", {})
    (batch, answers, fault), found = msgspec.json.schema_components((Batch, Answers, Fault), ref_template="#/components/schemas/{name}")
    components.update(found)
    whole["paths"][PATH] = {"post": _entries(batch, answers)}
    components_of = whole["components"]
    components_of["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A till's token, or the box's operator.token."},
        "session": {"type": "apiKey", "in": "cookie", "name": "tideover_session", "description": "Staff; writes also carry X-CSRF-Token."},
    }
    callers = _callers(app)
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                _describe(item[method], callers.get((method.upper(), path), "till"), fault)
    return whole


def _entries(batch: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    return {
        "summary": TILL_ONLY,
        "operationId": "TakeEntries",
        "requestBody": {"required": True, "content": {"application/json": {"schema": batch}}},
        "responses": {"200": {"description": "One answer per entry, in order", "content": {"application/json": {"schema": answers}}}},
    }


def _describe(operation: dict[str, Any], who: str, fault: dict[str, Any]) -> None:
    """Who may call, and the one shape of every error."""
    operation["x-who"] = who
    operation["security"] = {
        "anyone": [], "machine": [{"bearer": []}], "till": [{"bearer": []}],
    }.get(who, [{"bearer": []}, {"session": []}])
    responses = operation.setdefault("responses", {})
    responses.pop("400", None)
    responses["default"] = {
        "description": "code, message and what to do next", "content": {"application/json": {"schema": fault}},
    }


def _callers(app: Litestar) -> dict[tuple[str, str], str]:
    """Method and path to the guard's name."""
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in handler.http_methods:
                for guard in handler.resolve_guards():
                    found[method, route.path_format] = getattr(guard, "__name__", str(guard))
    return found


def sections(app: Litestar) -> list[tuple[str, list[Operation]]]:
    """Operations by who may call them, for the API page."""
    by_who: dict[str, list[Operation]] = {}
    whole = schema(app)
    for path, item in sorted(whole["paths"].items()):
        for method in METHODS:
            if method in item:
                one = _operation(method, path, item[method], whole)
                by_who.setdefault(one.who, []).append(one)
    return sorted(by_who.items())


def _operation(method: str, path: str, item: dict[str, Any], whole: dict[str, Any]) -> Operation:
    parameters = tuple(f"{one['name']} ({one['in']})" for one in item.get("parameters", ()))
    body = _shape(item.get("requestBody", {}), whole)
    good = next((value for code, value in sorted(item["responses"].items()) if code.startswith("2")), {})
    return Operation(method.upper(), path, item.get("summary", ""), item["x-who"], parameters, body, _shape(good, whole))


def _shape(part: dict[str, Any], whole: dict[str, Any]) -> str:
    """Names of a body's fields, an optional one with a question mark."""
    schema_of = next(iter(part.get("content", {}).values()), {}).get("schema", {})
    many = schema_of.get("type") == "array"
    reference = (schema_of.get("items", {}) if many else schema_of).get("$ref", "")
    found = whole["components"]["schemas"].get(reference.rpartition("/")[2], {})
    required = set(found.get("required", ()))
    names = [name if name in required else f"{name}?" for name in found.get("properties", {})]
    if not names:
        return ""
    return ("[" if many else "") + "{" + ", ".join(names) + "}" + ("]" if many else "")


@get("/openapi.json", guards=[access.anyone], include_in_schema=False, sync_to_thread=False)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    return Response(schema(request.app), media_type="application/json")


ROUTES = (openapi,)
