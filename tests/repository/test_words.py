"""The words of the project: one meaning each, as the glossary has it, in plain English."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support import translation

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
PAGES = sorted(
    page
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/*.md", "exercises/**/*.md", "training/README.md")
    for page in ROOT.glob(pattern)
)
"""Not the decisions, which stay as they were written, nor the changelog."""
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
MODULES = sorted(file for package in ("grader", "workers") for file in (ROOT / package).rglob("*.py"))
ARCHAIC = (
    r"no whole number",
    r"(?<!there )is no (?:id|number|name)",
    r"bec[oa]mes? of",
    r"(?:is|are) told by",
    r"as far as",
    r"whoever",
    r"so many",
    r"spoken here",
    r"for want of",
)
"""Turns of phrase over which a student who learnt English at school stumbles."""
BEGINNINGS = ("What", "Whether", "How", "Where", "Who", "When", "Why", "Which", "If", "As", "Nothing")
"""No docstring begins with one of these: it is a noun phrase, or says what the function does."""


def forbidden() -> tuple[str, ...]:
    """The words of the glossary's last column that are used for nothing else: those without a note in brackets."""
    cells = [line.split("|")[3] for line in GLOSSARY.splitlines() if line.count("|") == 4]
    words = [word.strip() for cell in cells for word in re.sub(r"[^|]*\([^)]*\)", "", cell).split(",")]
    return tuple(re.escape(word) for word in words if word and not re.search(r"[`-]|we do not say", word))


def prose(page: Path) -> str:
    """The page's words, without code and without the glossary's last column."""
    text = re.sub(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    if page.name == "glossary.md":
        text = re.sub(r"^(\|[^|]*\|[^|]*\|)[^|]*\|$", r"\1", text, flags=re.MULTILINE)
    return " ".join(text.split())


def used(patterns: tuple[str, ...], text: str) -> list[str]:
    """Every place in the text where one of the patterns stands as a word, its plural included."""
    pattern = rf"\b(?:{'|'.join(patterns)})s?\b"
    return [text[max(0, match.start() - 20) : match.end() + 20] for match in re.finditer(pattern, text, re.IGNORECASE)]


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def docstrings(file: Path) -> Iterator[str]:
    """The docstrings of a file: of modules, classes and functions, and those under attributes."""
    for node in ast.walk(parsed(file)):
        for statement in getattr(node, "body", ()) if isinstance(node, ast.Module | ast.ClassDef | FUNCTION) else ():
            match statement:
                case ast.Expr(value=ast.Constant(value=str() as text)):
                    yield text


def names(file: Path) -> set[str]:
    """The words of which the names of the file's classes, functions and parameters are made."""
    defined = {file.stem}
    for node in ast.walk(parsed(file)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                defined.add(name)
    return {word.lower() for name in defined for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def in_files(patterns: tuple[str, ...]) -> dict[str, list[str]]:
    """By file, every place in its docstrings where one of the patterns stands."""
    places = {str(file.relative_to(ROOT)): used(patterns, " ".join(docstrings(file))) for file in MODULES}
    return {file: found for file, found in places.items() if found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_uses_the_words_of_the_glossary_in_plain_english(page: Path) -> None:
    assert used((*forbidden(), *ARCHAIC), prose(page)) == []


def test_messages_use_the_words_of_the_glossary_in_plain_english() -> None:
    messages = [message.id for message in translation.template() if message.id]
    texts = [text for each in messages for text in ((each,) if isinstance(each, str) else each)]

    assert len(texts) > 100
    assert [text for text in texts if used((*forbidden(), *ARCHAIC), re.sub(r"`[^`]*`", "", text))] == []


def test_docstrings_use_the_words_of_the_glossary() -> None:
    assert in_files(forbidden()) == {}


def test_docstrings_are_in_plain_english() -> None:
    assert in_files(ARCHAIC) == {}


def test_no_name_in_the_code_is_a_word_that_the_glossary_forbids() -> None:
    single = {word for word in forbidden() if word.isalpha()}

    assert {str(file.relative_to(ROOT)): words for file in MODULES if (words := names(file) & single)} == {}


def test_no_docstring_begins_with_a_question_word() -> None:
    beginning = re.compile(rf"(?:{'|'.join(BEGINNINGS)})\b")
    wrong = {
        str(file.relative_to(ROOT)): [text[:50] for text in docstrings(file) if beginning.match(text)]
        for file in MODULES
    }

    assert {file: texts for file, texts in wrong.items() if texts} == {}


def test_no_public_class_has_the_name_of_another() -> None:
    classes = Counter(
        node.name
        for file in MODULES
        for node in parsed(file).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )

    assert [name for name, count in classes.items() if count > 1] == []


def test_a_forbidden_word_would_be_noticed() -> None:
    assert {"accuracy", "cutoff", "tenant", "dataset", "penalty"} <= set(forbidden())
    assert not {"model", "row", "message", "task"} & set(forbidden())
    assert used(forbidden(), "Cutoffs are thresholds, and `x`") != []
