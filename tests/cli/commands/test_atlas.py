"""`grade atlas` and `grade exercises new --from` as real processes, on transformers that no exercise names."""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest

from grader.laboratory.atlas import AtlasLaboratory
from grader.report.text.atlas import compared_text
from grader.schema.atlas import Atlas, Comparison
from tests.cli.commands.test_language import left
from tests.cli.conftest import Bench
from tests.support import planted_transformer, planted_words
from tests.support.hub import BRANCH, REPOSITORY, Hub, serving
from tests.support.tiny import saved

KINDS = ("--kinds", "positional, induction")
TEXT = """\
planted: 2 layers of 4 heads, decoder, seed 0

   H0  H1  H2  H3
L0 ·   \N{MINUS SIGN}1  ·   ·
L1 ·   ·   AB  ·

  \N{MINUS SIGN}1   positional, offset -1: 1
  AB   induction: 1
  ·    confirmed as none of the kinds; + also as another one

positional, offset -1  (baseline 0.09, needed: share 0.4, hit rate 0.7)
  L0H1   0.882  [0.87, 0.90]  confirmed
"""
Ran = tuple[int, str, str]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A folder with transformers: one planted, a later checkpoint of it, an encoder, and one that knows few words."""
    root = tmp_path_factory.mktemp("atlas")
    (root / "course").mkdir()
    planted_words.saved(root / "planted")
    planted_words.saved(root / "later", induction=(1, 0))
    saved(root / "encoder", "bert")
    planted_transformer.planted().float().save_pretrained(root / "few-words")
    planted_transformer.tokenizer().save_pretrained(root / "few-words")
    (root / "empty").mkdir()
    return Bench(root, folder="course")


COMMANDS: dict[str, Sequence[str]] = {
    "text": ("atlas", "planted", *KINDS),
    "json": ("atlas", "planted", *KINDS, "--format", "json"),
    "csv": ("atlas", "planted", "--kinds", "positional", "--kinds", "induction", "--format", "csv"),
    "html": ("atlas", "planted", *KINDS, "--format", "html", "--out", "planted.html"),
    "compared": ("atlas", "planted", "--compare", "later", *KINDS),
    "compared json": ("atlas", "planted", "--compare", "later", *KINDS, "--format", "json"),
    "compared csv": ("atlas", "planted", "--compare", "later", *KINDS, "--format", "csv"),
    "compared html": ("atlas", "planted", "--compare", "later", *KINDS, "--format", "html"),
    "other shape": ("atlas", "planted", "--compare", "encoder", "--kinds", "induction"),
    "other shape csv": ("atlas", "planted", "--compare", "encoder", "--kinds", "induction", "--format", "csv"),
    "other shape html": ("atlas", "planted", "--compare", "encoder", "--kinds", "induction", "--format", "html"),
    "few words": ("atlas", "few-words"),
    "few words page": ("atlas", "few-words", "--format", "html"),
    "none carried": ("atlas", "few-words", "--kinds", "semantic"),
    "new": ("exercises", "new", "planted-heads", "--in", "course", "--from", "planted", *KINDS),
    "check": ("exercises", "check", "course/planted-heads"),
    "show": ("exercises", "planted-heads"),
    "no rule": ("exercises", "new", "few-heads", "--in", "course", "--from", "few-words"),
    "nothing": ("exercises", "new", "no-heads", "--in", "course", "--from", "encoder", "--kinds", "induction"),
    "taken": ("exercises", "new", "planted-heads", "--in", "course", "--from", "nowhere"),
    "no scan": ("exercises", "new", "other-heads", "--in", "course", "--kinds", "induction"),
    "unknown": ("atlas", "./nowhere"),
    "no word": ("atlas", ""),
    "no other": ("atlas", "planted", *KINDS, "--compare", ""),
    "misspelt": ("atlas", "mini-haeds"),
    "empty": ("atlas", "empty"),
    "ahead": ("atlas", "mini-gpt2", "--kinds", "positional:+1"),
    "no kind": ("atlas", "planted", "--kinds", "inducton"),
    "offline": ("atlas", "school/other@main"),
    "korean": ("--lang", "ko", "atlas", "planted", "--compare", "later", *KINDS),
    "korean few words": ("--lang", "ko", "atlas", "few-words"),
    "korean json": ("--lang", "ko", "atlas", "planted", *KINDS, "--format", "json"),
    "korean html": ("--lang", "ko", "atlas", "planted", "--compare", "later", *KINDS, "--format", "html"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of all of them."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ran(planted: Bench, home: Path) -> dict[str, Ran]:
    """The code and both outputs of each command, run one after another."""
    words = ("planted", "later", "encoder", "few-words", "empty", "course", "course/planted-heads", "planted.html")
    places = {word: str(planted.root / word) for word in words}
    commands = [[places.get(word, word) for word in command] for command in COMMANDS.values()]
    done = planted.grade_all(home, *commands)
    return dict(zip(COMMANDS, done, strict=True))


def test_the_map_and_the_best_heads_of_each_kind(ran: dict[str, Ran]) -> None:
    code, printed, said = ran["text"]

    assert (code, said) == (0, "")
    assert printed.startswith(TEXT)
    assert "\ninduction  (baseline 0.12, needed: share 0.6)\n  L1H2   0.839  [0.83, 0.85]  confirmed\n" in printed


def test_json_has_every_head_under_every_kind(ran: dict[str, Ran]) -> None:
    atlas = Atlas.model_validate_json(ran["json"][1])

    assert (atlas.transformer.name, atlas.transformer.layers, atlas.transformer.heads) == ("planted", 2, 4)
    assert [each.kind.name for each in atlas.kinds] == ["positional:-1", "induction"]
    for each, place in zip(atlas.kinds, (planted_words.PREVIOUS_TOKEN, planted_words.INDUCTION), strict=True):
        assert [head.rank for head in each.heads] == list(range(1, 9))
        assert [(head.layer, head.head) for head in each.heads if head.outcome == "confirmed"] == [place]
        assert (each.confirmed, each.too_close) == (1, 0)


def test_csv_has_a_row_for_each_kind_and_head_with_every_statistic(ran: dict[str, Ran]) -> None:
    rows = list(csv.DictReader(StringIO(ran["csv"][1])))
    atlas = Atlas.model_validate_json(ran["json"][1])

    assert len(rows) == 16
    for row, head in zip(rows, (head for each in atlas.kinds for head in each.heads), strict=True):
        assert (row["layer"], row["head"], row["rank"]) == (str(head.layer), str(head.head), str(head.rank))
        assert (float(row["score"]), float(row["low"])) == (head.measured.score, head.measured.interval[0])
        there = {f"{each.statistic}_on_{each.on}": each.value for each in head.measured.readings}
        assert {name: float(value) for name, value in row.items() if "_on_" in name and value} == there


def test_the_page_has_a_place_and_pictures_for_heads(ran: dict[str, Ran], planted: Bench) -> None:
    text = (planted.root / "planted.html").read_text()

    assert ran["html"][:2] == (0, "")
    assert "<h1>All heads of planted</h1>" in text
    assert all(f'id="head-{layer}-{head}"' in text for layer in range(2) for head in range(4))
    assert text.count('<svg class="') > 8


def test_of_two_checkpoints_the_heads_that_came_and_went(ran: dict[str, Ran]) -> None:
    comparison = Comparison.model_validate_json(ran["compared json"][1])
    positional, induction = comparison.kinds

    assert comparison.head_by_head
    assert positional.changes == ()
    assert [(each.change, each.before.name) for each in induction.changes] == [("came", "L1H0"), ("went", "L1H2")]
    assert "planted -> later\n" in ran["compared"][1]
    assert "\n\nNo change, with the number of confirmed heads: positional, offset -1 (1)" in ran["compared"][1]
    assert "  came   L1H0   0.0" in ran["compared"][1]
    assert ran["compared csv"][1].splitlines()[1].startswith("induction,came,1,0,0.0")
    assert "<td>came</td>" in ran["compared html"][1]


def test_two_checkpoints_of_one_name_are_told_apart_by_their_digests(ran: dict[str, Ran]) -> None:
    comparison = Comparison.model_validate_json(ran["compared json"][1])
    later = comparison.after.model_copy(update={"transformer": comparison.before.transformer})
    digests = (comparison.before.digest[:8], later.digest[:8])

    printed = compared_text(comparison.model_copy(update={"after": later}))

    assert printed.splitlines()[0] == f"planted ({digests[0]}) -> planted ({digests[1]})"


def test_a_head_that_went_because_it_is_too_close_says_so(ran: dict[str, Ran]) -> None:
    comparison = Comparison.model_validate_json(ran["compared json"][1])
    induction = comparison.kinds[1]
    went = induction.changes[1]
    close = went.model_copy(update={"after": went.after.model_copy(update={"outcome": "not_graded"})})
    kind = induction.model_copy(update={"changes": (close,)})

    (line,) = [
        line for line in compared_text(comparison.model_copy(update={"kinds": (kind,)})).splitlines() if "went" in line
    ]

    assert "went   L1H2" in line
    assert line.endswith("  is not confirmed yet")


def test_of_two_shapes_the_best_heads_of_each(ran: dict[str, Ran]) -> None:
    _code, printed, _said = ran["other shape"]

    assert "their shapes are 2 x 4 (decoder) and 3 x 4 (encoder)" in printed
    assert "  L1H2   0.839  [0.83, 0.85]  confirmed" in printed
    assert [line.split(",")[1] for line in ran["other shape csv"][1].splitlines()] == [
        "change",
        *["before"] * 3,
        *["after"] * 3,
    ]
    assert "Their shapes differ" in ran["other shape html"][1]


def test_kinds_that_a_tokenizer_cannot_carry_are_named_with_the_reason(ran: dict[str, Ran]) -> None:
    code, printed, _said = ran["few words"]

    assert code == 0
    assert "AB   induction: 1" in printed
    yesterday = "positional:-1, duplicate_token, attention_sink, current_token: the tokenizer does not know `Yesterday`"
    assert f"\nNot measured: {yesterday}" in printed
    assert "\nNot measured: rare_token: rare_token: the tokenizer has 0 words" in printed
    assert '<h2 id="left-out-title">Not measured</h2>' in ran["few words page"][1]
    assert ran["none carried"][0] == 3
    assert "no kind can be measured on few-words: semantic: the tokenizer does not know" in ran["none carried"][2]


def test_a_new_exercise_is_accepted_at_once_also_for_eight_heads(ran: dict[str, Ran], planted: Bench) -> None:
    folder = planted.root / "course" / "planted-heads"
    text, example = (folder / "exercise.yaml").read_text(), (folder / "my_heads.yaml").read_text()

    assert (ran["new"][0], ran["check"][0]) == (0, 0), ran["new"][2] + ran["check"][1]
    assert f"  export GRADER_TRANSFORMER_PLANTED={planted.root / 'planted'}\n" in ran["new"][1]
    assert "1 exercise: 0 invalid, 0 warnings" in ran["check"][1]
    assert "- {type: induction, heads: 2, points: 30, passing: 1}" in text
    assert "layer: 1, head: 2" not in example
    assert "layer: 0, head: 1" not in example
    assert "GRADER_TRANSFORMER_PLANTED=PATH" in (folder / "README.md").read_text()
    assert ran["show"][1].startswith("Find the heads of planted\n")


@pytest.mark.usefixtures("ran")
def test_who_finds_its_heads_passes(planted: Bench, home: Path, tmp_path: Path) -> None:
    claims = ["{layer: 0, head: 1, type: positional}", "{layer: 1, head: 2, type: induction}"]
    file = planted.submission(tmp_path, *claims, name="planted-heads")
    (code, printed, _), (other, _, said) = planted.grade_all(
        home,
        ("submit", file, "--transformer", planted.root / "planted"),
        ("submit", file, "--transformer", planted.root / "later"),
    )

    assert (code, "score 70 %, 35 of 50 points" in printed) == (0, True)
    assert (other, "is not the file pinned for the transformer 'planted'" in said) == (3, True)


REFUSED = {
    "no rule": (2, "random claims would find all of them 12.5 % of the time, and 5 % is allowed"),
    "nothing": (2, "no head is confirmed as any of the kinds, so there is nothing to find"),
    "taken": (2, "exists already; nothing is overwritten [taken]"),
    "no scan": (2, "--kinds, --seed and --device are for the scan of a transformer; name it with --from"),
    "unknown": (2, "there is no transformer `./nowhere`; name an exercise, a transformer on the hub"),
    "no word": (2, "TRANSFORMER: there is no transformer ``; name an exercise"),
    "no other": (2, "TRANSFORMER: there is no transformer ``; name an exercise"),
    "misspelt": (2, "did you mean `mini-heads`?"),
    "empty": (2, "it lacks config.json, weights (*.safetensors), a tokenizer (tokenizer.json), so it is not"),
    "ahead": (2, "--kinds: `positional:+1` looks ahead, but mini-gpt2 is a decoder"),
    "no kind": (2, "--kinds: there is no type `inducton`"),
    "offline": (3, "HF_HUB_OFFLINE is set, so it was not asked"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_measured_is_refused_with_the_reason(case: str, ran: dict[str, Ran]) -> None:
    expected, message = REFUSED[case]
    code, printed, said = ran[case]

    assert (code, printed) == (expected, "")
    assert message in said
    assert "Traceback" not in said


def test_a_student_reads_it_in_their_language_and_a_program_in_english(ran: dict[str, Ran]) -> None:
    for name in ("korean", "korean few words", "korean html"):
        assert ran[name][0] == 0, ran[name][2]
    changes = ran["korean"][1].splitlines()
    (whole, *_map, not_measured) = ran["korean few words"][1].splitlines()

    assert left(changes) == ["planted -> later"]
    assert [line.split()[0] for line in changes if line.startswith("  ")] == ["생김", "사라짐"]
    assert re.fullmatch("few-words: 레이어 2개, 레이어마다 헤드 4개, 디코더, 시드 0", whole)
    assert not_measured.startswith("측정하지 않음: ")
    assert "<td>생김</td>" in ran["korean html"][1]
    assert ran["korean json"][1] == ran["json"][1]


@pytest.mark.usefixtures("ran")
def test_a_second_time_needs_no_torch(planted: Bench, home: Path) -> None:
    code, imported = planted.imported(home, "atlas", planted.root / "planted", *KINDS)

    assert code == 0
    assert imported.isdisjoint({"torch", "transformers", "numpy"})


def test_one_on_the_hub_is_fetched_once_and_known_by_its_branch_afterwards(
    planted: Bench, home: Path, tmp_path: Path
) -> None:
    files = {file.name: file.read_bytes() for file in (planted.root / "planted").iterdir()}
    word = f"{REPOSITORY}@{BRANCH}"
    with serving(Hub(files)) as hub:
        online = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
        online["GRADER_TRANSFORMER_TINY"] = ""  # its name on the hub is that of the other tests' transformer
        first, none, strange = planted.grade_all(
            home,
            ("atlas", word, "--kinds", "induction"),
            ("atlas", f"{REPOSITORY}@v9"),
            ("atlas", "school/none"),
            **online,
        )
    again = planted.grade(home, "atlas", word, "--kinds", "induction", **{**online, "HF_HUB_OFFLINE": "1"})

    assert first[0] == 0, first[2]
    assert first[1].startswith(f"tiny ({REPOSITORY} at 0123456789abcdef")
    assert again.stdout == first[1]
    assert (none[0], strange[0]) == (2, 2)
    assert f"`{REPOSITORY}` has no revision `v9` on the hub" in none[2]
    assert "`school/none` is not on the hub, or it is not public" in strange[2]


def test_what_is_measured_where_kinds_are_left_out_is_found_again(planted: Bench, tmp_path: Path) -> None:
    first = AtlasLaboratory(str(planted.root / "few-words"), tmp_path)
    table = first.table

    assert first.left_out
    assert AtlasLaboratory(str(planted.root / "few-words"), tmp_path).kept_table == table
