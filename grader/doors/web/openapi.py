"""The description of the web door for programs, in OpenAPI 3.1, made from the same records as its answers."""

from collections.abc import Mapping
from functools import cache
from json import dumps
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from grader import __version__
from grader.doors.web.house import House
from grader.doors.web.refusals import JSON
from grader.report.formats import Format
from grader.schema import Report
from grader.schema.queue import SUBMISSION_ID, Result
from grader.schema.web import Health, PostedSubmission, Refusals, TakenIn
from grader.students.xp import Progress

Json = dict[str, Any]

GIVEN: tuple[type[BaseModel], ...] = (PostedSubmission,)
ANSWERED: tuple[type[BaseModel], ...] = (TakenIn, Refusals, Result, Report, Progress, Health)
REFUSED = {
    "400": "The body is not JSON, or the request is not HTTP.",
    "401": "There is no good token.",
    "403": "The token does not open this.",
    "404": "There is nothing that the token opens.",
    "408": "The request took too long to arrive.",
    "409": "Another submission has this id.",
    "413": "The submission is too large.",
    "415": "The body is not declared as JSON.",
    "421": "The request names another host.",
    "422": "The request or the submission is invalid, or the exercise does not take it.",
    "429": "Too many requests, or the submission comes too soon; `Retry-After` says when to try again.",
    "431": "The headers are too long.",
    "500": "An error of ours.",
    "503": "The service cannot work at present; `Retry-After` says when to try again.",
}
"""The meaning of each status of a refusal."""
ALWAYS = ("400", "401", "403", "408", "413", "421", "422", "429", "431", "500", "503")
"""The refusals that every way behind a token may give."""


def routes(house: House) -> list[BaseRoute]:
    """Return the way to the description, which needs no token."""
    text = rendered(house.url)
    return [Route("/openapi.json", lambda _: _answer(text))]


def _answer(text: str) -> Response:
    return Response(text, media_type=JSON)


@cache
def rendered(url: str) -> str:
    """Return the description of a door at this address, with the same bytes on every machine."""
    return dumps(description(url), indent=2, sort_keys=True)


def description(url: str) -> Json:
    """Return the description of a door at this address."""
    models = [*((each, "validation") for each in GIVEN), *((each, "serialization") for each in ANSWERED)]
    schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")[1]["$defs"]  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "head-grader",
            "version": __version__,
            "description": "Hand in claims about attention heads, and get their results.",
        },
        "servers": [{"url": url}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> Json:
    one, student = _in_path("id", SUBMISSION_ID), _in_path("student", ".+")
    key = {"type": "string", "pattern": SUBMISSION_ID, "maxLength": 128}
    says = "Your id of the submission: the same id and content again are the same submission."
    named = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": key, "description": says}
    form = {"name": "format", "in": "query", "schema": {"type": "string", "enum": [each.value for each in Format]}}
    body = {"required": True, "content": _json(PostedSubmission)}
    taken = _answered("The submission is kept for good, and will be graded.", TakenIn)
    taken["headers"] = {"Location": {"schema": {"type": "string"}, "description": "The address of its result."}}
    post = _operation("handIn", "Hand in a submission.", {"202": taken}, ("409", "415"))
    show = _operation("showResult", "The result of a submission.", {"200": _answered("It.", Result)}, ("404",))
    report = _operation("showReport", "The report on a submission.", {"200": _report()}, ("404",))
    grown = _operation("showProgress", "A student's progress.", {"200": _answered("It.", Progress)}, ("404",))
    ready = {"200": _answered("It is ready.", Health), "503": _answered("It is not ready.", Health)}
    return {
        "/submissions": {"post": {**post, "parameters": [named], "requestBody": body}},
        "/submissions/{id}": {"get": {**show, "parameters": [one]}},
        "/submissions/{id}/report": {"get": {**report, "parameters": [one, form]}},
        "/students/{student}/progress": {"get": {**grown, "parameters": [student]}},
        "/health": {
            "get": {"operationId": "health", "summary": "The door's health.", "security": [], "responses": ready}
        },
    }


def _operation(name: str, summary: str, answers: Mapping[str, Json], refused: tuple[str, ...]) -> Json:
    refusals = {status: _answered(REFUSED[status], Refusals) for status in sorted({*ALWAYS, *refused})}
    return {"operationId": name, "summary": summary, "responses": {**answers, **refusals}}


def _in_path(name: str, pattern: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _answered(says: str, record: type[BaseModel]) -> Json:
    return {"description": says, "content": _json(record)}


def _report() -> Json:
    """Return the description of a report: by default JSON, in other formats as those have it."""
    text = {"schema": {"type": "string"}}
    others = dict.fromkeys(("text/plain", "text/html", "application/xml"), text)
    as_json = {"schema": {"anyOf": [{"$ref": "#/components/schemas/Report"}, {"type": "object"}]}}
    return {"description": "The report, in the format that was asked for.", "content": {JSON: as_json, **others}}


def _json(record: type[BaseModel]) -> Json:
    return {JSON: {"schema": {"$ref": f"#/components/schemas/{record.__name__}"}}}
