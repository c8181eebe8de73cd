"""`grade students`: an instructor's and an operator's commands about single students, as they are typed."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli import app
from grader.ledger import Ledger
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.service import planted
from tests.service.conftest import exercises, jobs, reception, tables, worker  # noqa: F401
from tests.service.planted import CAME, document, envelope

RIGHT = "{layer: 0, head: 0, type: positional, offset: -1%s}\n  - {layer: 0, head: 1, type: positional}"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    for name in ("GRADER_DATABASE_URL", "GRADER_QUEUE_URL", "GRADER_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    with Ledger() as opened:
        yield opened


@pytest.fixture
def course(ledger: Ledger, reception: Reception, worker: Worker, exercises: Path, tmp_path: Path) -> Ledger:  # noqa: F811
    """Two students who handed in late, and a third one who did not, on a roster."""
    rules = {"due": CAME.isoformat(), "late_days": 2, "late_costs": 0.2, "attempts": 2}
    planted.write(exercises, policy=rules)
    late = CAME.replace(hour=20)
    for name, student in (("a-1", "ada"), ("b-1", "bob")):
        new = envelope(name, student=student, submission=document(student, RIGHT), came_at=late)
        (receipt,) = reception.accept([new])
        worker.work(receipt.job or 0)
    (tmp_path / "r.csv").write_text("student,section,name\nada,A,=Ada\nbob,A,Bob\ncem,B,Cem\n")
    grade("students", "roster", tmp_path / "r.csv", "--course", "c1")
    return ledger


def grade(*words: str | Path) -> str:
    """Return what the command prints; it succeeds."""
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words: str) -> str:
    """Return the error that the command ends with."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code != 0
    return str(done.exception)


def test_students_are_listed_for_people_programs_and_spreadsheets(course: Ledger) -> None:
    text = grade("students", "list", planted.ID)
    rows = json.loads(grade("students", "list", planted.ID, "--format", "json"))
    table = list(csv.DictReader(grade("students", "list", planted.ID, "--format", "csv").splitlines()))

    assert [row["student"] for row in rows] == ["ada", "bob", "cem"]
    assert re.search(r"^local +c1 +B +cem +Cem .* never handed in$", text, re.MULTILINE)
    assert [row["best"] for row in table] == [str(rows[0]["best"]), str(rows[1]["best"]), ""]
    assert table[0]["name"] == "'=Ada"
    assert [row["student"] for row in json.loads(grade("students", "list", "--stuck", "--format", "json"))] == ["cem"]
    assert "cem" not in grade("students", "list", planted.ID, "--section", "A")
    alike = grade("students", "same", planted.ID, "--all")
    assert alike.startswith(f"{planted.ID}: 2 students, 0 pairs to look at\n")
    assert re.search(r"^local +c1 +cem +B +Cem$", grade("students", "roster"), re.MULTILINE)
    assert "known: c1" in refused("students", "roster", "--course", "c9")
    late = grade("students", "list", planted.ID, "--since", CAME.date().replace(day=3).isoformat(), "--format", "json")
    assert [(row["student"], row["attempts"], row["stuck"]) for row in json.loads(late)] == [
        (name, 0, "handed in nothing in this time") for name in ("ada", "bob", "cem")
    ]


WRONG: list[tuple[list[str], str]] = [
    (["list", "--platform", "locl"], "did you mean `local`"),
    (["list", "--section", "a"], "nobody is in this section; known: A, B"),
    (["list", "--course", "c1x"], "nothing came from this course; known: c1; did you mean `c1`?"),
    (["same", planted.ID, "--section", "C"], "nobody is in this section"),
    (["readmit", planted.ID, "--id", "local/x"], "no submission that was refused for its time or number: local/x"),
    (["list", "planted-haeds"], "did you mean"),
    (["show", "adda"], "knows no student `adda`; did you mean `ada`"),
    (["show"], "name a student, or a report"),
    (["show", "--report", "99"], "no report or submission is that"),
    (["extend", "adda", planted.ID, "--until", "2026-04-01T00:00Z", "--reason", "x"], "did you mean `ada`"),
    (["extend", "ada", planted.ID, "--until", "soon", "--reason", "x"], "must be a date with its time"),
    (["extend", "ada", planted.ID, "--until", "2026-01-01T00:00Z", "--reason", "x"], "give a later time"),
    (["excuse", "ada", planted.ID, "--reason", " "], "give a reason"),
    (["undo", "7"], "there is no adjustment 7"),
    (["roster", "missing.csv"], "cannot be read"),
    (["retain", "--older-than", "2"], "is not a time"),
    (["erase", "ada", "--yes"], "no queue is named"),
    (["erase"], "name students"),
    (["export", "adda"], "did you mean `ada`"),
]
"""Words, and what the error says."""


def test_what_is_typed_wrong_is_an_error_that_says_what_was_meant(course: Ledger) -> None:
    said = {" ".join(words): (message, refused("students", *words)) for words, message in WRONG}

    assert {words: told for words, (message, told) in said.items() if message not in told} == {}


def test_one_student_is_shown_with_the_ids_of_all_submissions(course: Ledger, reception: Reception) -> None:  # noqa: F811
    reception.accept([envelope("a-2", submission="claims: [")])
    text = grade("students", "show", "ada")
    (first, second) = json.loads(grade("students", "show", "ada", "--format", "json"))["submissions"]

    assert text.startswith("ada on platform local\n")
    assert (first["id"], first["state"], first["report"]) == ("local/a-1", "graded", 1)
    assert (second["id"], second["state"], second["problems"]) == ("local/a-2", "rejected", "yaml-syntax")


def test_a_report_leads_to_its_file_and_its_history(course: Ledger) -> None:
    grade("students", "extend", "ada", planted.ID, "--until", "2026-04-01T00:00:00+00:00", "--reason", "she was ill")
    (entry, *_) = course.entries(student="ada")
    by_number, by_id, by_hash = (
        grade("students", "show", "--report", word) for word in ("1", "local/a-1", entry.report.content_hash[:12])
    )
    trail = json.loads(grade("students", "show", "--report", "1", "--format", "json"))

    assert by_number == by_id == by_hash
    assert by_number.startswith("local/a-1: ada, planted-heads, handed in 2026-03-02 20:00 UTC, graded\n")
    assert document("ada", RIGHT) in by_number
    assert "the deadline was moved for this student" in by_number
    assert [each["replaces"] for each in trail["reports"]] == [None, 1]
    assert trail["files"][0]["document"] == document("ada", RIGHT)


def test_a_decision_is_shown_to_the_student_and_listed_and_undone(course: Ledger) -> None:
    said = grade(
        "students", "extend", "ada", planted.ID, "--until", "2026-04-01T00:00Z", "--reason", "ill", "--by", "kim"
    )
    status, progress = grade("status", "a-1"), grade("progress", "ada")
    listed = grade("students", "adjustments", "ada")

    assert said == "adjustment 1 counts for ada on platform local; 1 report changes\n"
    assert "for you       for you, the deadline is 2026-04-01 00:00 +0000; the reason: ill" in status
    assert "late" not in status.replace("late_", "")
    assert f"{planted.ID} for you, the deadline is 2026-04-01 00:00 +0000; the reason: ill" in progress
    assert re.search(r"extension +2026-04-01 00:00:00\+00:00 +ill +.* kim", listed)
    grade("students", "undo", "1", "--by", "dean")
    assert "late, so 80 % of the score counts" in grade("status", "a-1")
    assert "dean, 20" in grade("students", "adjustments")
    assert "for you" not in grade("progress", "ada")


def test_what_was_refused_is_taken_up_after_a_decision(
    course: Ledger,
    reception: Reception,  # noqa: F811
    worker: Worker,  # noqa: F811
) -> None:
    for number, day in enumerate((9, 10), start=2):
        late = envelope(f"a-{number}", submission=document(f"{number}", RIGHT), came_at=CAME.replace(day=day))
        reception.accept([late])
    asked = ("students", "readmit", planted.ID, "--student", "ada")
    assert grade(*asked).count("stays refused: this exercise closed on 2026-03-04") == 2
    until = ("--until", "2026-03-20T00:00Z", "--reason", "she was ill")
    done = CliRunner().invoke(app, ["students", "extend", "ada", planted.ID, *until], catch_exceptions=False)
    assert f"grade students readmit {planted.ID} --platform local --student ada --yes" in done.stderr
    assert "1 submission that was refused before is not taken up by this" in done.stderr
    before = grade("status", "a-2", "--format", "json")

    listed = grade(*asked)
    assert re.findall("would be taken|stays refused: all 2 attempts", listed) == [
        "would be taken",
        "stays refused: all 2 attempts",
    ]
    assert grade("status", "a-2", "--format", "json") == before
    assert "local/a-9" in refused(*asked, "--id", "local/a-2", "--id", "local/a-9", "--yes")
    taken = grade(*asked, "--id", "local/a-3", "--yes")
    assert taken == "local/a-3  ada  2026-03-10 12:00 UTC  taken\n"
    assert json.loads(grade("status", "a-3", "--format", "json"))["state"] == "received"
    worker.work(4)
    after = json.loads(grade("status", "a-3", "--format", "json"))
    assert (after["state"], after["credit"], after["attempts_used"], after["problems"]) == ("graded", 1, 2, [])
    assert after["revision"] > json.loads(before)["revision"]
    assert "stays refused: all 2 attempts" in grade(*asked, "--yes")
    worker.work(4)  # a doubled message
    assert len([entry for entry in course.entries(student="ada") if entry.is_new]) == 2


def test_other_decisions_say_what_they_are(course: Ledger) -> None:
    grade("students", "attempts", "ada", planted.ID, "--more", "2", "--reason", "a fault of ours")
    grade("students", "excuse", "bob", planted.ID, "--reason", "away")
    grade("students", "override", "cem", planted.ID, "--score", "0.8", "--reason", "on paper")
    progress = {name: grade("progress", name) for name in ("ada", "bob", "cem")}
    lines = {row["student"]: row for row in json.loads(grade("students", "list", planted.ID, "--format", "json"))}

    assert "you have 2 more attempts; the reason: a fault of ours" in progress["ada"]
    assert "1 of 4 used" in grade("status", "a-1")
    assert "you are excused from this exercise; the reason: away" in progress["bob"]
    assert "your score was set to 80 %; the reason: on paper" in progress["cem"]
    assert (lines["cem"]["best"], lines["cem"]["decided"]) == (0.8, "score set to 80 %")
    assert json.loads(grade("progress", "cem", "--format", "json"))["adjustments"][0]["adjustment"]["score"] == 0.8


def test_the_export_has_everything_and_only_what_a_student_may_see(course: Ledger, tmp_path: Path) -> None:
    grade("students", "override", "ada", planted.ID, "--score", "1", "--reason", "as discussed")
    grade("students", "export", "ada", "--out", tmp_path / "ada.json")
    kept = json.loads((tmp_path / "ada.json").read_text())

    assert (kept["student"], kept["platform"], kept["is_whole"]) == ("ada", "local", False)
    assert set(kept["kept"]) == {"adjustments", "deliveries", "reports", "roster", "submissions"}
    assert kept["kept"]["submissions"][0]["document"] == document("ada", RIGHT)
    assert kept["kept"]["reports"][0]["report"]["verdicts"][0]["claim"]["note"] == "ada"
    assert "bob" not in (tmp_path / "ada.json").read_text()


def test_erasing_lists_first_and_then_erases(course: Ledger) -> None:
    listed = grade("students", "erase", "ada", "--no-queue")
    lines = [f"  1 row in {name}" for name in ("deliveries", "reports", "roster", "submissions")]
    assert listed == "\n".join(["ada (platform local): kept", *lines, ""])
    assert grade("students", "erase", "ada", "--no-queue", "--yes") == listed.replace("kept", "erased")
    assert "knows no student `ada`" in refused("students", "show", "ada")
    again = grade("students", "erase", "ada", "--platform", "local", "--no-queue", "--yes")
    assert again == "ada (platform local): nothing is kept\n"
    assert [row["student"] for row in json.loads(grade("students", "list", "--format", "json"))] == ["bob", "cem"]


def test_old_words_are_listed_first_and_then_removed(course: Ledger, tmp_path: Path) -> None:
    listed = grade("students", "retain", "--older-than", "90d")
    assert listed.splitlines()[1:] == ["2 reports with notes or sentences", "0 dead letters"]
    assert grade("students", "retain", "--older-than", "90d", "--yes") == listed
    assert "is not kept any more" in grade("students", "show", "--report", "1")
    assert grade("students", "retain", "--older-than", "9y").splitlines()[1] == "0 reports with notes or sentences"
    everybody = ("students", "retain", "--older-than", "90d", "--students", "--no-queue", "--yes")
    grade(*everybody)
    assert len(list(course.entries())) == 2, "they are on a roster that was loaded just now"
    (tmp_path / "r.csv").write_text("student\n")
    grade("students", "roster", tmp_path / "r.csv", "--course", "c1")
    grade(*everybody)
    assert list(course.entries()) == []
