"""`my_heads.yaml` as the page writes it is what the grader reads, and the page reads what students write."""

from pathlib import Path
from typing import Any

import pytest

from grader import documents, exercises
from grader.documents import Plain
from grader.exercises import submissions
from grader.explorer.handed_in import values_of
from tests.explorer.modules import run

EXERCISES = Path(__file__).parents[2] / "exercises"
NOTES = (
    "it's \"bright\": every row # not a comment",
    "two\nlines\n\n- and: {a: list}\n",
    "🙂 이전 단어를 봅니다 \U0001d54f",
    "yes", "null", "010", "12:30", "~", "&anchor", "*alias", "!tag", "%", "@", "`", "| folded", "> folded", "? key",
    "- item",
    " leading and trailing ", "\\ backslash \\n \\u0041", "tab\there", "a\u2028\u2029\ufeff\xa0", "", "'single'",
    "a: b", "---", "[a, b]", "{a: b}", "#", "1.5e3", "-1",
)  # fmt: skip
WRITE = """
import { draftOf, yamlOf } from "./claims/yaml.js";
const drafts = JSON.parse(Deno.readTextFileSync("given.json"));
console.log(JSON.stringify(drafts.map((draft) => {
  const text = yamlOf(draft);
  return { text, again: draftOf(text) };
})));
"""
READ = """
import { draftOf } from "./claims/yaml.js";
const texts = JSON.parse(Deno.readTextFileSync("given.json"));
console.log(JSON.stringify(texts.map((text) => {
  try { return { draft: draftOf(text) }; } catch ({ code, values }) { return { code, values }; }
})));
"""


def test_what_the_page_writes_the_grader_reads_note_for_note(tmp_path: Path) -> None:
    heads = [(layer, head) for layer in range(6) for head in range(8)]
    claims = [
        {"layer": layer, "head": head, "type": "induction", "note": note}
        for (layer, head), note in zip(heads, NOTES, strict=False)
    ]
    drafts = [
        {"exercise": "mini-heads", "claims": [claim], "more": {"gallery": True, "gallery_name": "No", "student": "on"}}
        for claim in claims
    ]
    found = run(tmp_path, WRITE, drafts)

    assert isinstance(found, list)
    assert len(found) == len(NOTES)
    for draft, got in zip(drafts, found, strict=True):
        submission, _ = submissions.load(got["text"].encode())
        assert submission.claims[0].note == draft["claims"][0]["note"]  # type: ignore[index]
        assert (submission.student, submission.gallery, submission.gallery_name) == ("on", True, "No")
        assert got["again"] == draft


CAUSAL = {
    "matters": "together",
    "companions": [{"layer": 1, "head": 2}],
    "feeds": {"from": {"layer": 0, "head": 5}, "to": {"layer": 1, "head": 3}, "into": "key"},
}


def test_what_the_page_does_not_show_is_kept(tmp_path: Path) -> None:
    claims = [
        {"layer": 1, "head": 3, "type": "induction", "more": CAUSAL},
        {"layer": 1, "head": 2, "type": "induction", "more": {"matters": "together"}},
    ]
    draft = {"exercise": "mini-circuit", "claims": claims}
    found = run(tmp_path, WRITE, [draft])

    assert isinstance(found, list)
    assert found[0]["again"] == draft
    claim = submissions.load(found[0]["text"].encode())[0].claims[0]
    assert (claim.matters, claim.companions[0].index, claim.feeds is not None) == ("together", (1, 2), True)


def test_every_shipped_example_is_read_as_the_grader_reads_it(tmp_path: Path) -> None:
    files = sorted(EXERCISES.glob("*/my_heads.yaml"))
    texts = [file.read_text() for file in files]
    found = run(tmp_path, READ, [*texts, *(submissions.load(file)[0].model_dump_json(by_alias=True) for file in files)])

    assert isinstance(found, list)
    assert len(found) == 2 * len(files) > 8
    for number, got in enumerate(found):
        file = files[number % len(files)]
        plain = {
            "exercise": got["draft"]["exercise"],
            **{name: value for name, value in got["draft"].get("more", {}).items() if value is not None},
            "claims": [{**{k: v for k, v in each.items() if k != "more"}, **each.get("more", {})}
                       for each in got["draft"]["claims"]],
        }  # fmt: skip
        exercise = exercises.load(file.parent.name)
        assert submissions.made(plain, exercise, "page") == submissions.load(file)[0]


BEGIN = "exercise: mini-heads\nclaims:\n"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "file.empty", None),
        ("# only a comment\n", "file.empty", None),
        ("exercise: mini-heads\n", "file.no_claims", None),
        (BEGIN + "  - 5\n", "file.no_claim", None),
        (BEGIN + "  - {layer: 1.5, head: 0, type: induction}\n", "file.no_number", None),
        (BEGIN + "  - {layer: 1, head: 0}\n", "file.no_type", None),
        (BEGIN + "  - {layer: 1, head: 0, type: induction, note: 5}\n", "file.no_text", None),
        ('{"exercise": "mini-heads",', "file.bad_json", None),
        (BEGIN + "\t- layer: 1\n", "file.tab", 3),
        ("---\n" + BEGIN, "file.documents", 1),
        (BEGIN + '  - {layer: 1, note: "open}\n', "file.quote", 3),
        (BEGIN + "  - {layer: 1, head: 2,\n     type: induction}\n", "file.flow", 3),
        (BEGIN + "  - layer: 1\n    note: |\n      folded\n", "file.folded", 4),
        (BEGIN + "  - layer: 1\n    note: one\n      two\n", "file.indent", 5),
        (BEGIN + "  - layer: 1\n    note: &a one\n", "file.begins", 4),
        (BEGIN + "  - layer: 1\n    note: *a\n", "file.begins", 4),
        (BEGIN + "  - layer: 1\n    note: !!str a\n", "file.begins", 4),
        (BEGIN + "  - layer: 1\n    note: a: b\n", "file.colon", 4),
        (BEGIN + "  - layer: 1\n    layer: 2\n", "file.twice", 4),
        (BEGIN + "  - layer: 1\n    nonsense\n", "file.key", 4),
        (BEGIN + '  - layer: 1\n    note: "a" b\n', "file.rest", 4),
        (BEGIN + '  - layer: 1\n    note: "\\q"\n', "file.escape", 4),
        (BEGIN + "  - layer: 12345678901234567890\n", "file.number", 3),
        (BEGIN + "  - layer: 1.0\n", "file.number", 3),
        (BEGIN + "  - layer: .inf\n", "file.number", 3),
        (BEGIN + "  - layer: 1\n    note: zero\0byte\n", "file.control", 4),
        (BEGIN + '  - layer: 1\n    note: "\\ud800"\n', "file.control", 4),
        (BEGIN + '  - layer: 1\n    note: "two\u2028lines"\n', "file.control", 4),
        (BEGIN + "  - layer: 1\n    note: odd\xa0\n", "file.space", 4),
        (BEGIN + "  - layer: 1\n    <<: {head: 2}\n", "file.begins", 4),
        (BEGIN + "  - {layer: 1, : 2}\n", "file.flow", 3),
        (BEGIN + "  - {layer:}\n", "file.flow", 3),
        (BEGIN + "  - {layer: ?2}\n", "file.begins", 3),
        (BEGIN + f"  - {'[' * 40 + ']' * 40}\n", "file.deep", None),
        ('{"claims": [{"layer": 12345678901234567890}]}', "file.bad_json", None),
        ('{"claims": [{"note": "\\ud800"}]}', "file.bad_json", None),
    ],
)
def test_all_else_is_refused_with_its_line(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    found = run(tmp_path, READ, [text])

    assert isinstance(found, list)
    assert found[0].get("code") == code
    assert found[0]["values"].get("line") == line


ODD_KEYS = (
    "a b",
    "yes",
    "12:30",
    "- item",
    "a: b",
    "#",
    "__proto__",
    "constructor",
    "'",
    '"',
    "{",
    "<<",
    "",
    "~",
    "🙂",
)


def test_keys_are_written_and_read_as_they_are(tmp_path: Path) -> None:
    """A file may hold keys that the page does not know; what it writes again means the same to the grader."""
    more = {key: {key: number} for number, key in enumerate(ODD_KEYS)}
    claim = {"layer": 1, "head": 3, "type": "induction", "more": more}
    draft = {"exercise": "mini-heads", "claims": [claim], "more": more}
    found = run(tmp_path, WRITE, [draft])

    assert isinstance(found, list)
    assert found[0]["again"] == draft
    document = documents.parse(found[0]["text"].encode(), "page", documents.SIZE_LIMIT)
    assert document.data == {
        "exercise": "mini-heads", **more, "claims": ({"layer": 1, "head": 3, "type": "induction", **more},)
    }  # fmt: skip
    assert not document.problems


MUTATED = f"""{BEGIN}  - layer: 1
    head: 2
    type: induction
    note: "a b # c"
  - {{layer: 3, head: 4, type: 'positional', offset: -1, companions: [{{layer: 1, head: 2}}]}}
"""
PIECES = (
    *NOTES,
    *ODD_KEYS,
    "\n",
    "\0",
    "\x85",
    "\u2028",
    "\r",
    "\t",
    "''",
    "1e999",
    ".nan",
    "9" * 17,
    "\\",
    "]",
    "}",
    ",",
)


def test_what_the_page_reads_means_the_same_to_the_grader(tmp_path: Path) -> None:
    """A piece of every kind is put at every place of a file; the page may refuse what the grader reads."""
    texts = [MUTATED[:at] + piece + MUTATED[at:] for at in range(len(MUTATED)) for piece in PIECES if piece]
    found = run(tmp_path, READ, texts)

    assert isinstance(found, list)
    read = [(text, got["draft"]) for text, got in zip(texts, found, strict=True) if "draft" in got]
    assert len(read) > 200
    for text, draft in read:
        document = documents.parse(text.encode(), "file", documents.SIZE_LIMIT)
        assert not document.problems, text
        assert isinstance(document.data, dict)
        given = {"exercise": None, **document.data}
        assert values_of(draft) == _filled(given) | {"exercise": str(given["exercise"] or "")}, text


def _filled(value: Plain) -> Any:  # noqa: ANN401 - plain values
    """Return the value without what is null."""
    if isinstance(value, tuple):
        return tuple(map(_filled, value))
    return {key: _filled(each) for key, each in value.items() if each is not None} if isinstance(value, dict) else value
