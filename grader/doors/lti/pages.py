"""The pages that the door itself shows: a refusal, the choice of an exercise, and the end of a registration."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import HTMLResponse, Response

from grader.base.language import N_, _, spoken
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.service.platforms import origin

FRAME = """<!doctype html>
<html lang="{{ spoken }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{{ title }}</title>
<style>{{ style | safe }}</style>
</head>
<body>
<header><h1>{{ title }}</h1></header>
<main>
BODY
</main>
{% if script %}<script>{{ script | safe }}</script>
{% endif %}</body>
</html>
"""
REFUSAL = """<p>{{ message }}</p>
{% if code %}<p><code>{{ code }}</code></p>
{% endif %}"""
NEW_WINDOW = """<p>{{ message }}</p>
<p><a href="{{ address }}" target="_blank" rel="noopener">{{ title }}</a></p>
"""
CHOICE = """<p>{{ lead }}</p>
<ul>
{% for each in offers %}<li>
<form method="post" action="{{ address }}">
<input type="hidden" name="JWT" value="{{ each.answer }}">
<p><button type="submit">{{ each.title }}</button> <code>{{ each.id }}</code></p>
</form>
</li>
{% endfor %}</ul>
"""
NO_COOKIES_HERE = N_("Your browser keeps no cookies for this page inside the page of your course.")
NOTHING = "'none'"
ANYBODY = "*"
CLOSE = "(window.opener || window.parent).postMessage({subject: 'org.imsglobal.lti.close'}, '*');"
"""The message by which a platform knows that its window may be closed; it holds nothing that others may not read."""


def refusal(message: str, code: str, status: int = 400) -> Response:
    """Return the page of a launch that is not let in."""
    title = _("This could not be opened")
    # In a course it is shown in a frame, whose platform is unknown here; nothing can be done on it.
    return _page(REFUSAL, status, framed_by=(ANYBODY,), title=title, message=message, code=code)


def new_window(address: str) -> Response:
    """Return the page, in a course's frame, from which a launch begins again in a window of its own."""
    title, message = _("Open the exercise in a new window"), _(NO_COOKIES_HERE)
    return _page(NEW_WINDOW, 200, framed_by=(ANYBODY,), title=title, message=message, address=address)


def choice(address: str, offers: Sequence[Any], framed_by: Sequence[str]) -> Response:
    """Return the page on which somebody who teaches chooses one of the offers, which goes to this address."""
    lead = "The exercise becomes a link in your course, with a place for its score."
    values: dict[str, Any] = {"title": "Choose an exercise", "lead": lead, "address": address, "offers": offers}
    return _page(CHOICE, 200, form=origin(address), framed_by=framed_by, **values)


def registered(platform: str, hint: str, framed_by: Sequence[str]) -> Response:
    """Return the page at the end of a registration, which asks the platform to close it."""
    title = f"{platform} is registered"
    return _page(REFUSAL, 200, script=CLOSE, framed_by=framed_by, title=title, message=hint, code="")


def allow_frames(answer: Response, framed_by: Sequence[str]) -> None:
    """Let pages of these origins show the answer inside, and no others."""
    policy = answer.headers.get("content-security-policy", "")
    kept = [each for each in policy.split(";") if each.strip() and not each.strip().startswith("frame-ancestors")]
    answer.headers["content-security-policy"] = ";".join([*kept, f" frame-ancestors {_listed(framed_by)}"]).strip()
    if framed_by and "x-frame-options" in answer.headers:
        del answer.headers["x-frame-options"]


def _page(
    body: str, status: int, *, framed_by: Sequence[str] = (), form: str = "", script: str = "", **values: object
) -> Response:
    templates = environment()
    style = templates.get_template("page.css").render()
    template = templates.from_string(FRAME.replace("BODY", body))
    text = template.render(**values, style=style, script=script, spoken=spoken())
    scripts = f"script-src '{inline_hash(script)}'; " if script else ""
    policy = (
        f"default-src 'none'; style-src '{inline_hash(style)}'; {scripts}base-uri 'none'; "
        f"form-action {form or NOTHING}; frame-ancestors {_listed(framed_by)}"
    )
    return HTMLResponse(text, status, {"content-security-policy": policy, "cache-control": "no-store"})


def _listed(origins: Sequence[str]) -> str:
    return " ".join(origins) or NOTHING
