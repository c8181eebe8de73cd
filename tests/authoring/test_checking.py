"""`grade exercises check`: all problems of all exercises, and warnings about what is doubtful."""

import re
import shutil
from pathlib import Path

import pytest

from grader import exercises
from grader.authoring import checking
from grader.base import home
from grader.cli.commands.teaching import exercises as authoring
from grader.documents import Document
from tests.authoring.conftest import SHIPPED, grade, refusal
from tests.support import planted_tables
from tests.support.exercise_sample import ID, TEXT, write

SAMPLE_SOURCE = "measured for this test"


def companions(folder: Path, submission: str | None = None) -> Path:
    """Write a page for students and an example submission beside the exercise."""
    (folder / "README.md").write_text("# Find heads\n")
    claim = "claims:\n  - {layer: 0, head: 0, type: induction}\n"
    (folder / "my_heads.yaml").write_text(submission or f"exercise: {folder.name}\n{claim}")
    return folder


@pytest.fixture
def _packages_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every package that carries weights be of another version, so that none of them is taken."""
    for source in (exercises.load(folder).transformer for folder in SHIPPED):
        if source.python_package is not None:
            name = source.python_package.partition("==")[0].replace("-", "_")
            record = tmp_path / "site" / f"{name}-0.0.dist-info"
            record.mkdir(parents=True, exist_ok=True)
            (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0\n")
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.mark.usefixtures("_packages_of_another_version")
def test_the_shipped_exercises_are_sound() -> None:
    """With the bundled weights; `tests/real` holds the texts for the others against theirs, which takes longer."""
    done = grade("check")

    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "6 exercises: 0 invalid, 0 warnings")


def test_scores_that_cannot_be_measured_here_are_not_called_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_TRANSFORMER_MINI_GPT2", "/nowhere")

    done = grade("verify", "mini-heads")

    assert done.exit_code == 3
    assert "they cannot be measured here: GRADER_TRANSFORMER_MINI_GPT2 /nowhere: does not exist" in done.output


def test_one_bad_file_hides_no_other_and_every_problem_is_told(course: Path) -> None:
    write(course, TEXT.replace("title:", "titel:").replace("seed: 1", "seed: one"))
    write(course, TEXT.replace(ID, "syntax") + "kinds: [", "syntax")
    write(course, TEXT.replace(ID, "guessable").replace("passing: 3", "passing: 90"), "guessable")
    companions(write(course, TEXT.replace(ID, "sound"), "sound"))
    (course / "empty").mkdir()
    done = grade("check", str(course))
    (guessable,) = [line for line in done.output.splitlines() if "guessable/" in line]

    assert done.exit_code == authoring.INVALID
    assert "exercise.yaml:3:1: unknown key `titel`" in done.output
    assert "did you mean `title`?" in done.output
    assert "exercise.yaml:5:16: `seed` must be a whole number, not `one`" in done.output
    assert re.search(r"syntax/exercise\.yaml:\d+:\d+: .*\[yaml-syntax\]", done.output)
    assert re.search(r"guessing pays: \d+ .* at random earns [\d.]+ % of the score and [\d.]+ % of the XP; ", guessable)
    assert "exercise.yaml:7:14: guessing pays" in guessable
    assert "; ask for other kinds, raise a threshold, or take a larger transformer; " in guessable
    assert guessable.endswith("change nothing about a single attempt [guessing-pays]")
    assert "empty/exercise.yaml: cannot be read: No such file" in done.output
    assert f"{course / 'sound'}: sound version 1, 3 kinds, 30 points\n" in done.output
    assert done.output.splitlines()[-1] == "5 exercises: 4 invalid, 0 warnings"


def test_what_is_wrong_with_a_rule_is_told_together_with_the_rest(course: Path) -> None:
    write(course, TEXT.replace("passing: 3", "passing: 90").replace(f"id: {ID}", "id: other"))
    output = grade("check", course).output

    assert "[id-not-folder]" in output
    assert "[guessing-pays]" in output


def test_an_exercise_or_a_folder_that_holds_some_may_be_named(course: Path, tmp_path: Path) -> None:
    first, second = companions(write(course)), companions(write(tmp_path / "else", TEXT.replace(ID, "two"), "two"))
    done = grade("check", first, tmp_path / "else", course)

    assert [line.split(":")[0] for line in done.output.splitlines() if " version " in line] == [str(first), str(second)]


@pytest.mark.parametrize(("name", "message"), [("nowhere", "there is no folder"), ("hollow", "there is neither")])
def test_a_folder_without_exercises_is_the_users_mistake(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "hollow").mkdir()

    assert message in refusal("check", tmp_path / name)


def test_two_of_one_id_are_told(course: Path, tmp_path: Path) -> None:
    first, second = companions(write(course)), companions(write(tmp_path / "else"))
    done = grade("check", first, second)

    assert done.exit_code == authoring.INVALID
    assert f"{second}: {first} has the id {ID}, too; rename one [repeated-id]" in done.output


def warnings(folder: Path) -> list[str]:
    done = grade("check", folder)
    assert done.exit_code == 0
    return [line.removeprefix("  warning: ") for line in done.output.splitlines() if line.startswith("  warning: ")]


@pytest.mark.parametrize(
    "source", ["TODO", "todo: measure it again some day", "tried out with --set", "a guess", "?? ask the other teacher"]
)
def test_a_threshold_whose_number_comes_from_nowhere_is_doubtful(source: str, course: Path) -> None:
    folder = companions(write(course, TEXT.replace(SAMPLE_SOURCE, f'"{source}"')))
    (line,) = warnings(folder)

    assert "exercise.yaml:15:49: `source` does not say where 1 comes from: `" in line
    assert line.endswith("name what was measured, or who published it [no-source]")


@pytest.mark.parametrize(
    ("at_least", "source"), [(1, SAMPLE_SOURCE), (0.6, "as the default"), (0.9, "Olsson et al. 2022")]
)
def test_a_threshold_with_a_source_or_the_default_s_number_is_not(at_least: float, source: str, course: Path) -> None:
    text = TEXT.replace("at_least: 1", f"at_least: {at_least}").replace(SAMPLE_SOURCE, source)

    assert warnings(companions(write(course, text))) == []


def test_a_count_of_passing_heads_that_was_measured_otherwise_is_doubtful(course: Path, tables: Path) -> None:
    grade("new", "our-heads", "--in", course)
    file = course / "our-heads" / "exercise.yaml"
    file.write_text(file.read_text().replace("passing: 8", "passing: 5"))
    unmeasured = grade("check", course).output
    shutil.copytree(tables, home.folder() / "tables")
    (line,) = (each for each in warnings(course / "our-heads") if "`passing`" in each)

    assert "not measured yet, so `passing` is not checked; to measure, run: grade scan our-heads" in unmeasured
    assert re.search(r"exercise\.yaml:\d+:14: `passing` is 5, but 8 of 48 heads pass as induction", line)


@pytest.mark.usefixtures("measured")
def test_a_sentence_that_shows_look_alikes_is_doubtful(course: Path) -> None:
    grade("new", "our-heads", "--in", course)
    folder, relation = course / "our-heads", "relation: pronoun_antecedent\n"
    file = folder / "exercise.yaml"
    before = [line for line in warnings(folder) if "[shows-look-alike]" in line]
    own = "sentence: {text: Nora saw the king because she was cold., see: Does she?, looks: {she: [because]}}"
    file.write_text(file.read_text().replace(relation, f"{relation}    {own}\n"))
    (line,) = (line for line in warnings(folder) if "[shows-look-alike]" in line)

    assert before == []
    assert "the text “Nora saw the king because she was cold.” does not show syntactic:pronoun_antecedent: the" in line
    assert re.search(r"head is L\d+H\d+ 0\.\d\d, number \d+ of all, the brightest refuted one L\d+H\d+ [01]\.", line)
    assert line.endswith("give a `sentence` on which such a head is seen [shows-look-alike]")


def test_a_sentence_that_cannot_be_tried_makes_it_invalid(course: Path) -> None:
    own = "sentence: {text: Nora waits!, see: Does she?, looks: {she: [Nora]}}"
    write(course, TEXT.replace("verb_subject, heads", f"verb_subject, {own}, heads"))
    done = grade("check", course)

    assert done.exit_code == authoring.INVALID
    assert "exercise.yaml:16:" in done.output
    assert "`text` has !, which a shell changes; leave such characters out" in done.output


@pytest.mark.usefixtures("measured")
def test_a_threshold_on_what_is_not_measured_makes_it_invalid(course: Path) -> None:
    grade("new", "our-heads", "--in", course)
    file = course / "our-heads" / "exercise.yaml"
    own = "thresholds: [{statistic: share, at_least: 0.5, slices: [nowhere], source: measured for this test}]"
    file.write_text(file.read_text().replace("    passing: 8\n", f"    passing: 8\n    {own}\n"))
    done = grade("check", course)

    assert done.exit_code == authoring.INVALID
    assert "the threshold for induction asks for share on nowhere; measured on: repeats" in done.output


def test_a_lead_that_no_head_can_have_is_doubtful(course: Path) -> None:
    sentence = "{words: [The, dogs, bark, .], classes: [DET, NOUN, VERB, PUNCT], arcs: [{relation: verb_subject, "
    own = f"probes: {{seed: 1, own_sentences: [{sentence}query: 2, target: 1}}]}}]}}"
    companions(write(course, TEXT.replace("probes: {seed: 1}", own)))
    output = grade("check", course).output

    assert "no head can have a lead of 0.1 on your sentences" in output
    assert "is right 100 % of the time there, so a hit rate of 1.10 is needed" in output
    assert "[out-of-reach]" in output


def test_a_measured_lead_that_no_head_can_have_is_doubtful() -> None:
    threshold = {"statistic": "lead", "at_least": 0.9, "source": "planted for this test"}
    asked = planted_tables.exercise({**planted_tables.SUBJECT, "thresholds": (threshold,)}, kinds_needed=1)
    table = planted_tables.table(asked, {})
    document = Document.of_values("exercise.yaml", {"kinds": ({},)})
    problems = list(checking._unreachable(asked, table, document))

    assert {problem.code for problem in problems} == {"out-of-reach"}
    assert "a hit rate of 1.10 is needed" in problems[0].message
    attainable = planted_tables.exercise({**planted_tables.SUBJECT}, kinds_needed=1)
    assert list(checking._unreachable(attainable, table, document)) == []


def test_a_page_and_an_example_that_are_missing_are_missed(course: Path) -> None:
    assert [line.rpartition("/")[2] for line in warnings(write(course))] == [
        "README.md: missing; it is the page that students start from [missing-file]",
        "my_heads.yaml: missing; it is an example submission [missing-file]",
    ]


def test_an_example_that_is_no_valid_submission_is_doubtful(course: Path) -> None:
    claims = "claims:\n  - {layer: 99, head: 0, type: inductoin}\n"
    folder = companions(write(course), f"exercise: {ID}\n{claims}")
    lines = warnings(folder)

    assert [line.rpartition(" ")[2] for line in lines] == ["[no-such-head]", "[unknown-type]"]
    assert all("my_heads.yaml:3:" in line for line in lines)


def test_an_example_for_another_exercise_is_doubtful(course: Path) -> None:
    claims = "claims:\n  - {layer: 0, head: 0, type: induction}\n"

    (line,) = warnings(companions(write(course), f"exercise: other-heads\n{claims}"))

    assert line.endswith(f"`exercise` is `other-heads`, not `{ID}` [other-exercise]")


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ("- {layer: 0, head: 0, type: inductoin, expect: confirmed, source: nobody}", "did you mean `induction`?"),
        ("- {layer: 99, head: 0, type: induction, expect: confirmed, source: nobody}", "has no head L99H0"),
    ],
)
def test_known_heads_that_cannot_be_read_are_doubtful(known: str, message: str, course: Path) -> None:
    folder = companions(write(course))
    (folder / "known_heads.yaml").write_text(known + "\n")

    (line,) = warnings(folder)

    assert message in line


TABLE = "| kind | heads |\n|---|---|\n"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("", []),
        ("| positional, offset -1 | 2 |\n| `induction` | 2 |\n| syntactic, `verb_subject` | 2 |\n", []),
        ("| `positional` | 2 |\n| induction | 2 |\n| `syntactic`, `relation: verb_subject` | 2 |\n", []),
        (
            "| positional, offset \u22122 | 2 |\n| induction | 2 |\n| syntactic, `verb_subject` | 2 |\n",
            ["not positional:-1, which is asked", "lists `positional, offset \u22122`, which is not asked"],
        ),
        (
            "| positional | 2 |\n| induction | 2 |\n| duplicate token | 1 |\n"
            "| syntactic, `verb_subject`, forward | 2 |\n",
            [
                "not syntactic:verb_subject, which is asked",
                "lists `duplicate token`, which is not asked",
                "lists `syntactic, verb_subject, forward`, which is not asked",
            ],
        ),
    ],
)
def test_the_page_lists_what_is_asked_and_nothing_else(course: Path, rows: str, told: list[str]) -> None:
    folder = companions(write(course))
    (folder / "README.md").write_text(TABLE + rows, encoding="utf-8")
    warnings = [line for line in grade("check", folder).output.splitlines() if "[page-" in line]

    assert len(warnings) == len(told)
    assert all(words in warning for words, warning in zip(told, warnings, strict=True))


def test_an_instructors_hint_that_names_a_head_is_doubted(course: Path) -> None:
    hint = "heads: 2, points: 10, passing: 3, hint: Look at L5H1}"
    folder = companions(write(course, TEXT.replace("heads: 2, points: 10, passing: 3}", hint)))

    assert "names a head, L5H1: is it the answer? [hint-names-head]" in grade("check", folder).output


def test_what_guessers_get_over_all_attempts_is_reported_and_too_much_is_doubted(course: Path) -> None:
    free = companions(write(course))
    limited = companions(write(course, TEXT.replace(ID, "limited") + "policy: {attempts: 6}\n", "limited"))
    safe = companions(write(course, TEXT.replace(ID, "safe") + "policy: {attempts: 1}\n", "safe"))
    told = {folder: grade("check", folder).output for folder in (free, limited, safe)}

    assert re.search(
        r"guessing: at best [\d.]+ % of the score and [\d.]+ % of the XP in 5 attempts, and [\d.]+ % pass", told[free]
    )
    assert "no limit of attempts, so it is for practice; for a grade, `policy.attempts` may be up to" in told[free]
    assert re.search(r"exercise\.yaml:\d+:\d+: guessing pays in 6 attempts with `feedback: all`", told[limited])
    assert "[guessing-in-time]" not in told[free] + told[safe]
    assert told[free] == grade("check", free).output
