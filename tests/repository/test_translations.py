"""Every message has its translation, which keeps what it must; and nothing for students stands outside."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from hatchling.builders.wheel import WheelBuilder

from grader.base.language import LANGUAGES, speaking
from grader.cli.speech import INSTRUCTORS
from grader.schema import title
from tests.support import translation
from tests.support.kinds import every_kind

OTHERS = LANGUAGES[1:]
PARTICLE = re.compile(r"\{(?!kind\})\w+\}[`)]?(은|는|이|가|을|를|과|와|로|으로|이라|라|예요|이에요|야|이야)(?![가-힣])")
"""A Korean ending that depends on the last sound of what stands before it, which nobody knows of a value."""
PAGES = [
    page
    for page in sorted(translation.GRADER.rglob("*.jinja"))
    if "packages" not in page.parts and not page.name.startswith(("calibration", "cohort", "teaching"))
]
"""The templates of what students read; a package's files are its instructor's, in English."""
FOR_STUDENTS = [
    translation.GRADER / f"{name}.py"
    for name in (
        *(f"exercises/{name}" for name in ("submissions", "names")),
        *(f"documents/{name}" for name in ("mistakes", "plain_yaml", "encoding", "scalars", "messages")),
        *(f"measuring/{name}" for name in ("sentence", "recorded", "transformer/find", "transformer/hub")),
        *("grading/atlas", "grading/listing", "laboratory/named", "students/hints", "students/identity"),
        *(f"report/text/{name}" for name in ("atlas", "words")),
        *(f"report/formats/{name}" for name in ("terminal", "html")),
        *(f"report/drawing/{name}" for name in ("terminal_picture", "pattern", "headmap")),
        "report/pages/picture",
        *(f"cli/{name}" for name in ("outcome", "options", "handing_in/queued", "handing_in/syncing")),
        *(f"cli/commands/{name}" for name in ("submit", "status", "hint", "progress", "scan", "show")),
        *(f"cli/commands/{name}" for name in ("gallery", "teaching/exercises")),
        *(f"gallery/{name}" for name in ("folder", "serving", "pictures")),
        *(f"doors/web/pages/{name}" for name in ("own", "desk", "exploring", "entering", "shown")),
    )
]
SAYING = {
    "echo",
    "Problem",
    "Fault",
    "InvalidInput",
    "NoResult",
    "UnknownSubmission",
    "add_task",
    "waiting",
    "_note",
    "GraderError",
}
"""What tells a student something."""
SENTENCE = re.compile(r"(?<!grade )\b(?!grade )[A-Za-z]{2,}[ ,:;]+[A-Za-z]{2,}")


def strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def places(text: str) -> set[str]:
    return {name for _text, name, _form, _conversion in Formatter().parse(text) if name is not None}


def code(text: str) -> set[str]:
    return set(re.findall(r"`[^`]+`", text))


def messages() -> Iterator[tuple[str, Message]]:
    for each in OTHERS:
        for message in translation.read(each):
            if message.id:
                yield each, message


@pytest.mark.parametrize("other", OTHERS)
def test_no_message_lacks_a_translation_and_no_translation_its_message(other: str) -> None:
    catalog = translation.read(other)
    told = {message.id for message in catalog if message.id}

    assert told == {message.id for message in translation.template() if message.id}, "make words brings it up to date"
    assert [message.id for message in catalog if message.id and not all(strings(message))] == []
    assert [message.id for message in catalog if message.fuzzy and message.id] == []
    assert not catalog.obsolete


@pytest.mark.parametrize("other", OTHERS)
def test_programs_read_what_translators_wrote(other: str) -> None:
    with translation.po(other).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    written = translation.read(other)

    assert {ids(message): strings(message) for message in compiled if message.id} == {
        ids(message): strings(message) for message in written if message.id
    }
    assert compiled.plural_forms == written.plural_forms


def test_the_wheel_carries_every_catalogue() -> None:
    carried = {file.relative_path for file in WheelBuilder(str(translation.REPOSITORY)).recurse_included_files()}

    for other in OTHERS:
        file = translation.po(other)
        assert {str(each.relative_to(translation.REPOSITORY)) for each in (file, file.with_suffix(".mo"))} <= carried


def test_a_translation_has_its_messages_places_and_code_and_no_other() -> None:
    for _language, message in messages():
        for text in strings(message):
            assert places(text) == places(ids(message)[-1]), text
            assert code(text) == code(ids(message)[-1]), text


def test_a_language_counts_as_its_catalogue_says() -> None:
    for each, message in messages():
        forms = translation.read(each).num_plurals if each != "ko" else 1
        assert len(strings(message)) == (forms if message.pluralizable else 1), message.id


def test_no_korean_ending_hangs_on_a_value_that_nobody_knows() -> None:
    ended = [text for each, message in messages() if each == "ko" for text in strings(message) if PARTICLE.search(text)]

    assert ended == []


def test_every_kind_in_korean_ends_as_the_sentences_with_a_kind_need_it() -> None:
    with speaking("ko"):
        assert [title(kind) for kind in every_kind() if not title(kind).endswith("헤드")] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_word_stands_bare_in_a_template(page: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(style|script).*?</\1>", " ", page.read_text(), flags=re.DOTALL)
    attributes = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', text)

    assert re.findall(r"[A-Za-z]{3,}", " ".join([re.sub(r"<[^>]*>", " ", text), *attributes])) == []


@pytest.mark.parametrize("file", FOR_STUDENTS, ids=lambda file: str(file.relative_to(translation.GRADER)))
def test_no_sentence_for_students_stands_bare_in_code(file: Path) -> None:
    tree = ast.parse(file.read_text())
    for_instructors = file.stem == "exercises" and file.parent.name == "teaching"
    tree.body = [each for each in tree.body if not for_instructors or getattr(each, "name", "") not in INSTRUCTORS]
    named = {
        target.id: bare(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    told = [
        given
        for call in calls
        if getattr(call.func, "id", getattr(call.func, "attr", "")) in SAYING
        for given in call.args
    ]
    told += [node.value for node in ast.walk(tree) if isinstance(node, ast.Return | ast.Yield) and node.value]

    assert [text for node in told for text in bare(node) + named.get(getattr(node, "id", ""), [])] == []


def bare(node: ast.AST) -> list[str]:
    """The English sentences in an expression that no `_(...)` is around."""
    match node:
        case ast.Constant(value=str() as text):
            return [text] if SENTENCE.search(text) else []
        case ast.JoinedStr(values=parts):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            return ([text] if SENTENCE.search(text) else []) + [said for part in parts for said in bare(part)]
        case ast.FormattedValue(value=inner):
            return bare(inner)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return bare(one) + bare(other)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [said for item in items for said in bare(item)]
    return []
