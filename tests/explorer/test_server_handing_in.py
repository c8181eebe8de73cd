"""Claims from the page: report, ledger and hints are those of the command line, and nothing comes before."""

import json
from pathlib import Path

import pytest

from grader import exercises
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from tests.cli.conftest import ID, KINDS, Bench
from tests.explorer.conftest import Server, running


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
    assert given["lines"][0].startswith(("Passed: score ", "Not passed: score "))
    assert any("a guess" in line for line in given["verdicts"][4]["lines"])


def test_a_file_goes_through_the_page_unchanged(bench: Bench, server: Server, tmp_path: Path) -> None:
    layer, head = bench.best["induction"]
    text = (
        f"exercise: {ID}\nstudent: ada\ngallery: true\nclaims:\n"
        f"  - {{layer: {layer}, head: {head}, type: induction, matters: alone, evidence: the king and the king}}\n"
        f"  - {{layer: 0, head: 1, type: previous_token, note: my own words}}\n"
    )
    draft = server.ask("read-file", text=text).json()

    assert draft == {
        "exercise": ID,
        "claims": [
            {
                "type": "induction",
                "layer": layer,
                "head": head,
                "evidence": "the king and the king",
                "more": {"matters": "alone"},
            },
            {"type": "positional", "offset": -1, "layer": 0, "head": 1, "note": "my own words"},
        ],
        "more": {"student": "ada", "gallery": True},
    }


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_what_the_exercise_keeps_back_is_not_in_the_answer(bench: Bench, home: Path, feedback: str) -> None:
    draft = {"exercise": f"{ID}-{feedback}", "claims": claims(bench)}
    with running(bench, home, f"{ID}-{feedback}") as served:
        answer = served.ask("hand-in", **draft)
        whole = served.client.get("/" + answer.json()["page"]).text
    (report,) = map(json.loads, entries(home))
    numbers = {f"{check['measured']:.2f}" for verdict in report["verdicts"] for check in verdict["threshold"]}
    given = answer.json()

    assert numbers
    assert {number for number in numbers if f"measured {number}" in answer.text + whole} == set()
    assert [verdict["points"] for verdict in given["verdicts"]] == [None] * (5 if feedback == "verdicts" else 0)
    assert given["lines"]


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


def test_before_handing_in_nothing_that_was_measured_is_given_out(bench: Bench, home: Path) -> None:
    """Everything that can be asked is asked, and read for any score that is kept in the home, in all usual forms."""
    exercise = exercises.load(bench.root / "exercises" / ID)
    table = Laboratory(exercise, home / "tables", explicit=bench.root / "tiny").kept_table
    standings = Standings(exercise, table)
    scores = {
        value
        for kind in table.kinds
        for part in kind.slices
        for column in part.statistics
        for row in column.value
        for value in row
        if value not in (0, 1) and len(f"{value}") > 5
    }
    confirmed = list(bench.best.values())
    with running(bench, home, ID) as served:
        page = served.client.get("/")
        answers = [
            page,
            *(served.ask("read", text="the king near the king") for _ in range(1)),
            *(served.ask("predict", text="the king near the king", off=[]) for _ in range(1)),
            *(served.ask("hints", kind=kind, number=number) for kind in KINDS for number in range(9)),
            served.ask("read-file", text=json.dumps({"exercise": ID, "claims": claims(bench)})),
            served.ask("hand-in", exercise=ID, claims=[{"layer": 99, "head": 0, "type": "induction"}]),
            *(served.client.get(path) for path in ("/report/", "/report/1", "/api/scores", "/tables/")),
        ]
    texts = [answer.text for answer in answers]
    given = json.loads(page.text.partition('id="given">')[2].partition("</script>")[0])
    own = "".join(texts).replace(json.dumps(given["words"]), "")

    assert len(scores) > 50
    assert all(standings.by_kind[kind] for kind in KINDS)
    assert {value for value in scores if f"{value}" in own} == set()
    assert confirmed
    assert not any(f"L{layer}H{head}" in own for layer, head in confirmed)
    assert not any(word in json.dumps(given["content"]) for word in ("confirmed", "refuted", "score", "standing"))
    assert not (home / "ledger.sqlite3").exists() or entries(home) == []
