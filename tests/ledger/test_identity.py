"""A submission is known by what its student wrote, whichever version of the grader looks at it."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.migrations import upgrade
from grader.schema import Claim
from grader.schema.content import claims_hash, hash_of_written, identity
from grader.service import platforms
from grader.service.reception import Reception
from tests.ledger.test_migrations import engine_of
from tests.service.planted import CAME, ID, RULES, envelope, rows
from tests.support.ledgers import sealed, verdict

CLAIM = Claim(type="induction", layer=1, head=5, evidence="Emma waved, and Emma smiled")
OTHER_VERSION = {"grader_version": "9.0.0", "table": "another", "transformer_digest": "e", "score": 0.25}
"""What another version, or another table, writes into a report on the same claims."""
OLD_SUBMISSION = {
    "platform": "local",
    "submission_id": "old",
    "digest": "",
    "content": "c" * 64,
    "student": "ada",
    "exercise": ID,
    "document": "",
    "state": "graded",
    "received_at": written(CAME),
    "credit": 1.0,
    "tries": 1,
    "wake_at": written(CAME),
    "finished_at": written(CAME),
    "reason": "",
    "problems": "[]",
    "report": 1,
}


def test_a_field_that_a_later_version_adds_makes_no_other_submission() -> None:
    known = claims_hash([CLAIM])

    assert hash_of_written([{**CLAIM.model_dump(mode="json"), "confidence": None}]) == known
    assert hash_of_written([json.loads(CLAIM.model_dump_json(exclude_none=True))]) == known


@pytest.mark.parametrize(
    "change",
    [
        lambda claim: claim.model_copy(update={"head": 6}),
        lambda claim: claim.model_copy(update={"evidence": "Emma waved"}),
        lambda claim: claim.model_copy(update={"evidence": None}),
        lambda claim: Claim(type="duplicate_token", layer=1, head=5, evidence=claim.evidence),
    ],
)
def test_another_claim_or_sentence_makes_another_submission(change: Callable[[Claim], Claim]) -> None:
    assert claims_hash([change(CLAIM)]) != claims_hash([CLAIM])


def test_a_report_without_claims_is_known_by_all_of_it() -> None:
    hidden = sealed(1, verdicts=())

    assert identity(hidden) == hidden.content_hash
    assert identity(sealed(1, verdicts=(), content_hash="d" * 64)) != identity(hidden)


def test_the_same_work_graded_by_another_version_has_its_first_report(ledger: Ledger) -> None:
    first = ledger.append(sealed(1))

    assert ledger.append(sealed(1, **OTHER_VERSION, content_hash="d" * 64)) == first
    assert ledger.find(sealed(1, **OTHER_VERSION, content_hash="d" * 64)) == first
    assert list(ledger.entries()) == [first]


def test_work_that_an_older_version_graded_is_known_to_the_reception(url: str, exercises: object) -> None:
    report = sealed(1, exercise=ID, exercise_version=RULES["version"], verdicts=(verdict((1, 0)),))
    known_by = f"local:ada:{ID}:{report.exercise_version}:{report.content_hash}"
    old = {"submission": known_by, "first_of": known_by, "platform": "local", "student": "ada", "exercise": ID}
    old |= {"exercise_version": report.exercise_version, "content_hash": report.content_hash, "reason": ""}
    old |= {"report": report.model_dump_json(), "created_at": written(CAME)}
    with engine_of(url).begin() as connection:
        upgrade(connection, "0003")
        tables = sa.MetaData()
        tables.reflect(connection)
        connection.execute(sa.insert(tables.tables["reports"]), old)
        connection.execute(sa.insert(tables.tables["submissions"]), OLD_SUBMISSION)

    with Ledger(url) as ledger:
        again = f"exercise: {ID}\nclaims: [{{layer: 1, head: 0, type: induction}}]"
        Reception(ledger, platforms.load(None)).accept([envelope("new", submission=again)])
        found = rows(ledger)

    assert found["new"]["content"] == found["old"]["content"]
    assert (found["old"]["revision"], found["new"]["revision"]) == (1, 0)
