"""The service notices what is wrong around it: clocks that disagree, and a ledger that belongs to a newer version."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.ledger.database import SCHEMA
from grader.ledger.queue.figures import figures
from grader.service import streams
from grader.service.settings import settings
from tests.support.clocks import wrong_by
from tests.support.postgres import database
from tests.support.servers import wait_for
from tests.workers.support.service import RESULTS, Service, document, entry, induction
from tests.workers.test_logs import in_braces, lines
from workers.broker.app import celery_app

NEWER = "9999"
STOPPED = 3
"""The exit code of a process that cannot work until somebody does something."""
HOUR, MINUTES = 3600, -180


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with (
        database("postgresql", tmp_path) as url,
        Service(tmp_path / "service", {"GRADER_DATABASE_URL": url}) as running,
    ):
        yield running


def three(*names: str) -> list[Mapping[str, str]]:
    """Return intake entries of three students."""
    return [entry(name, document(induction()), f"student-{name}") for name in names]


def test_workers_whose_clocks_are_wrong_grade_and_answer_at_once_and_are_named(service: Service) -> None:
    service.start("intake", "dispatch", "courier")
    service.start("ahead", **wrong_by(HOUR))
    service.start("behind", **wrong_by(MINUTES))
    for name in ("ahead", "behind"):
        service.parts[name].wait_for_log(" ready.")

    number = 0
    while not all("this machine's clock is" in service.parts[name].log for name in ("ahead", "behind")):
        service.hand_in(*three(str(number)))  # one worker alone takes what comes together
        number += 1
        service.wait_for(graded=number)
    wait_for(lambda: figures(service.ledger).undelivered["stream"].answers == 0, "all results to be delivered")
    assert service.client.xlen(RESULTS) == number
    assert {row["tries"] for row in service.rows().values()} == {1}
    queue = streams.connect(service.valkey.url())
    facts = wait_for(lambda: len(found := streams.facts_of_workers(queue)) == 2 and found, "both workers")
    off = {name.partition("@")[0]: fact.ahead for name, fact in facts.items()}
    assert off == {"ahead": pytest.approx(HOUR, abs=2), "behind": pytest.approx(MINUTES, abs=2)}
    for name, side in (("ahead", "ahead of"), ("behind", "behind")):
        assert f"this machine's clock is {abs(off[name]):.0f} s {side} the database's" in service.parts[name].log
    assert "this machine's clock" not in service.parts["dispatch"].log


def revise(service: Service, revision: str) -> None:
    """Let the ledger's tables belong to this version."""
    engine = sa.create_engine(service.environment["GRADER_DATABASE_URL"], poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_processes_of_an_older_version_end_take_no_work_and_leave_it_to_the_newer(service: Service) -> None:
    service.start("intake", "dispatch", "courier")
    service.worker("worker")
    service.hand_in(*three("before"))
    service.wait_for(graded=1)

    revise(service, NEWER)
    service.hand_in(*three("after"))
    with celery_app(settings(service.environment)) as app:
        app.send_task("grader.work", kwargs={"job": 1})
    service.start("worker-again")  # as a supervisor does
    assert [part.wait() for part in service.parts.values()] == [STOPPED] * 5
    clear = f"a newer grader wrote it (schema {NEWER}, ours is {SCHEMA}); upgrade"
    for part in service.parts.values():
        levels = {line["level"] for line in lines(in_braces(part.log)) if clear in line["message"]}
        assert levels
        assert levels <= {"ERROR", "CRITICAL"}

    revise(service, SCHEMA)  # the newer version knows it
    service.start("intake-2", "dispatch-2", "courier-2", "worker-2")
    service.wait_for(graded=2)
    assert {row["tries"] for row in service.rows().values()} == {1}
