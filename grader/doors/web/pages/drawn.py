"""Pages drawn from templates: one frame around all of them, with the ways that the visitor may go."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from starlette.responses import HTMLResponse, Response

from grader.base.language import N_, _, spoken
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.service.entrance.visitors import Role, Visitor

TEMPLATES = Path(__file__).with_name("templates")
POLICY = "default-src 'none'; style-src '{style}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {"Referrer-Policy": "same-origin"}
"""With `no-referrer`, a browser would not say that a form is from our own page."""


class Way(NamedTuple):
    """A link that stands on every page."""

    path: str
    title: str
    roles: tuple[Role, ...]


WAYS = (
    Way("/", N_("Exercises"), ("student", "instructor", "operator")),
    Way("/progress", N_("My progress"), ("student",)),
)


def drawn(
    template: str,
    title: str,
    *,
    visitor: Visitor | None = None,
    status: int = 200,
    **values: object,
) -> Response:
    """Return the page; without a visitor, it leads nowhere."""
    templates, style = _templates(), _style()
    shown = [(way.path, _(way.title)) for way in WAYS if visitor is not None and visitor.role in way.roles]
    given = {"title": title, "visitor": visitor, "ways": shown, "style": style, "spoken": spoken(), "percent": percent}
    text = templates.get_template(template).render({**given, **values})
    policy = POLICY.format(style=inline_hash(style))
    return HTMLResponse(
        Clean(text.rstrip() + "\n"), status, {"Content-Security-Policy": policy, "Cache-Control": "no-store", **HEADERS}
    )


def told(title: str, message: str, status: int, visitor: Visitor | None = None) -> Response:
    """Return a page that only says something."""
    return drawn("told.html.jinja", title, visitor=visitor, status=status, message=message)


@cache
def _templates() -> jinja2.Environment:
    """Return the templates; what depends on the language is asked for when a page is drawn."""
    templates = environment()
    own = jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8")
    templates.loader = jinja2.ChoiceLoader([own, *([templates.loader] if templates.loader else [])])
    return templates


@cache
def _style() -> str:
    return "".join(_templates().get_template(name).render() for name in ("page.css", "visitors.css"))
