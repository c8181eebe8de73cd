"""The room of submissions: they are handed in here, and asked for by their id."""

import logging
import re
from functools import partial

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from grader import exercises
from grader.doors.web.entrance import let_in, opens
from grader.doors.web.house import House
from grader.doors.web.posting import envelope, own_id, problem_of
from grader.doors.web.refusals import JSON, Refused, refusal
from grader.explorer.serving.application import POLICY
from grader.ledger.people.tokens import KeptToken
from grader.report.formats import Format, Material, rendered
from grader.schema.queue import SUBMISSION_ID, Result
from grader.schema.web import TakenIn
from grader.service import answers

TOO_SOON = frozenset({"too-soon", "too-many-waiting"})
"""The codes of problems that pass with time."""
MEDIA = {
    Format.terminal: "text/plain",
    Format.json: JSON,
    Format.html: "text/html",
    Format.gradescope: JSON,
    Format.junit: "application/xml",
    Format.prairielearn: JSON,
    Format.xqueue: JSON,
}

log = logging.getLogger(__name__)


def routes(house: House) -> list[BaseRoute]:
    """Return the ways to hand in, to a result and to a report."""
    return [
        Route("/submissions", partial(_hand_in, house), methods=["POST"]),
        Route("/submissions/{id}", partial(_show, house)),
        Route("/submissions/{id}/report", partial(_report, house)),
    ]


async def _hand_in(house: House, request: Request) -> Response:
    """Take a submission in: its row is durable before the answer is sent."""
    token = await let_in(house, request, "submit")
    handed_in = envelope(token, request.headers, await request.body())
    receipt = await house.clerk.answer(handed_in)
    log.info("taken in", extra={"submission": f"{token.platform}/{handed_in.id}", "state": receipt.state})
    if receipt.refused:
        problem = problem_of(receipt.refused)
        return refusal(409 if problem.code == "id-taken" else 403, [problem])
    if receipt.problems:
        status = 429 if receipt.problems[0].code in TOO_SOON else 422
        return refusal(status, receipt.problems, next_allowed=receipt.next_allowed)
    url = f"{house.url}/submissions/{handed_in.id}"
    if receipt.state == "rejected":
        kept = await to_thread.run_sync(answers.result, house.ledger, token.platform, handed_in.id)
        return refusal(422, kept.problems if kept else (), {"Location": url})
    taken = TakenIn(id=handed_in.id, state=receipt.state or "received", url=url)
    return Response(taken.model_dump_json(), 202, {"Location": url}, JSON)


async def _show(house: House, request: Request) -> Response:
    """Return the result as it is now."""
    token = await let_in(house, request, "read")
    result = await to_thread.run_sync(_result, house, token, request.path_params["id"])
    return Response(result.model_dump_json(), media_type=JSON)


async def _report(house: House, request: Request) -> Response:
    """Return the report in one of its formats."""
    token = await let_in(house, request, "read")
    given = request.query_params.getlist("format") or [Format.json.value]
    try:
        (form,) = map(Format, given)
    except ValueError:
        message = f"`format` is one of {', '.join(Format)}"
        raise Refused(422, "bad-format", message) from None
    return await to_thread.run_sync(_rendered, house, token, request.path_params["id"], form)


def _result(house: House, token: KeptToken, submission_id: str) -> Result:
    """Return the result that the token opens.

    Raises:
        Refused: There is none; whether another platform or student has it is nobody's business.
    """
    for name in dict.fromkeys((own_id(token, submission_id), submission_id)):
        is_id = re.fullmatch(SUBMISSION_ID, name)
        result = answers.result(house.ledger, token.platform, name) if is_id else None
        if result is not None and opens(token, result.student):
            return result
    raise Refused(404, "unknown-submission", "there is no submission with this id that this token opens")


def _rendered(house: House, token: KeptToken, submission_id: str, form: Format) -> Response:
    result = _result(house, token, submission_id)
    if result.report is None or result.exercise is None:
        raise Refused(404, "no-report", f"the submission has no report; its state is {result.state}: {result.says}")
    text = rendered(form, Material(result.report, exercises.load(result.exercise), to_file=True))
    return page(text) if form is Format.html else Response(text, media_type=MEDIA[form])


def page(text: str) -> Response:
    """Return a page with its own policy as a header, too: only a header can refuse to be framed."""
    own = POLICY.search(text)
    policy = "; ".join([*([own[1]] if own else ["default-src 'none'"]), "frame-ancestors 'none'"])
    return HTMLResponse(text, headers={"Content-Security-Policy": policy})
