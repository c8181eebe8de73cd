"""Pages of one file: style and script are inside, and the content security policy allows only these."""

import base64
import hashlib
from collections.abc import Sequence

from grader.base.screen import Clean
from grader.report.templates import environment

STYLES, SCRIPT = ("page.css", "headmap.css", "cloud.css"), "page.js"
EFFECT_STYLE = "causal/causal.css"
"""The styles for bars of effects."""


def page(template: str, styles: Sequence[str], **values: object) -> str:
    """Return a page from a template, with these styles and the script in it."""
    templates = environment()
    style = "".join(templates.get_template(name).render() for name in styles)
    script = templates.get_template(SCRIPT).render()
    text = templates.get_template(template).render(
        **values, style=style, script=script, style_hash=inline_hash(style), script_hash=inline_hash(script)
    )
    return Clean(text.rstrip() + "\n")


def inline_hash(text: str) -> str:
    """Return the hash by which a content security policy allows an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
