"""The templates of pages and pictures, and the Jinja environment that renders them."""

import re
from collections.abc import Iterable
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from grader.base.language import _, ngettext, spoken
from grader.base.screen import harmless
from grader.kinds import TYPES
from grader.report.text import glossary
from grader.report.text.labels import visible
from grader.report.text.styled import CODE

FOLDER = Path(__file__).parent


def environment() -> jinja2.Environment:
    """Return an environment in the present language: it escapes and cleans all values, and fails on missing ones."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        finalize=cleaned,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {
        "_": _,
        "ngettext": ngettext,
        "spoken": spoken,
        "visible": visible,
        "type_colours": type_colours(),
        "glossary": glossary,
        "see_glossary": see_glossary,
        "term": term,
        "term_id": term_id,
    }
    templates.filters |= {"with_terms": with_terms, "with_code": with_code}
    return templates


def cleaned(value: object) -> object:
    """Return a value of a template with its text made harmless; markup is made here, of harmless texts."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def type_colours() -> dict[str, dict[str, str]]:
    """Return the colours of each type of head, by its name: `light` and `dark`."""
    return {head_type.name: head_type.colours._asdict() for head_type in TYPES.values() if head_type.colours}


def term(word: str, text: str | None = None, *, tab_stop: bool = True) -> Markup:
    """Return a word of the glossary as a link to its definition on the same page; the title is the definition, too.

    `text` is shown in place of the word. Without `tab_stop`, the Tab key skips the link.
    """
    name, definition = _(word), _(glossary.DEFINITIONS[word])
    text = harmless(text or name)
    title = definition if text == name else f"{name}: {definition}"
    link = Markup('<a class="term" href="#{id}" title="{title}" tabindex="{tabindex}">{text}</a>')
    return link.format(id=term_id(word), title=title, tabindex=0 if tab_stop else -1, text=text)


def term_id(word: str) -> str:
    """Return the id of a word's definition on a page."""
    return f"term-{word.replace(' ', '-')}"


def see_glossary() -> Markup:
    """Return the sentence that names the glossary, with a link if it has a web address."""
    link = Markup('<a href="{0}">{0}</a>').format(glossary.GLOSSARY)
    return escape(_(glossary.MORE)).format(glossary=link if glossary.GLOSSARY else glossary.PAGE)


def with_terms(text: str, words: Iterable[str]) -> Markup:
    """Return `text` with these words of the glossary as links to their definitions; the Tab key skips the links."""
    forms = {_(form): word for word in words for form in (word, glossary.PLURALS.get(word, word))}
    if not forms:
        return with_code(text)
    longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
    parts = re.split(rf"(?<!\w)({'|'.join(longest_first)})(?![A-Za-z])", harmless(text))
    linked = (term(forms[part], part, tab_stop=False) if part in forms else with_code(part) for part in parts)
    return Markup("").join(linked)


def with_code(text: str) -> Markup:
    """Return `text` with everything in backticks as code."""
    code, parts = Markup("<code>{}</code>"), enumerate(CODE.split(harmless(text)))
    return Markup("").join(code.format(part) if number % 2 else escape(part) for number, part in parts)
