"""Posting: from a request to the submission that it hands in."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NoReturn

from pydantic import ValidationError
from starlette.datastructures import Headers

from grader.base.errors import Problem
from grader.base.names import plain
from grader.documents import SIZE_LIMIT
from grader.doors.web.refusals import JSON, Refused
from grader.ledger.people.tokens import KeptToken
from grader.schema.queue import Envelope
from grader.schema.web import PostedSubmission

KEY = "Idempotency-Key"
OWN_DIGITS = 16


def envelope(token: KeptToken, headers: Headers, body: bytes) -> Envelope:
    """Return the submission that a request with this token hands in.

    Raises:
        Refused: It hands in none.
    """
    posted = _posted(headers, body)
    if token.student is not None and posted.student is not None and plain(posted.student) != token.student:
        raise Refused(403, "other-student", "this token hands in for one student only, and not for the named one")
    if token.course is not None and posted.course not in (None, token.course):
        raise Refused(403, "other-course", "this token hands in for one course only, and not for the named one")
    return Envelope(
        platform=token.platform,
        id=_id(token, posted, headers),
        submission=_document(posted.submission),
        came_at=datetime.now(UTC),
        student=posted.student if token.student is None else token.student,
        course=token.course or posted.course,
    )


def own_id(token: KeptToken, given: str) -> str:
    """Return the id under which a submission is kept that came with this token.

    Ids are the platform's, and each is given once. A student's token has a part of them for itself: so it can take none
    that the platform will use for somebody else, nor find out which are taken.
    """
    if token.student is None:
        return given
    own = f"own-{sha256(token.student.encode()).hexdigest()[:OWN_DIGITS]}-"
    return given if given.startswith(own) else f"{own}{given}"


def _posted(headers: Headers, body: bytes) -> PostedSubmission:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "not-json", f"the body is JSON, with the header `Content-Type: {JSON}`")
    try:
        return PostedSubmission.model_validate(_read(body))
    except ValidationError as error:
        raise _invalid(error) from None
    except UnicodeEncodeError:
        raise Refused(400, "bad-json", "the body holds half of a surrogate pair, which is no character") from None
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(400, "bad-json", f"the body is not JSON: {why}") from None


def _read(body: bytes) -> object:
    """Return what the JSON holds, all of it text that can be written again."""
    read: object = json.loads(body, object_pairs_hook=_object, parse_constant=_constant)
    json.dumps(read, ensure_ascii=False).encode()
    return read


def _object(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """Return the object; readers disagree on what a repeated key means."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice in one object")
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _invalid(error: ValidationError) -> Refused:
    """Return the refusal of a body, or an id, that is not as it should be."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part not in {"str", "dict[str,any]"})
    refused = Refused(422, "bad-field", first["msg"])
    return refused if not where else Refused(422, "bad-field", f"`{where}`: {first['msg']}")


def _id(token: KeptToken, posted: PostedSubmission, headers: Headers) -> str:
    """Return the submission's id, from the body or the header."""
    keys = {value.strip().removeprefix('"').removesuffix('"') for value in headers.getlist(KEY)}
    named = keys | ({posted.id} if posted.id is not None else set())
    if len(named) != 1:
        what = "name the submission once" if named else "name the submission"
        message = f"{what}: with an id of your own in the header `{KEY}`, or as `id`; sent again, it counts once"
        raise Refused(422, "two-ids" if named else "no-id", message)
    try:
        return PostedSubmission(submission="", id=own_id(token, named.pop())).id or ""
    except ValidationError as error:
        raise _invalid(error) from None


def _document(given: str | dict[str, Any]) -> str:
    """Return the submission as text; an object is written with a line for each key, for the problems' line numbers."""
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, indent=1)
    size = len(text.encode())
    if size > SIZE_LIMIT:
        raise Refused(413, "too-large", f"a submission has {SIZE_LIMIT} bytes at most, and this one {size}")
    return text


def problem_of(refused: str) -> Problem:
    """Return the problem in a receipt's words: its code stands before the colon."""
    code, _, message = refused.partition(": ")
    return Problem(code, message)
