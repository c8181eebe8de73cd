"""Random histories of a course, against a second reckoning in plain dictionaries that shares no code with the grader.

The rules are those of `docs/grading-rules.md`.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import exercises
from grader.exercises.kept_versions import KeptVersions
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.ledger.queue import dead_letters
from grader.ledger.queue.jobs import Jobs
from grader.schema import Submission
from grader.service import answers
from grader.service.laboratories import Laboratories
from grader.service.platforms import Platform
from grader.service.reception import Reception, judge_late, read_document
from grader.service.worker import Worker
from grader.students import identity
from grader.students.offline import as_offline
from grader.students.regrading import Regrading
from grader.students.xp import progress
from tests.service import planted
from tests.service.planted import CAME, envelope, let_time_pass

HOUR = timedelta(hours=1)
STUDENTS = ("ada", "bob", "cleo")
CONTENTS: dict[str, dict[str, Any]] = {
    "one": {"positional": [(0, 0)]},
    "two": {"positional": [(0, 0), (0, 1)]},
    "other": {"positional": [(0, 1)], "induction": [(1, 0)]},
    "all": {"positional": [(0, 0), (0, 1)], "induction": [(1, 0), (1, 1)]},
    "mixed": {"positional": [(0, 0), (0, 1)], "induction": [(3, 3)]},
    "wrong": {"positional": [(3, 3)], "induction": [(3, 3)]},
    "unasked": {"duplicate_token": [(0, 0)]},
}
"""What students hand in: claimed heads by kind; of the two kinds that are asked for, layers 0 and 1 are right."""
VERSIONS: tuple[dict[str, Any], ...] = (
    {"version": 3, "pass_at": 0.2, "wrong_costs": 6.0, "points": 20},
    {"version": 4, "pass_at": 0.5, "wrong_costs": 6.0, "points": 20},
    {"version": 5, "pass_at": 0.7, "wrong_costs": 8.0, "points": 18},
)
DUE, CLOSES, LATE_COSTS = 48, 96, 0.25
"""Hours after the first moment, and the part of the score that each late day costs."""
MOST_FAILING = 3
"""Fewer than the number of failing submissions that opens the breaker."""

students, contents = st.sampled_from(STUDENTS), st.sampled_from(list(CONTENTS))
steps = st.one_of(
    st.tuples(st.just("submit"), students, contents, st.sampled_from([0, 1, 5, 20])),
    st.tuples(st.just("submit"), students, contents, st.sampled_from([0, 1, 5, 20])),
    st.tuples(st.just("straggle"), students, contents, st.sampled_from([1, 30])),
    st.tuples(st.just("practise"), students, contents, st.just(0)),
    st.tuples(st.just("hand_in_practice"), students, st.just(""), st.just(0)),
    *(
        st.tuples(st.just(name), st.just(""), st.just(""), st.just(0))
        for name in ("work", "bump", "regrade", "typo", "edit", "mend", "die", "kill", "replay")
    ),
)


class Reckoning:
    """The naive reckoning: rows, lines and attempts as dictionaries, every rule written out once more."""

    def __init__(self, attempts: int, late_passes: bool) -> None:
        self.attempts, self.late_passes = attempts, late_passes
        self.rules, self.used, self.file = VERSIONS[0], set[int](), "sound"
        self.rows: dict[str, dict[str, Any]] = {}
        self.lines: list[dict[str, Any]] = []
        self.practice: list[tuple[str, str]] = []

    def add(self, name: str, student: str, content: str, hour: int) -> None:
        row = {"student": student, "content": content, "hour": hour, "state": "pending", "judged": False, "code": ""}
        self.rows[name] = {**row, "credit": 1.0, "line": None}
        if self.file == "sound":
            self.judge(self.rows[name])

    def judge(self, row: dict[str, Any]) -> None:
        mine = [
            other
            for other in self.rows.values()
            if other["student"] == row["student"] and other["judged"] and other["state"] in ("pending", "graded")
        ]
        hour, credit = row["hour"], 1.0
        if hour >= DUE:
            credit = max(0.0, 1 - LATE_COSTS * ((hour - DUE) // 24 + 1))
        same = [other for other in mine if other["content"] == row["content"]]
        row["judged"] = True
        if same:
            best = max([credit, *(other["credit"] for other in same)])
            for each in (*same, row):
                each["credit"] = best
        elif hour >= CLOSES:
            row.update(state="rejected", code="closed")
        elif len({other["content"] for other in mine}) >= self.attempts:
            row.update(state="rejected", code="attempts-used")
        else:
            row["credit"] = credit

    def work(self) -> None:
        if self.file != "sound":
            return
        for row in self.rows.values():
            if row["state"] == "pending" and not row["judged"]:
                self.judge(row)
            if row["state"] == "pending":
                self.grade(row)

    def grade(self, row: dict[str, Any]) -> None:
        version = self.rules["version"]
        self.used.add(version)
        for line in self.lines:
            if (line["student"], line["content"], line["rules"]["version"]) == (
                row["student"],
                row["content"],
                version,
            ):
                line["credit"] = max(line["credit"], row["credit"])
                break
        else:
            line = {"student": row["student"], "content": row["content"], "rules": self.rules, "credit": row["credit"]}
            self.lines.append(line)
        gradable = self.result(row["content"], self.rules, 1.0)["gradable"]
        row.update(line=line, state="graded" if gradable else "ungradable")

    def regrade(self) -> None:
        for line in self.lines:
            if self.result(line["content"], line["rules"], line["credit"]) != self.result(
                line["content"], self.rules, line["credit"]
            ):
                line["rules"] = self.rules
                self.used.add(self.rules["version"])

    def result(self, content: str, rules: dict[str, Any], credit: float) -> dict[str, Any]:
        claimed = {kind: CONTENTS[content].get(kind, []) for kind in ("positional", "induction")}
        right = {kind: [place for place in places if place[0] < 2] for kind, places in claimed.items()}
        number = sum(map(len, claimed.values()))
        hits = sum(map(len, right.values()))
        possible = rules["points"] + 10
        earned = len(right["positional"]) * rules["points"] / 2 + len(right["induction"]) * 5
        whole = round(max(0.0, earned - rules["wrong_costs"] * (number - hits)) / possible, 4)
        score = round(whole * credit, 4)
        chance = sum(comb(number, k) * 0.08**k * 0.92 ** (number - k) for k in range(hits, number + 1))
        kinds = sum(1 for places in right.values() if places)
        enough = (whole if self.late_passes else score) >= rules["pass_at"]
        passed = enough and kinds >= 1 and chance <= 0.05
        xp = round(earned) if chance <= 0.05 else 0
        return {"gradable": number > 0, "score": score, "passed": passed, "xp": xp, "possible": possible}

    def shown(self, name: str) -> dict[str, Any]:
        """Return what the student is told of a row."""
        row, told = self.rows[name], {"score": None, "passed": None, "version": None}
        if row["line"]:
            rules, credit = row["line"]["rules"], row["credit"]
            now = rules if credit == row["line"]["credit"] else self.rules
            result = self.result(row["content"], rules, credit)
            enough = (self.result(row["content"], rules, 1.0) if self.late_passes else result)["score"]
            lucky = not self.result(row["content"], {**rules, "pass_at": 0.0}, credit)["passed"]
            told["version"] = rules["version"]
            if result["gradable"]:
                told.update(score=result["score"], passed=enough >= now["pass_at"] and not lucky)
        counted = {
            other["content"]
            for other in self.rows.values()
            if other["student"] == row["student"] and other["judged"] and other["state"] in ("pending", "graded")
        }
        return {**told, "state": row["state"], "code": row["code"], "attempts": len(counted)}

    def xp(self, student: str, *, practice: bool = False) -> int:
        """Return the XP: each claim once, two heads of a kind at most, never more than there is."""
        reports = [(line["content"], line["rules"]) for line in self.lines if line["student"] == student]
        if practice:
            reports += [(content, self.rules) for who, content in self.practice if who == student]
        worth: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
        possible = 0
        for content, rules in reports:
            result = self.result(content, rules, 1.0)
            if result["xp"]:
                possible = max(possible, result["possible"])
                for kind, each in (("positional", rules["points"] / 2), ("induction", 5.0)):
                    for place in CONTENTS[content].get(kind, []):
                        if place[0] < 2:
                            worth[kind][place] = max(worth[kind].get(place, 0.0), each)
        best = sum(sum(sorted(places.values(), reverse=True)[:2]) for places in worth.values())
        return min(round(best), possible)


class Course:
    """The grader itself, on a fresh ledger."""

    def __init__(self, root: Path, tables: Path, ledger: Ledger, reckoning: Reckoning) -> None:
        self.root, self.tables, self.ledger, self.reckoning = root, tables, ledger, reckoning
        self.reception = Reception(ledger, {"canvas": Platform(name="canvas")})
        self.jobs = Jobs(ledger, 60, 30)
        self.worker = Worker(ledger, self.jobs, Laboratories(self.tables))
        self.clock, self.failing, self.names = 0, 0, 0
        self.write()

    def write(self, **edit: Any) -> None:  # noqa: ANN401 - whatever a field may be
        rules = self.reckoning.rules
        first, second = planted.RULES["kinds"]
        policy = {
            "attempts": self.reckoning.attempts,
            "due": (CAME + DUE * HOUR).isoformat(),
            "late_days": 2,
            "late_costs": LATE_COSTS,
            "late_passes": self.reckoning.late_passes,
        }
        values = {name: rules[name] for name in ("version", "pass_at", "wrong_costs")}
        kinds = ({**first, "points": rules["points"]}, second)
        planted.write(self.root / "exercises", policy=policy, kinds=kinds, **{**values, **edit})

    def submit(self, student: str, content: str, hours: int) -> None:
        self.clock += hours
        self.hand_in(student, content, self.clock)

    def straggle(self, student: str, content: str, hours: int) -> None:
        """Hand in what came in hours ago, and was held up on its way."""
        self.hand_in(student, content, max(0, self.clock - hours))

    def hand_in(self, student: str, content: str, hour: int, document: str = "") -> None:
        self.names += 1
        name = f"s{self.names}"
        self.reckoning.add(name, student, content, hour)
        given = {"platform": "canvas", "student": student, "came_at": CAME + hour * HOUR}
        self.reception.accept([envelope(name, submission=document or written(content), **given)])

    def practise(self, student: str, content: str, _: int) -> None:
        """Grade at the terminal, without a platform."""
        if self.reckoning.file == "sound":
            exercise = exercises.load(planted.ID)
            report = Laboratory(exercise, self.tables).report(submission(student, content))
            self.ledger.hand_in(report)
            self.reckoning.practice.append((student, content))

    def hand_in_practice(self, student: str, *_: object) -> None:
        for who, content in list(self.reckoning.practice):
            if who == student and content != "unasked":
                offline = as_offline(submission(student, content), student)
                self.hand_in(student, content, self.clock, offline.document)

    def work(self, *_: object) -> None:
        let_time_pass(self.ledger)
        for job in range(1, self.names + 1):
            self.worker.work(job)
        self.reckoning.work()

    def bump(self, *_: object) -> None:
        following = [rules for rules in VERSIONS if rules["version"] > self.reckoning.rules["version"]]
        if following:
            self.reckoning.rules = following[0]
            self.mend()

    def regrade(self, *_: object) -> None:
        if self.reckoning.file != "sound":
            return
        self.work()
        exercise = exercises.load(planted.ID)
        regrading = Regrading(exercise, Laboratory(exercise, self.tables).kept_table)
        effects = list(regrading.effects(self.ledger))
        regrading.refuse_old_version(effects)
        if any(student.effects for student in effects):
            KeptVersions(self.ledger).use(exercise)
        list(regrading.apply(self.ledger, effects, "a new version"))
        self.reckoning.regrade()

    def typo(self, *_: object) -> None:
        (self.root / "exercises" / planted.ID / "exercise.yaml").write_text("id: [", "utf-8")
        self.reckoning.file = "typo"

    def edit(self, *_: object) -> None:
        """Change the file under a version that is in use."""
        if self.reckoning.rules["version"] in self.reckoning.used:
            self.write(pass_at=0.33)
            self.reckoning.file = "edited"

    def mend(self, *_: object) -> None:
        self.write()
        self.reckoning.file = "sound"

    def die(self, *_: object) -> None:
        """Kill a worker that has judged what was unread, and not graded it yet."""
        with self.one_fails() as name:
            lease = self.leased(name)
            if lease and lease.content is None and self.reckoning.file == "sound":
                sound = read_document(lease.document, lease.student, self.worker.versions)
                judge_late(self.ledger, lease, sound)
                self.reckoning.judge(self.reckoning.rows[name])
            let_time_pass(self.ledger)
            self.jobs.sweep()

    def kill(self, *_: object) -> None:
        """Fail so often that the submission is given up."""
        with self.one_fails() as name:
            while lease := self.leased(name):
                self.jobs.fail(lease, "no disk")
            if name:
                self.reckoning.rows[name]["state"] = "dead"

    def replay(self, *_: object) -> None:
        for name, row in self.reckoning.rows.items():
            if row["state"] == "dead":
                assert dead_letters.revive(self.ledger, "canvas", name)
                row.update(state="pending", judged=False)

    @contextmanager
    def one_fails(self) -> Iterator[str]:
        waiting = [name for name, row in self.reckoning.rows.items() if row["state"] == "pending"]
        if waiting and self.failing < MOST_FAILING:
            self.failing += 1
            yield waiting[0]
        else:
            yield ""

    def leased(self, name: str) -> Any:  # noqa: ANN401 - a lease, or nothing
        let_time_pass(self.ledger)
        return self.jobs.lease(int(name[1:])) if name else None

    def told(self, name: str) -> dict[str, Any]:
        result = answers.result(self.ledger, "canvas", name)
        assert result
        report = result.report
        assert not report or result.score in (None, report.score)
        assert not report or result.passed in (None, report.passed)
        return {
            "state": result.state if result.finished_at else "pending",
            "code": result.problems[0].code if result.problems else "",
            "score": result.score,
            "passed": result.passed,
            "version": report.exercise_version if report else None,
            "attempts": result.attempts_used,
        }


def submission(student: str, content: str) -> Submission:
    claims = [
        {"layer": layer, "head": head, "type": kind}
        for kind, places in CONTENTS[content].items()
        for layer, head in places
    ]
    return Submission.model_validate({"exercise": planted.ID, "student": student, "claims": tuple(claims)})


def written(content: str) -> str:
    lines = [
        f"  - {{layer: {layer}, head: {head}, type: {kind}}}"
        for kind, places in CONTENTS[content].items()
        for layer, head in places
    ]
    return "\n".join([f"exercise: {planted.ID}", "claims:", *lines])


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=6, max_size=30), st.integers(1, 3), st.booleans())
def test_every_history_ends_as_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory,
    tables: Path,
    history: list[tuple[str, str, str, int]],
    attempts: int,
    lenient: bool,
) -> None:
    root = tmp_path_factory.mktemp("course")
    reckoning = Reckoning(attempts, lenient)
    with pytest.MonkeyPatch.context() as patch, Ledger(f"sqlite:///{root}/ledger.sqlite3") as ledger:
        (root / "exercises").mkdir()
        patch.setenv("GRADER_EXERCISES", str(root / "exercises"))
        course = Course(root, tables, ledger, reckoning)
        for name, *values in history:
            getattr(course, name)(*values)
        course.mend()
        course.work()

        for name in reckoning.rows:
            assert course.told(name) == reckoning.shown(name), name
        for student in STUDENTS:
            platform = progress(ledger.entries(student=student, platform="canvas"))
            assert platform.xp == reckoning.xp(student)
            everywhere = progress(identity.merged(identity.works(ledger, {student}), student))
            if reckoning.rules["version"] == VERSIONS[0]["version"]:
                assert everywhere.xp == reckoning.xp(student, practice=True)
            assert everywhere.xp >= platform.xp or reckoning.used != {VERSIONS[0]["version"]}
