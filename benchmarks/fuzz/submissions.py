"""Submissions with mistakes as people make them: characters, notations and names in each other's places."""

import random
import re
from pathlib import Path

from grader.base.errors import InvalidInput
from grader.documents.characters import INSTEAD
from grader.exercises import submissions
from grader.kinds import TYPES
from grader.kinds.unmeasured import UNMEASURED

ODD = [
    *"".join(INSTEAD.values()),
    *"\uff10\uff1a\uff0c\uff5b\uff5d\uff3b\uff3d\uff45\u0663\t\r\0\x1b\ud800",
    "\r\n",
    "\ufeff",
    "é",
    "한",
    "😀",
]
PIECES = [
    *(
        "8-10",
        "a9.h6",
        "(9, 9)",
        "[9, 9]",
        "L9H9",
        "9:9",
        "layer 9 head 9",
        "blocks.9.attn.head.9",
        "9층 6번 헤드",
        "-1",
    ),
    *(
        "positional:-1",
        "syntactic:verb_subject",
        "syntactic:",
        "a:b:c",
        "previous_token",
        "{type: induction}",
        "01",
        "1e9",
    ),
    *(
        "- ",
        ": ",
        "\n",
        "\n  ",
        "'",
        '"',
        "|\n",
        "&a ",
        "*a",
        "!!x ",
        "#",
        "?",
        "---\n",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\\u0000",
    ),
    *(word for words in UNMEASURED for word in words.split(", ")),
    *(word for each in TYPES.values() for words in each.also_called for word in words.split(", ")),
]
SEEDS = (
    "exercise: mini-heads\nclaims:\n  - {layer: 0, head: 3, type: positional, offset: -1}\n"
    "  - layer: 2\n    head: 1\n    type: syntactic\n    relation: verb_subject\n    note: |\n      two\n      lines\n",
    '{"exercise": "mini-heads", "student": "ada", "claims": [{"layer": 1, "head": 2, "type": "induction"}]}',
    "exercise: mini-heads\nclaims:\n  - {layer: 1, head: 5, type: previous_token, note: 'a, b: c', evidence: a cat}\n",
    "family,model,kind,layer,head,strength\nsmall,mini,previous,0,3,0.99\n",
    "# heads\n- L34H2\n- L33H11\n",
    '[[9, 9], {"layer": 1, "head": 2, "kind": "copying"}, "L9H6"]',
)


class Unexplained(Exception):
    """A problem without a place in the file, or without a message of one line."""


def case(rng: random.Random, folder: Path) -> None:
    """Read one submission with a few changes; whatever is wrong with it must be the input's problem."""
    text = changed(rng.choice(SEEDS), rng, [*ODD, *PIECES])
    file = folder / "submission.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        submissions.load(file)
    except InvalidInput as error:
        _refuse_misplaced(error, text)


def changed(text: str, rng: random.Random, pieces: list[str]) -> str:
    """Return the text with up to six pieces put in, taken out, moved or repeated."""
    for _ in range(rng.randint(1, 6)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 0, 1, 1, 2, 8)))
        put_in = rng.choice((rng.choice(pieces), rng.choice(pieces), "", text[start:end] * 2))
        text = text[:start] + put_in + text[end:]
    return text


def _refuse_misplaced(error: InvalidInput, text: str) -> None:
    """Raise Unexplained unless each problem is one line of text, at a place inside the file."""
    lines = len(re.split("\r\n|\r|\n", text))
    for problem in error.problems:
        is_inside = problem.line is not None and 1 <= problem.line <= lines + 1
        is_inside &= (
            problem.column is not None and 1 <= problem.column <= len(text.encode("utf-8", "surrogatepass")) + 2
        )
        if not is_inside or not problem.message.isprintable():
            raise Unexplained(problem)
