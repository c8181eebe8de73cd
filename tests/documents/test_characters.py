"""Characters that look like others: named in their own line and column, with what to type instead."""

import pytest

from grader.base.errors import InvalidInput, Problem
from grader.documents import characters, read
from grader.exercises import submissions

HEADER = "exercise: mini-heads\nclaims:\n"
BLOCK = HEADER + "  - layer: 0\n    head: 3\n    type: induction\n"


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(text.encode(), "x.yaml")
    return list(caught.value.problems)


def braces(inside: str) -> str:
    return f"{HEADER}  - {{{inside}}}\n"


CASES: dict[str, tuple[str, list[tuple[int, int]], str]] = {
    "minus sign": (
        braces("layer: 0, head: 3, type: positional, offset: \u22121"),
        [(3, 51)],
        "MINUS SIGN (U+2212), not `-`",
    ),
    "em dash": (braces("layer: 0, head: 3, type: positional, offset: \u20141"), [(3, 51)], "EM DASH (U+2014)"),
    "minus in a name": (braces("layer: 0, head: 3, type: positional:\u22121"), [(3, 42)], "MINUS SIGN (U+2212)"),
    "full-width digit": (
        braces("layer: \uff10, head: 3, type: induction"),
        [(3, 13)],
        "FULLWIDTH DIGIT ZERO (U+FF10), not `0`",
    ),
    "quoted digit": (braces("layer: '\uff10', head: 3, type: induction"), [(3, 14)], "type `0` instead"),
    "Arabic digit": (
        braces("layer: 0, head: \u0663, type: induction"),
        [(3, 22)],
        "ARABIC-INDIC DIGIT THREE (U+0663), not `3`",
    ),
    "no-break indent": (
        HEADER + "\u00a0 \u00a0 - {layer: 0, head: 3, type: induction}\n",
        [(3, 1), (3, 3)],
        "NO-BREAK SPACE (U+00A0), not a space",
    ),
    "ideographic indent": (
        HEADER + "\u3000\u3000- layer: 0\n\u3000\u3000  head: 3\n",
        [(3, 1), (4, 1)],
        "IDEOGRAPHIC SPACE (U+3000)",
    ),
    "no-break after a dash": (HEADER + "-\u00a0layer: 0\n  head: 3\n", [(3, 2)], "type a space instead"),
    "no-break after a colon": (
        HEADER + "  - layer:\u00a00\n    head: 3\n    type: induction\n",
        [(3, 11)],
        "NO-BREAK SPACE",
    ),
    "no-break in braces": (braces("layer: 0, head: 3, type:\u00a0induction"), [(3, 30)], "NO-BREAK SPACE"),
    "no-break at the end": ("exercise: mini-heads\u00a0\n" + BLOCK[21:], [(1, 21)], "NO-BREAK SPACE"),
    "full-width colon": (HEADER + "  - layer\uff1a 0\n    head: 3\n", [(3, 10)], "FULLWIDTH COLON (U+FF1A), not `:`"),
    "full-width colon of claims": ("exercise: mini-heads\nclaims\uff1a\n" + BLOCK[29:], [(2, 7)], "FULLWIDTH COLON"),
    "full-width colon of the exercise": ("exercise\uff1a mini-heads\n" + BLOCK[21:], [(1, 9)], "FULLWIDTH COLON"),
    "full-width colons in braces": (
        braces("layer\uff1a 0, head\uff1a 3, type: induction"),
        [(3, 11), (3, 20)],
        "FULLWIDTH COLON",
    ),
    "full-width comma": (
        braces("layer: 0\uff0c head: 3, type: induction"),
        [(3, 14)],
        "FULLWIDTH COMMA (U+FF0C), not `,`",
    ),
    "full-width braces": (
        HEADER + "  - \uff5blayer: 0, head: 3\uff5d\n",
        [(3, 5), (3, 23)],
        "FULLWIDTH LEFT CURLY BRACKET",
    ),
    "one full-width brace": (HEADER + "  - {layer: 0, head: 3\uff5d\n", [(3, 23)], "FULLWIDTH RIGHT CURLY BRACKET"),
    "list dash": (HEADER + "  \u2013 layer: 0\n    head: 3\n", [(3, 3)], "EN DASH (U+2013), not `-`"),
    "bullet": (HEADER + "  \u2022 {layer: 0, head: 3, type: induction}\n", [(3, 3)], "BULLET (U+2022), not `-`"),
    "smart quotes": (
        braces("layer: 0, head: 3, type: \u201cinduction\u201d"),
        [(3, 31)],
        "LEFT DOUBLE QUOTATION MARK (U+201C)",
    ),
    "smart quotes around a colon": (
        BLOCK + "    note: \u201csee: here\u201d\n",
        [(6, 11), (6, 21)],
        'type `"` instead',
    ),
    "zero width": (
        braces("\u200blayer: 0, head: 3, type: induction"),
        [(3, 6)],
        "ZERO WIDTH SPACE (U+200B), which cannot be seen",
    ),
    "mark in the middle": ("exercise: mini-heads\n\ufeff" + BLOCK[21:], [(2, 1)], "ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
    "Cyrillic in a key": (
        braces("l\u0430yer: 0, head: 3, type: induction"),
        [(3, 7)],
        "CYRILLIC SMALL LETTER A (U+0430), not `a`",
    ),
    "Greek in a word": (
        braces("layer: 0, head: 3, type: inducti\u03bfn"),
        [(3, 38)],
        "GREEK SMALL LETTER OMICRON (U+03BF), not `o`",
    ),
    "hyphen in an id": ("exercise: mini\u2011heads\n" + BLOCK[21:], [(1, 15)], "NON-BREAKING HYPHEN (U+2011), not `-`"),
    "line separator": (BLOCK + "    note: look\u2028bright\n", [(6, 15)], "LINE SEPARATOR (U+2028), which ends a line"),
    "next line": (BLOCK + "    note: look\u0085bright\n", [(6, 15)], "NEXT LINE (U+0085), which ends a line"),
}


@pytest.mark.parametrize(("text", "places", "words"), CASES.values(), ids=CASES.keys())
def test_a_character_is_named_at_its_place(text: str, places: list[tuple[int, int]], words: str) -> None:
    problems = problems_of(text)

    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        (characters.CODE, *place) for place in places
    ]
    assert words in " ".join(problem.message for problem in problems)


@pytest.mark.parametrize(
    "claim",
    [
        "{layer: 0, head: 3, type: induction, note: '\uac8c\ub2e4\uac00\uff0c\uc815\ub9d0\uff1a '}",
        "{layer: 0, head: 3, type: induction, note: '\u201c\uc608\u201d \u2013 \u2022 \uff10'}",
        "{layer: 0, head: 3, type: induction, evidence: \u201cthe\u00a0cat\u201d saw}",
    ],
)
def test_in_a_text_of_the_student_they_do_no_harm(claim: str) -> None:
    submission, _exercise = submissions.load(f"{HEADER}  - {claim}\n".encode(), "x.yaml")

    assert len(submission.claims) == 1


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (
            braces("layer: 99, head: 3, type: induction, note: \uc88b\ub2e4\uff0c \u201cx\u201d \u2013 y"),
            "no-such-head",
            3,
        ),
        (
            BLOCK + "    note: |\n      \u2022 one\uff1a two\n      \u2013 three\n  - {layer: 0 head: 3}\n",
            "yaml-syntax",
            9,
        ),
        (BLOCK + "    note: '\uff1a'\n    nte: x\n", "unknown-key", 7),
        (BLOCK + "    # \u2013 note\uff1a\n    nte: x\n", "unknown-key", 7),
    ],
)
def test_innocent_ones_are_not_blamed_for_other_mistakes(text: str, code: str, line: int) -> None:
    assert [(problem.code, problem.line) for problem in problems_of(text)] == [(code, line)]


def test_a_tab_after_a_dash_is_a_tab() -> None:
    assert [(each.code, each.line, each.column) for each in problems_of(HEADER + "  -\tlayer: 0\n    head: 3\n")] == [
        ("tab", 3, 4)
    ]


def test_no_character_stands_for_two_and_none_for_itself() -> None:
    several = "".join(characters.INSTEAD.values())

    assert len(several) == len(set(several))
    assert [each for each in several if characters.plain(each) == each] == []
    assert characters.plain("L5H10: {a, 'b'} \uac00\u00e9\U0001f600") == "L5H10: {a, 'b'} \uac00\u00e9\U0001f600"


def test_other_records_are_helped_as_well() -> None:
    from grader.exercises.known_heads import KnownHeads

    with pytest.raises(InvalidInput, match=r"x\.yaml:1:11: `layer`: `\uff11` is FULLWIDTH DIGIT ONE"):
        read("- {layer: \uff11, head: 1, type: induction, expect: refuted, source: x}".encode(), "x.yaml", KnownHeads)
