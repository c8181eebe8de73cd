"""The templates of pages and pictures, and the environment that renders them."""

from pathlib import Path

import jinja2

from grader.base.language import _, ngettext, spoken
from grader.kinds import TYPES
from grader.report.text.labels import visible

FOLDER = Path(__file__).parent


def environment() -> jinja2.Environment:
    """Templates that escape everything, complain of what is missing, and speak the language that is spoken."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {
        "_": _,
        "ngettext": ngettext,
        "spoken": spoken,
        "visible": visible,
        "type_colours": type_colours(),
    }
    return found


def type_colours() -> dict[str, dict[str, str]]:
    """Return the colours of each type of head, by its name: `light` and `dark`."""
    return {each.name: each.colours._asdict() for each in TYPES.values() if each.colours}
