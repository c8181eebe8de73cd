"""`grade submit --queue` with a running service: the same report and the same refusals as without a queue."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import exercises
from grader.cli.outcome import NO_PICTURES
from grader.ledger import Ledger
from grader.report.formats import Format, html
from grader.schema import Report
from tests.cli.conftest import ID, KINDS, Bench, written
from tests.cli.support_handing_in import hand_in
from tests.cli.support_serving import named, service
from tests.support.upping import Up

HEAVY = {"torch", "transformers", "matplotlib", "numpy", "safetensors", "tokenizers", "huggingface_hub"}


@pytest.fixture(scope="module")
def up(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    listed = folder / "platforms.yaml"
    listed.write_text("platforms: [{name: local}, {name: canvas}]\n")
    with service(cold, folder, GRADER_PLATFORMS=str(listed)) as running:
        yield running


@pytest.fixture
def queue(up: Up) -> tuple[str, str]:
    return "--queue", up.url()


@pytest.mark.parametrize("form", sorted(set(Format) - {Format.html}))
def test_the_report_is_the_local_ones_byte_for_byte(
    bench: Bench, home: Path, tmp_path: Path, queue: tuple[str, str], form: str
) -> None:
    evidence = ", evidence: the king waits and the king waits" if form == "json" else ""
    file = bench.submission(tmp_path, bench.claim("induction", more=evidence))
    here = bench.grade(home, "submit", file, "--format", form)
    there = bench.grade(tmp_path / "empty", "submit", file, "--format", form, *queue)

    assert here.returncode == 1  # one kind of the three that a pass needs
    assert (there.returncode, there.stderr, there.stdout) == (1, "", here.stdout)


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_it_tells_no_more_than_the_exercise_allows(
    bench: Bench, home: Path, tmp_path: Path, queue: tuple[str, str], feedback: str
) -> None:
    option = ("--exercise", f"{ID}-{feedback}", "--format", "json")
    file = bench.submission(tmp_path, bench.claim("induction"))
    here, there = (bench.grade(home, "submit", file, *option, *more) for more in ((), queue))

    assert (there.returncode, there.stderr, there.stdout) == (here.returncode, "", here.stdout)


def test_the_page_is_the_local_one_without_its_pictures(
    bench: Bench, home: Path, tmp_path: Path, queue: tuple[str, str]
) -> None:
    file, out = named(bench, tmp_path, "hana"), tmp_path / "report.html"
    report = Report.model_validate_json(bench.grade(home, "submit", file, "--format", "json").stdout)
    done = bench.grade(tmp_path / "empty", "submit", file, *queue, "--format", "html", "--out", out)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"written to {out}\n{NO_PICTURES}\n")
    assert out.read_text() == html.render(report, {}, exercises.load(bench.root / "exercises" / ID))


def test_neither_the_transformer_nor_a_library_that_computes_is_needed(
    bench: Bench, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    code, names = bench.imported(tmp_path / "empty", "submit", named(bench, tmp_path, "tove"), *queue)

    assert code == 0
    assert names & HEAVY == set()
    assert {"redis"} <= names


@pytest.mark.parametrize("arguments", [["submit"], ["check"]])
def test_without_a_queue_nothing_of_it_is_imported(
    bench: Bench, home: Path, tmp_path: Path, arguments: list[str]
) -> None:
    code, names = bench.imported(home, *arguments, named(bench, tmp_path, "ada"))

    assert code == 0
    assert names & {"redis", "celery", "workers"} == set()


def test_without_a_name_it_is_the_login_name(bench: Bench, tmp_path: Path, queue: tuple[str, str]) -> None:
    file = bench.passing(tmp_path, student=None)
    done = bench.grade(tmp_path / "empty", "submit", file, "--format", "json", *queue)

    assert json.loads(done.stdout)["student"] == "login-name"


def test_a_file_that_is_a_pipe_is_handed_in_whole(bench: Bench, tmp_path: Path, queue: tuple[str, str]) -> None:
    command = [sys.executable, "-m", "grader.cli", "submit", "/dev/stdin", "--format", "json", *queue]
    text = named(bench, tmp_path, "piper").read_text()
    done = subprocess.run(
        command, env=bench.environment(tmp_path / "empty"), input=text, text=True, capture_output=True, check=True
    )

    assert json.loads(done.stdout)["student"] == "piper"


def test_what_is_invalid_is_refused_here_in_the_same_words_and_never_handed_in(
    bench: Bench, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    file = bench.submission(tmp_path, "{layer: 9, head: 0, type: inductoin}")
    here = bench.grade(tmp_path / "empty", "submit", file)
    there = bench.grade(tmp_path / "empty", "submit", file, *queue, "--id", "never")

    assert (there.returncode, there.stdout, there.stderr) == (2, "", here.stderr)
    assert f"{file}:4:" in there.stderr
    assert up.grade("status", "never").returncode == 2


def test_what_the_service_refuses_is_told_in_the_local_commands_words(
    bench: Bench, tmp_path: Path, queue: tuple[str, str]
) -> None:
    """The service's exercise takes fewer claims than the student's old copy."""
    old = written(tmp_path / "old", {}) / "exercise.yaml"
    old.write_text(old.read_text().replace("budget: 5", "budget: 6"))
    file = bench.submission(tmp_path, *(f"{{layer: 0, head: {head}, type: induction}}" for head in range(6)))
    here = bench.grade(tmp_path / "empty", "submit", file)
    option = {"GRADER_EXERCISES": str(tmp_path / "old")}
    there = bench.grade(tmp_path / "empty", "submit", file, *queue, **option)

    assert "too-many-claims" in here.stderr
    assert (there.returncode, there.stdout, there.stderr) == (2, "", here.stderr)


def test_places_in_a_file_are_not_told_of_what_was_not_the_file(
    bench: Bench, tmp_path: Path, queue: tuple[str, str]
) -> None:
    old = written(tmp_path / "old", {}) / "exercise.yaml"
    old.write_text(old.read_text().replace("budget: 5", "budget: 6"))
    file = bench.submission(
        tmp_path, *(f"{{layer: 0, head: {head}, type: induction}}" for head in range(6)), name="another"
    )
    option = {"GRADER_EXERCISES": str(tmp_path / "old")}
    done = bench.grade(tmp_path / "empty", "submit", file, "--exercise", ID, *queue, **option)

    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}: 6 claims, but {ID} takes 5 at most")


@pytest.mark.parametrize(
    ("policy", "code", "next_one"),
    [("once", "attempts-used", False), ("slowly", "too-soon", True), ("later", "not-open-yet", True)],
)
def test_a_refusal_by_policy_names_the_next_allowed_time(
    bench: Bench, tmp_path: Path, up: Up, queue: tuple[str, str], policy: str, code: str, next_one: bool
) -> None:
    exercise = f"{ID}-{policy}"
    first = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "mia", exercise), *queue)
    another = bench.submission(tmp_path, bench.claim("induction"), student="mia", name=exercise)
    second = bench.grade(tmp_path / "empty", "submit", another, *queue, "--id", f"{policy}-2")
    status = up.grade("status", f"{policy}-2")

    assert first.returncode == (2 if policy == "later" else 0)
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr.startswith(f"{another}: ")
    assert f"[{code}]" in second.stderr
    assert ("the next submission is possible from " in second.stderr) == next_one
    assert ("\nnext one      from " in status.stdout) == next_one
    assert f"[{code}]" in status.stdout


def test_attempts_that_are_limited_are_counted_for_the_student(
    bench: Bench, tmp_path: Path, queue: tuple[str, str]
) -> None:
    done = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "lea", f"{ID}-once"), *queue)

    assert (done.returncode, done.stderr) == (0, "attempts: 1 of 1 used\n")


def test_lateness_costs_credit_and_the_report_says_so(
    bench: Bench, home: Path, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    file = named(bench, tmp_path, "noor", f"{ID}-late")
    here = bench.grade(home, "submit", file)
    there = bench.grade(tmp_path / "empty", "submit", file, *queue, "--id", "late-1")
    status = up.grade("status", "late-1")

    assert there.returncode == 0
    assert "score 100 %, " in here.stdout
    assert "score 75 %, " in there.stdout
    assert there.stderr == ""
    assert "Late: 75 % of the score counts." in there.stdout
    assert "score         75 %, passed, late, so 75 % of the score counts\n" in status.stdout


def test_after_the_end_it_is_closed(bench: Bench, tmp_path: Path, queue: tuple[str, str]) -> None:
    done = bench.grade(tmp_path / "empty", "submit", named(bench, tmp_path, "zoe", f"{ID}-over"), *queue)

    assert done.returncode == 2
    assert "ask your instructor [closed]" in done.stderr


def test_what_was_made_offline_counts_once_here_and_there(
    bench: Bench, home: Path, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    """Offline without a name, on the platform as `ines`: two are new there, and one is handed in itself."""
    canvas = ("--queue", up.url("canvas"))
    claims = [bench.claim(kind, more=", note: as seen") for kind in KINDS]
    offline = (bench.submission(tmp_path, *some) for some in (claims[:3], claims[2:4], claims))
    hand_in(bench, home, (("login-name", file) for file in offline))
    main = bench.grade(home, "submit", bench.submission(tmp_path, *claims, student="ines"), *canvas)
    yes = ("progress", "sync", "ines", "--nameless")
    first, again = (bench.grade(home, *yes, *canvas) for _ in range(2))
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger, ledger.database.statements(write=True) as execute:
        execute("DELETE FROM handed_in", {})  # as if nothing were known of it
    third = bench.grade(home, *yes, *canvas)
    elsewhere = bench.grade(home, *yes, *queue)
    shown = bench.grade(home, "progress", "ines", "--format", "json"), up.grade("progress", "ines", "--format", "json")
    here, there = (json.loads(done.stdout) for done in shown)

    left = "2 offline submissions without a name were left, because others may use this login. If they are yours, run: "
    assert (main.returncode, main.stderr.startswith(f"{left}grade progress sync 'ines' --nameless")) == (0, True)
    assert first.stdout == "2 offline submissions were handed in: 2 counted\n"
    assert again.stdout == "all offline work has been handed in\n"
    assert third.stdout == "3 offline submissions were handed in: 3 were there already\n"
    assert elsewhere.stdout == "3 offline submissions were handed in: 3 counted\n"
    with Ledger(f"sqlite:///{up.home / 'ledger.sqlite3'}") as ledger:
        assert [len(list(ledger.entries(student="ines", platform=name))) for name in ("canvas", "local")] == [3, 3]
    assert [(each["xp"], len(each["history"])) for each in (here, there)] == [(50, 3), (50, 3)]


def test_nobody_hands_in_anothers_work_on_a_shared_login(
    bench: Bench, home: Path, tmp_path: Path, up: Up, queue: tuple[str, str]
) -> None:
    """Ada, who wrote her name, and somebody without one graded here; the next user of the login hands in one claim."""
    claims = [bench.claim(kind, more=", note: my own") for kind in KINDS]
    hand_in(bench, home, [("ada-k", bench.submission(tmp_path, *claims, student="ada-k"))])
    hand_in(bench, home, [("login-name", bench.submission(tmp_path, *claims[:2]))])
    one = bench.submission(tmp_path, claims[0], student="bo-k")
    theirs = bench.grade(home, "submit", one, *queue)
    nothing = bench.grade(home, "progress", "sync", "bo-k", *queue)
    hers = bench.grade(home, "progress", "sync", *queue)
    with Ledger(f"sqlite:///{up.home / 'ledger.sqlite3'}") as ledger:
        entries = [list(ledger.entries(student=name)) for name in ("bo-k", "ada-k")]

    assert "1 offline submission without a name was left" in theirs.stderr
    assert "1 offline submission of ada-k was left" in nothing.stdout
    assert "1 offline submission of ada-k was left" in hers.stdout
    assert [len(each) for each in entries] == [1, 0]


def test_attempts_are_used_up_only_when_that_is_asked_for_and_a_refusal_is_told_once(
    bench: Bench, home: Path, tmp_path: Path, queue: tuple[str, str]
) -> None:
    offline = (bench.submission(tmp_path, bench.claim(kind)) for kind in KINDS[:3])
    hand_in(bench, home, (("mira", file) for file in offline), f"{ID}-once")
    main = bench.grade(home, "submit", bench.passing(tmp_path, student="mira"), *queue)
    used, again = (bench.grade(home, "progress", "sync", "mira", "--use-attempts", *queue) for _ in range(2))
    progress = json.loads(bench.grade(home, "progress", "mira", "--format", "json").stdout)

    assert main.returncode == 0
    assert "3 offline submissions for tiny-heads-once were kept back" in main.stderr
    counted, refused = used.stdout.splitlines()
    assert counted == "1 offline submission was handed in: 1 counted"
    assert "2 offline submissions were not accepted for tiny-heads-once: all 1 attempts are used" in refused
    assert again.stdout == "all offline work has been handed in\n"
    assert len(progress["history"]) == 4
