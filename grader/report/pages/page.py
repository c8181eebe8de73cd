"""A page of one file: its style and script are in it, and its policy allows nothing else."""

import base64
import hashlib
from collections.abc import Sequence

from grader.report.templates import environment

STYLES, SCRIPT = ("page.css", "headmap.css", "cloud.css"), "page.js"


def page(template: str, styles: Sequence[str], **values: object) -> str:
    """A page of one file, whose policy allows the styles and the script in it and nothing else."""
    templates = environment()
    style = "".join(templates.get_template(name).render() for name in styles)
    script = templates.get_template(SCRIPT).render()
    drawn = templates.get_template(template).render(
        **values, style=style, script=script, style_hash=inline_hash(style), script_hash=inline_hash(script)
    )
    return drawn.rstrip() + "\n"


def inline_hash(text: str) -> str:
    """As a content security policy names an inline style or script that may stay."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
