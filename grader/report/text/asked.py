"""The kinds that an exercise asks for: in words, and as claims on them are written."""

from grader.base.language import ngettext
from grader.exercises.names import typed
from grader.schema import AskedKind, title


def line(asked: AskedKind) -> str:
    """Return the kind with its heads and points."""
    heads = ngettext("{number} head", "{number} heads", asked.heads)
    return f"{title(asked)}: {heads}, {ngettext('{number} point', '{number} points', asked.points)}"


def example(asked: AskedKind) -> str:
    """Return a claim as it is written, with placeholders for the heads."""
    layer = 1 if asked.circuits else 0  # what feeds a head comes before it
    parts = [f"layer: {layer}, head: 0", typed(asked)]
    if asked.evidence == "needed":
        parts.append("matters: alone")
    if asked.circuits:
        parts.append("feeds: {from: {layer: 0, head: 0}, to: {layer: 1, head: 0}, into: key}")
    return f"{{{', '.join(parts)}}}"
