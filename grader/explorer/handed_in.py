"""Claims from the page: read, graded and counted as `grade submit` does it, and hints taken as `grade hint` does it."""

from collections.abc import Mapping
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from pydantic import Field

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents import Plain
from grader.exercises import submissions
from grader.explorer.content import ShownHint, shown_hint
from grader.ledger import Ledger
from grader.report.formats import Format
from grader.report.graded import graded
from grader.report.text import words
from grader.schema import Exercise, Record, Report, Submission, Verdict
from grader.students.taking import LadderTaken, Taker, ladder_taken

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

SOURCE = "my_heads.yaml"
"""The name of the claims in messages."""
KEPT_PAGES = 30
"""The number of whole reports that can be opened from the page."""
FIELDS = ("layer", "head", "note", "evidence")
"""The parts of a claim that the page knows, besides its kind."""


class ShownVerdict(Record):
    """The verdict on one claim, as the page shows it in place."""

    layer: int
    head: int
    kind: str
    outcome: str
    headline: str
    lines: tuple[str, ...]
    details: tuple[str, ...]
    """The numbers against their thresholds, and the thresholds' sources."""
    points: float | None


class ShownResult(Record):
    """The result of a submission, with no more than the exercise's feedback tells."""

    passed: bool | None
    lines: tuple[str, ...]
    verdicts: tuple[ShownVerdict, ...]
    page: str | None


class ShownWait(Record):
    """Claims that are handed in for good, and not graded yet."""

    waits: str = Field(description="The state in words.")


class ShownLadder(Record):
    """The hints for one kind up to a number, and what the next one costs."""

    seen: tuple[ShownHint, ...]
    left: int
    cost: int


class HintsQuestion(Record):
    """A number of hints for a kind."""

    kind: str = Field(max_length=100)
    number: int = Field(ge=0, le=100)
    agreed: int = Field(default=0, ge=0, description="The price of one more that the student agreed to.")
    owner: str = Field(default="", max_length=64, description="The student whose page it is.")


class Desk:
    """The place where one student hands in claims on one exercise and gets hints; one thread at a time uses it."""

    owner = ""

    def __init__(self, laboratory: "Laboratory", student: str) -> None:
        self.laboratory, self.student = laboratory, student
        self.pages: dict[str, str] = {}
        """The last reports, each a whole page, by the number under which it is opened."""

    @property
    def exercise(self) -> Exercise:
        """The exercise that claims are about."""
        return self.laboratory.exercise

    def hand_in(self, draft: Mapping[str, Any], key: str = "") -> ShownResult:
        """Return what the claims led to; they are in the ledger then, and it is no matter how often they are sent.

        Raises:
            InvalidInput: They cannot be graded; nothing is counted.
        """
        result = graded(self.laboratory, drafted(self.exercise, draft), self.student)
        page = result.rendered(Format.html)  # first, so that nothing is counted if it cannot be made
        result.count()
        number = token_urlsafe(12)
        self.pages[number] = page
        while len(self.pages) > KEPT_PAGES:
            del self.pages[next(iter(self.pages))]
        return shown_result(result.shown, result.exercise, f"report/{number}")

    def read_file(self, text: str) -> dict[str, Any]:
        """Return the claims in a submission file.

        Raises:
            InvalidInput: It cannot be graded; it carries all problems, with line and column.
        """
        return claims_in(self.exercise, text)

    def hints(self, question: HintsQuestion) -> ShownLadder:
        """Return the hints that are asked for, as in `hints_taken`.

        Raises:
            InvalidInput: The exercise does not ask for the kind.
        """
        with Ledger() as ledger:
            return hints_taken(ledger, self.exercise, Taker.here(ledger, self.student, self.student), question)


def hints_taken(ledger: Ledger, exercise: Exercise, taker: Taker, question: HintsQuestion) -> ShownLadder:
    """Return the hints for a kind up to a number.

    One more than the student has is taken now, if the student agreed to what it costs. So a question that comes twice,
    from two windows or after an error, is paid once, and a price that has risen meanwhile is shown first.

    Raises:
        InvalidInput: The exercise does not ask for the kind.
    """
    asked = next((each for each in exercise.kinds if each.name == question.kind), None)
    if asked is None:
        message = N_("{exercise} does not ask for `{kind}`; it asks for {names}")
        names = ", ".join(each.name for each in exercise.kinds)
        message = _(message, exercise=exercise.id, kind=question.kind, names=names)
        raise InvalidInput(SOURCE, [Problem("unknown-kind", message)])
    way = ladder_taken(ledger, exercise, asked, taker)
    if question.number > len(way.seen) and way.new and question.agreed >= exercise.hint_costs:
        way.take_next(ledger)
    return shown_ladder(way, question.number)


def shown_ladder(way: LadderTaken, most: int | None = None) -> ShownLadder:
    """Return the hints that were taken, up to a number, as a page shows them."""
    (exercise, asked), seen = way.of, way.seen[:most]
    return ShownLadder(
        seen=tuple(shown_hint(exercise, asked, rung) for rung in seen),
        left=len(way.ladder) - len(seen),
        cost=exercise.hint_costs if len(seen) == len(way.seen) and way.new else 0,
    )


def drafted(exercise: Exercise, draft: Mapping[str, Any]) -> Submission:
    """Return the submission that a page's claims are.

    Raises:
        InvalidInput: They cannot be graded; or they are on another exercise.
    """
    values = values_of(draft)
    _refuse_other(exercise, values.get("exercise"))
    return submissions.made(values, exercise, SOURCE)


def claims_in(exercise: Exercise, text: str) -> dict[str, Any]:
    """Return the claims in a submission file as the page keeps them.

    Raises:
        InvalidInput: It cannot be graded; it carries all problems, with line and column.
    """
    submission, named = submissions.load(text.encode(), SOURCE)
    _refuse_other(exercise, named.id)
    return draft_of(submission)


def draft_of(submission: Submission) -> dict[str, Any]:
    """Return a submission as the page keeps it: what it does not know stands under `more`."""
    claims = []
    for claim in submission.claims:
        written = claim.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        own = {name: written.pop(name) for name in ("type", *claim.parameters, *FIELDS) if name in written}
        own |= {name: value for name, value in claim.parameters.items() if value is not None}
        claims.append(own | ({"more": written} if written else {}))
    rest = submission.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    rest = {name: value for name, value in rest.items() if name not in ("exercise", "claims")}
    return {"exercise": submission.exercise, "claims": claims} | ({"more": rest} if rest else {})


def shown_result(report: Report, exercise: Exercise, page: str | None) -> ShownResult:
    """Return a report as the page shows it, in its own texts; it holds nothing that the exercise's feedback hides."""
    score = (words.score_line(report, exercise),) if report.gradable else ()
    return ShownResult(
        passed=report.passed if report.gradable else None,
        lines=(*score, *words.result_lines(report, exercise)),
        verdicts=tuple(_verdict(verdict, has_points=report.feedback == "all") for verdict in report.verdicts),
        page=page,
    )


def _verdict(verdict: Verdict, *, has_points: bool) -> ShownVerdict:
    claim = verdict.claim
    return ShownVerdict(
        layer=claim.layer,
        head=claim.head,
        kind=claim.name,
        outcome="too_close" if verdict.why_not == "too_close" else verdict.outcome,
        headline=words.sign(verdict).word,
        lines=(*words.conclusion(verdict), *words.remark_lines(verdict)),
        details=(*words.check_lines(verdict), *words.source_lines(verdict)),
        points=words.earned(verdict) if has_points else None,
    )


def values_of(draft: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the plain values of the submission file that the page would write."""
    claims = draft.get("claims")
    entries = tuple(map(_whole, claims)) if isinstance(claims, list) else _plain(claims)
    whole = _whole(draft)
    return {**whole, "claims": entries} if isinstance(whole, dict) else {}


def _whole(part: object) -> Plain:
    """Return a part of the draft with what stands under `more` put where a file has it."""
    if not isinstance(part, dict) or not isinstance(part.get("more", {}), dict):
        return _plain(part)
    return _plain({**part.get("more", {}), **{name: value for name, value in part.items() if name != "more"}})


def _plain(value: Any) -> Plain:  # noqa: ANN401 - what JSON holds
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    plain: Plain = value
    return plain


def _refuse_other(own: Exercise, name: object) -> None:
    if name != own.id:
        message = _("these claims are on `{name}`, and this page is on {exercise}", name=name, exercise=own.id)
        raise InvalidInput(SOURCE, [Problem("other-exercise", message)])
