"""`my_heads.yaml` as the page writes it is what the grader reads, and the page reads what students write."""

from pathlib import Path

import pytest

from grader import exercises
from grader.exercises import submissions
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
    ],
)
def test_all_else_is_refused_with_its_line(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    found = run(tmp_path, READ, [text])

    assert isinstance(found, list)
    assert found[0].get("code") == code
    assert found[0]["values"].get("line") == line
