"""A made-up face API that says all of itself in OpenAPI and does as it says; behind the guard where a policy is given.

Who puts a guard before an API documents what it may answer: a refusal is a problem of its own type.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jsonschema
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from untag.guard.asgi import Guard

ATTRIBUTES = {"type": "string", "enum": ["age", "gender", "emotion", "race"]}
FACE = {
    "type": "object",
    "required": ["id", "age", "gender"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer"}, "age": {"type": "integer"}, "gender": {"enum": ["female", "male"]},
        "dominant_race": {"type": "string"}, "note": {"type": "string"},
    },
}  # fmt: skip
ASKED = {
    "type": "object",
    "required": ["img"],
    "additionalProperties": False,
    "properties": {
        "img": {"type": "string"}, "actions": {"type": "array", "items": ATTRIBUTES, "maxItems": 4},
        "options": {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 3},
    },
}  # fmt: skip
NOTE = {
    "type": "object",
    "required": ["text"],
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "maxLength": 200}, "topics": {"type": "array", "items": {"type": "string"}},
    },
}  # fmt: skip
SEARCH = {
    "type": "object",
    "required": ["camera"],
    "additionalProperties": False,
    "properties": {"camera": {"type": "integer", "minimum": 0, "maximum": 99}, "glasses": {"enum": ["yes", "no"]}},
}  # fmt: skip
PROBLEM = {"type": "object", "required": ["title", "status"]}


def _answers(schema: Any) -> dict[str, Any]:
    """What an operation may answer."""
    refused = {"description": "not as asked", "content": {"application/problem+json": {"schema": PROBLEM}}}
    return {
        "200": {"description": "as asked", "content": {"application/json": {"schema": schema}}},
        **dict.fromkeys(("400", "403", "404", "405", "413", "415", "422"), refused),
    }


def _body(kind: str, schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0, "maximum": 9}}
LISTED = {
    "name": "attributes", "in": "query", "explode": False, "schema": {"type": "array", "items": ATTRIBUTES},
}  # fmt: skip
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 3}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Faces", "version": "1"},
    "paths": {
        "/v1/analyze": {"post": {
            "requestBody": _body("application/json", ASKED),
            "responses": _answers({"type": "object", "properties": {"results": {"type": "array", "items": FACE}}}),
        }},
        "/v1/faces": {"get": {"parameters": [LISTED, LIMIT], "responses": _answers({"type": "array", "items": FACE})}},
        "/v1/faces/{number}": {"get": {"parameters": [NUMBER], "responses": _answers(FACE)}},
        "/v1/search": {"post": {
            "requestBody": _body("application/x-www-form-urlencoded", SEARCH),
            "responses": _answers({"type": "array", "items": FACE}),
        }},
        "/notes": {"post": {"requestBody": _body("application/json", NOTE), "responses": _answers(NOTE)}},
    },
}  # fmt: skip


class Wrong(Exception):  # noqa: N818 - what is asked
    """What is asked is not as documented."""


def _face(number: int) -> dict[str, Any]:
    return {"id": number, "age": 31, "gender": "female", "dominant_race": "made up", "note": "a face"}


def _fits(value: Any, schema: Any) -> Any:
    try:
        jsonschema.validate(value, schema)
    except jsonschema.ValidationError:
        raise Wrong from None
    return value


def _kind(request: Any, kind: str) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise Wrong


async def _json(request: Any, schema: Any) -> Any:
    _kind(request, "application/json")
    try:
        return _fits(json.loads(await request.body()), schema)
    except (ValueError, RecursionError):
        raise Wrong from None


def _number(text: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdecimal():
        raise Wrong
    return int(text)


def _once(request: Any, *names: str) -> dict[str, str]:
    rows = request.query_params.multi_items()
    if len(dict(rows)) < len(rows) or set(dict(rows)) - set(names):
        raise Wrong
    return dict(rows)


async def analyze(request: Any) -> JSONResponse:
    await _json(request, ASKED)
    return JSONResponse({"results": [_face(1), _face(2)]})


async def faces(request: Any) -> JSONResponse:
    asked = _once(request, "attributes", "limit")
    if "attributes" in asked:
        _fits(asked["attributes"].split(",") if asked["attributes"] else [], LISTED["schema"])
    count = _fits(_number(asked.get("limit", "2")), LIMIT["schema"])
    return JSONResponse([_face(n) for n in range(count)])


async def face(request: Any) -> JSONResponse:
    _once(request)
    return JSONResponse(_face(_fits(_number(request.path_params["number"]), NUMBER["schema"])))


async def search(request: Any) -> JSONResponse:
    _kind(request, "application/x-www-form-urlencoded")
    try:
        rows = parse_qs((await request.body()).decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise Wrong from None
    if any(len(v) > 1 for v in rows.values()) or "camera" not in rows:
        raise Wrong
    _fits({**{k: v[0] for k, v in rows.items()}, "camera": _number(rows["camera"][0])}, SEARCH)
    return JSONResponse([_face(3)])


async def notes(request: Any) -> JSONResponse:
    return JSONResponse(await _json(request, NOTE))


async def document(request: Any) -> JSONResponse:
    return JSONResponse(DOCUMENT)


def _problem(status: int, title: str, **headers: str) -> JSONResponse:
    row = {"title": title, "status": status}
    return JSONResponse(row, status, headers, media_type="application/problem+json")


async def wrong(request: Any, error: Exception) -> JSONResponse:
    return _problem(422, "not as documented")


async def other(request: Any, error: Any) -> JSONResponse:
    return _problem(error.status_code, "not as documented", **(error.headers or {}))


APP = Starlette(
    routes=[
        Route("/openapi.json", document), Route("/v1/analyze", analyze, methods=["POST"]), Route("/v1/faces", faces),
        Route("/v1/faces/{number}", face), Route("/v1/search", search, methods=["POST"]),
        Route("/notes", notes, methods=["POST"]),
    ],
    exception_handlers={Wrong: wrong, 404: other, 405: other},
)  # fmt: skip


async def main() -> None:
    app = Guard(APP, Path(sys.argv[1])) if sys.argv[1:] else APP
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    sys.stdout.write(f"{server.servers[0].sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await task


if __name__ == "__main__":
    asyncio.run(main())
