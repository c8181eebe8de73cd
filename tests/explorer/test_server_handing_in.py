"""Claims from the page: the report, the entry in the ledger and the hints are those of the command line."""

import json
from pathlib import Path

import pytest

from grader import exercises
from grader.explorer.handed_in import Desk, draft_of, values_of
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.schema import Submission
from tests.cli.conftest import ID, KINDS, Bench
from tests.explorer.conftest import Server


def claims(bench: Bench) -> list[dict[str, object]]:
    """Return the best head of each kind, and one that is wrong in place of the last."""
    made = []
    for kind in KINDS:
        type_, _, offset = kind.partition(":")
        layer, head = bench.best[kind]
        made.append({"layer": layer, "head": head, "type": type_} | ({"offset": int(offset)} if offset else {}))
    made[-1] |= {"layer": 0, "head": next(n for n in range(8) if (0, n) not in bench.best.values()), "note": "a guess"}
    return made


def entries(home: Path) -> list[str]:
    with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
        return [entry.report.model_dump_json() for entry in ledger.entries()]


def test_the_report_and_the_entry_are_those_of_grade_submit(bench: Bench, server: Server, home: Path) -> None:
    draft = {"exercise": ID, "claims": claims(bench)}
    file = home / "my_heads.yaml"
    file.write_text(json.dumps(draft))
    given = server.ask("hand-in", **draft).json()
    again = server.ask("hand-in", **draft).json()
    submitted = bench.grade(home, "submit", file, "--format", "html")
    page = server.client.get(f"/{given['page']}")

    assert given["passed"] is (submitted.returncode == 0)
    assert page.text == submitted.stdout
    assert entries(server.home) == entries(home)
    assert len(entries(home)) == 1
    assert {**again, "page": ""} == {**given, "page": ""}
    assert [verdict["outcome"] for verdict in given["verdicts"]] == ["confirmed"] * 4 + ["refuted"]
    assert [verdict["kind"] for verdict in given["verdicts"]] == list(KINDS)
    assert [verdict["points"] for verdict in given["verdicts"]] == [10, 10, 10, 10, 0]
    assert given["lines"][0].startswith("score ")
    assert any("a guess" in line for line in given["verdicts"][4]["lines"])
    assert not any("Threshold for" in line for line in given["verdicts"][4]["lines"])
    assert any("Threshold for" in line for line in given["verdicts"][4]["details"])


def test_a_file_is_read_as_the_page_keeps_it(server: Server) -> None:
    text = f"exercise: {ID}\nstudent: ada\ngallery: true\nclaims:\n"
    text += "  - {layer: 0, head: 1, type: previous_token, note: my own words}\n"
    draft = server.ask("read-file", text=text).json()

    claim = {"type": "positional", "offset": -1, "layer": 0, "head": 1, "note": "my own words"}
    assert draft == {"exercise": ID, "claims": [claim], "more": {"student": "ada", "gallery": True}}


def test_what_the_page_does_not_know_of_a_claim_goes_through_it(bench: Bench) -> None:
    claim = {"layer": 2, "head": 1, "type": "induction", "matters": "together", "companions": [{"layer": 2, "head": 3}]}
    submission = Submission.model_validate_json(json.dumps({"exercise": ID, "claims": [claim]}))
    (drafted,) = draft_of(submission)["claims"]

    assert drafted["more"].keys() == {"matters", "companions"}
    assert values_of(draft_of(submission)) == {
        "exercise": ID,
        "claims": ({**claim, "companions": ({"layer": 2, "head": 3},)},),
    }


def test_what_the_page_kept_of_a_file_is_handed_in_with_the_claim(server: Server) -> None:
    claim = {"layer": 2, "head": 1, "type": "induction"}
    circuit = {"companions": [{"layer": 2, "head": 3}], "nonsense": 1}
    answer = server.ask("hand-in", exercise=ID, claims=[claim | {"more": circuit}], more={"student": "ada", "odd": 1})
    wrong = {problem["message"].partition(":")[0] for problem in answer.json()["problems"]}

    assert wrong == {"odd", "claims[0].nonsense"}


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_what_the_exercise_keeps_back_is_not_in_the_answer(
    bench: Bench, home: Path, feedback: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_HOME", str(home))
    exercise = exercises.load(bench.root / "exercises" / f"{ID}-{feedback}")
    desk = Desk(Laboratory(exercise, home / "tables", explicit=bench.root / "tiny"), "login-name")
    given = desk.hand_in({"exercise": exercise.id, "claims": claims(bench)})
    (report,) = map(json.loads, entries(home))
    numbers = {f"{check['measured']:.2f}" for verdict in report["verdicts"] for check in verdict["threshold"]}
    (page,) = desk.pages.values()

    assert numbers
    assert {number for number in numbers if f"measured {number}" in given.model_dump_json() + page} == set()
    assert [verdict.points for verdict in given.verdicts] == [None] * (5 if feedback == "verdicts" else 0)
    assert given.lines


def test_hints_are_those_of_the_command_and_are_taken_once(bench: Bench, server: Server) -> None:
    home, kind = server.home, "positional:-2"
    first = server.ask("hints", kind=kind, number=1).json()
    same = server.ask("hints", kind=kind, number=1).json()
    seen = json.loads(bench.grade(home, "hint", ID, kind, "--again", "--format", "json").stdout)
    by_command = json.loads(bench.grade(home, "hint", ID, kind, "--format", "json").stdout)
    both = server.ask("hints", kind=kind, number=2).json()

    assert first == same
    assert [hint["title"] for hint in first["seen"]] == [hint["title"] for hint in seen["hints"]]
    assert (len(first["seen"]), first["left"], seen["left"]) == (1, 3, 3)
    assert [hint["lines"] for hint in both["seen"]] == [seen["hints"][0]["lines"], by_command["hints"][0]["lines"]]
    assert both["left"] == by_command["left"] == 2
