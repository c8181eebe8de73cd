"""The desk of a visitor: claims on the explorer's page become a submission like all others, and the page waits."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from anyio import from_thread

from grader.base.errors import GraderError, InvalidInput, LedgerError, Problem
from grader.base.language import N_, _
from grader.base.names import plain
from grader.doors.web.house import House
from grader.doors.web.posting import problem_of
from grader.explorer.handed_in import (
    SOURCE,
    HintsQuestion,
    ShownLadder,
    ShownResult,
    ShownWait,
    claims_in,
    drafted,
    hints_taken,
    shown_result,
)
from grader.explorer.serving.turns import Busy
from grader.schema import Exercise
from grader.schema.queue import Envelope, Result
from grader.service import answers
from grader.service.entrance.visitors import Visitor
from grader.service.reception import Receipt
from grader.students.taking import Taker

OTHER_PAGE = N_("this page was opened by somebody else, or from another course; load it again")
AWAY = N_("The service cannot be reached. Try again: a submission counts once.")


class VisitorsDesk:
    """The place where one visitor hands in claims on one exercise."""

    pages: Mapping[str, str] = {}  # a report has an address of its own, for as long as it is kept

    def __init__(self, house: House, exercise: Exercise, visitor: Visitor) -> None:
        self.house, self.exercise, self.visitor = house, exercise, visitor
        self.owner = signature(visitor)
        """Stands in every key and question: a page that is still open when another one signs in does nothing then."""

    def hand_in(self, draft: Mapping[str, Any], key: str) -> ShownResult | ShownWait:
        """Return what the claims led to; or that one must wait and ask again under the same key.

        Raises:
            InvalidInput: They are not taken.
            Busy: The ledger is away.
            GraderError: They cannot be graded.
        """
        self._refuse_other(key[: len(self.owner)] if key != self.owner else "")
        name = self._name(key)
        try:
            result = answers.result(self.house.ledger, self.visitor.platform, name)
            if result is None:
                self._hand_in(draft, name)
                result = answers.result(self.house.ledger, self.visitor.platform, name)
        except LedgerError:  # whose words are for the operator
            raise Busy(_(AWAY)) from None
        return self._shown(result)

    def read_file(self, text: str) -> dict[str, Any]:
        """Return the claims in a submission file.

        Raises:
            InvalidInput: It cannot be graded.
        """
        return claims_in(self.exercise, text)

    def hints(self, question: HintsQuestion) -> ShownLadder:
        """Return the hints that are asked for; they cost the student XP on this platform.

        Raises:
            InvalidInput: The exercise does not ask for the kind, or it is somebody else's page that asks.
            Busy: The ledger is away.
        """
        self._refuse_other(question.owner)
        taker = Taker.on(self.visitor.platform, self.visitor.student)
        try:
            return hints_taken(self.house.ledger, self.exercise, taker, question)
        except LedgerError:  # whose words are for the operator
            raise Busy(_(AWAY)) from None

    def _refuse_other(self, owner: str) -> None:
        """Refuse what a page does that another student, or this one in another course, left open.

        Raises:
            InvalidInput: It is such a page.
        """
        if owner != self.owner:
            raise InvalidInput(SOURCE, [Problem("other-page", _(OTHER_PAGE))])

    def _name(self, key: str) -> str:
        """Return the submission's id: the same for the same visitor and key, and nobody else's."""
        parts = (self.visitor.platform, self.visitor.student, self.exercise.id, key)
        return f"page-{sha256(json.dumps(parts).encode()).hexdigest()[:32]}"

    def _hand_in(self, draft: Mapping[str, Any], name: str) -> None:
        """Take the claims in; their row is durable then.

        Raises:
            InvalidInput: They are not taken.
        """
        submission = drafted(self.exercise, draft).model_copy(update={"student": None})
        document = submission.model_dump_json(exclude_none=True, exclude_defaults=True, indent=1)
        envelope = Envelope(
            platform=self.visitor.platform,
            id=name,
            submission=document,
            came_at=datetime.now(UTC),
            student=plain(self.visitor.student),
            course=self.visitor.course,
        )
        receipt: Receipt = from_thread.run(self.house.clerk.answer, envelope)
        if receipt.refused:
            raise InvalidInput(SOURCE, [problem_of(receipt.refused)])
        if receipt.problems:
            raise InvalidInput(SOURCE, receipt.problems)

    def _shown(self, result: Result | None) -> ShownResult | ShownWait:
        if result is None:
            raise GraderError(_("the submission cannot be found; hand it in again"))
        if result.state == "rejected":
            raise InvalidInput(SOURCE, result.problems)
        if result.state == "dead":
            raise GraderError(f"{result.says} ({result.reason})")
        if result.report is None:
            return ShownWait(waits=result.says)
        return shown_result(result.report, self.exercise, f"/reports/{result.platform}/{result.id}")


def signature(visitor: Visitor) -> str:
    """Return a short name for the visitor in this course, which says nothing to people."""
    parts = (visitor.platform, visitor.student, visitor.course)
    return sha256(json.dumps(parts).encode()).hexdigest()[:16]
