"""The page as one HTML text that needs no network."""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from markupsafe import escape

from grader.base.language import spoken
from grader.explorer.content import Content
from grader.explorer.joined import joined, text_of
from grader.explorer.words import words
from grader.report.pages.page import inline_hash

STYLES = ("explorer.css", "claims.css")
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src '{style}'; worker-src blob:; "
    "script-src {script} 'wasm-unsafe-eval'; connect-src {connect}"
)
"""The things that the page may load: its own script and style, and WebAssembly, which is ours and in a worker."""
PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="explorer"></div>
<script type="application/json" id="given">{given}</script>
{script}
</body>
</html>
"""


def page(
    contents: Mapping[str, Content],
    source: Mapping[str, object],
    *,
    beside: bool = False,
    script: str | None = None,
    service: str | None = None,
) -> str:
    """Return the page.

    Args:
        contents: The exercise in every language.
        source: The way to get patterns: its `kind`, and what that way needs to know.
        beside: True if the page loads a script that lies beside it.
        script: The address of the page's own script, beside it; None if it stands in the page.
        service: The address of a service that takes submissions.
    """
    style, own = styles(), own_script()
    inline = [f"'{inline_hash(own)}'"] if script is None else []
    policy = POLICY.format(
        style=inline_hash(style),
        script=" ".join([*inline, *(["'self'"] if beside or script else [])]),
        connect=" ".join(["'self'", *([_origin(service)] if service else [])]),
    )
    return PAGE.format(
        language=spoken(),
        policy=policy,
        title=escape(contents[spoken()].title),
        style=style,
        given=_embedded(given(contents, source, service)),
        script=f"<script>{own}</script>" if script is None else f'<script src="{escape(script)}"></script>',
    )


def own_script() -> str:
    """Return the page's own script."""
    return joined("main.js")


def given(
    contents: Mapping[str, Content], source: Mapping[str, object], service: str | None = None
) -> dict[str, object]:
    """Return all that the page knows when it opens, as in `page`."""
    return {
        "words": words(),
        "content": {language: content.model_dump(mode="json") for language, content in contents.items()},
        "language": spoken(),
        "source": source,
        "service": service,
    }


def styles() -> str:
    """Return all styles of the page."""
    return "\n".join(map(text_of, STYLES))


def _origin(address: str) -> str:
    """Return the part of an address that a content security policy allows, with nothing that ends a directive."""
    parts = urlsplit(address)
    return quote(f"{parts.scheme}://{parts.netloc}", safe=":/[]")


def _embedded(value: object) -> str:
    """Return JSON that cannot end the script element in which it stands."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
