"""The xqueue client against a server on loopback, in both dialects."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import get_args
from xml.etree import ElementTree

import pytest
import yaml

from grader.base.errors import InvalidInput
from grader.doors.packages.xqueue.client import XQueue, XQueueError
from grader.doors.packages.xqueue.polling import Poller
from grader.doors.packages.xqueue.settings import read
from tests.doors.packages.conftest import EXAMPLE, HUGE, ID, INVALID, SCORE, UNDECIDED, light_copy, own_exercise
from tests.support.servers import Process, wait_for
from tests.support.xqueue_server import PASSWORD, USER, Dialect, FakeXQueue, serving

Polling = Callable[..., Poller]


@pytest.fixture(params=get_args(Dialect))
def server(request: pytest.FixtureRequest) -> Iterator[FakeXQueue]:
    with serving(request.param) as fake:
        yield fake


@pytest.fixture
def site(packages: Path, tmp_path: Path) -> Path:
    """The package's folder with its settings filled in, but for the server."""
    folder = light_copy(packages / "xqueue", tmp_path / "site", "exercises")
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "password").chmod(0o600)
    return folder


def settings_for(site: Path, server: FakeXQueue, **more: object) -> Path:
    """Fill in the settings as an operator would."""
    content = yaml.safe_load((site / "xqueue.yaml").read_text())
    content |= {"server": server.url, "username": USER, "poll_seconds": 0.05, **more}
    (site / "xqueue.yaml").write_text(yaml.safe_dump(content))
    return site / "xqueue.yaml"


@pytest.fixture
def polling(site: Path, server: FakeXQueue) -> Iterator[Polling]:
    opened: list[XQueue] = []

    def made(**more: object) -> Poller:
        place = read(settings_for(site, server, **more))
        opened.append(XQueue(place.settings, place.password))
        return Poller(opened[-1], place.settings, place.exercises)

    yield made
    for queue in opened:
        queue.close()


def test_a_submission_is_graded_and_answered(server: FakeXQueue, polling: Polling) -> None:
    entry, poller = server.hand_in(EXAMPLE.read_text()), polling()

    assert [poller.once(), poller.once()] == [True, False]
    (answer,) = entry.answers
    assert (answer["correct"], answer["score"]) == (True, SCORE)
    assert "<p>Passed: score 53.3 %, 64 of 120 points.</p>" in answer["msg"]
    assert server.seen.count("POST login") == 1


@pytest.mark.parametrize("response", [INVALID, UNDECIDED, HUGE, b"", b"\x00<b>&]]>"])
def test_what_cannot_be_graded_is_answered_at_once(server: FakeXQueue, polling: Polling, response: bytes) -> None:
    entry = server.hand_in(response.decode())

    assert polling().once()
    assert (entry.answers[0]["correct"], entry.answers[0]["score"]) == (False, 0)
    assert "this 0 is not a grade." in entry.answers[0]["msg"]
    assert "no attempt" not in entry.answers[0]["msg"].replace("so there is no grade and no attempt is used up", "")


def test_a_session_that_ended_is_begun_again(server: FakeXQueue, polling: Polling) -> None:
    poller = polling()
    assert not poller.once()
    entry = server.hand_in(EXAMPLE.read_text())
    server.log_everybody_out()

    assert poller.once()
    assert entry.status == "retired"
    assert server.seen.count("POST login") == 2


def test_a_fault_of_ours_is_silent_three_times_and_then_told(
    server: FakeXQueue, polling: Polling, site: Path, without_weights: Path
) -> None:
    (site / "exercises" / ID).unlink()
    (site / "exercises" / ID).symlink_to(without_weights)
    entry, poller = server.hand_in(EXAMPLE.read_text()), polling()

    for _ in range(3):
        assert poller.once()
        assert not poller.once(), "it is leased"
        assert entry.answers == []
        server.expire_leases()
    poller.once()

    assert (entry.answers[0]["correct"], entry.answers[0]["score"]) == (False, 0)
    assert "<p>we could not grade it; this is not your fault</p>" in entry.answers[0]["msg"]
    assert "tell your instructor: the transformer" in entry.answers[0]["msg"]
    assert "no attempt" not in entry.answers[0]["msg"]


def test_a_fault_that_is_mended_meanwhile_was_never_noticed(server: FakeXQueue, polling: Polling, site: Path) -> None:
    (site / "exercises" / ID).rename(site / "away")
    entry, poller = server.hand_in(EXAMPLE.read_text()), polling()
    poller.once()
    (site / "away").rename(site / "exercises" / ID)
    server.expire_leases()

    assert poller.once()
    assert [answer["score"] for answer in entry.answers] == [SCORE]


@pytest.mark.parametrize("grader", ["../mini-heads", "/etc", "nowhere", "", "Mini"])
def test_a_problem_cannot_lead_elsewhere(server: FakeXQueue, polling: Polling, grader: str) -> None:
    entry = server.hand_in(EXAMPLE.read_text(), grader)

    assert polling(silent_failures=0).once()
    assert entry.answers[0]["score"] == 0


def test_an_answer_after_the_lease_changes_nothing(polling: Polling, server: FakeXQueue) -> None:
    entry, poller = server.hand_in(EXAMPLE.read_text()), polling()
    work = poller._queue.take()
    assert work is not None
    entry.key = "another poller has it now"

    with pytest.raises(XQueueError, match="does not take the answer: Incorrect key"):
        poller._queue.answer(work, '{"correct": true, "score": 1, "msg": "<p/>"}')
    assert entry.answers == []


def test_what_does_not_answer_is_asked_again(server: FakeXQueue, polling: Polling) -> None:
    server.broken = 2
    entry, stopped = server.hand_in(EXAMPLE.read_text()), Event()
    thread = Thread(target=polling().run, args=[stopped])
    thread.start()
    wait_for(lambda: bool(entry.answers), "an answer after two faults")
    stopped.set()
    thread.join()

    assert [answer["score"] for answer in entry.answers] == [SCORE]


def test_a_wrong_password_is_told_without_it(server: FakeXQueue, polling: Polling, site: Path) -> None:
    (site / "password").write_text("some-other-password\n")

    with pytest.raises(XQueueError, match="does not let grader in: Incorrect login credentials") as refused:
        polling().once()
    assert "some-other-password" not in str(refused.value)


def test_a_host_that_takes_whole_points_gets_them(site: Path) -> None:
    with serving("edx-submissions", takes_whole_points=True) as server:
        entry = server.hand_in(EXAMPLE.read_text())
        place = read(settings_for(site, server, whole_points=30))
        queue = XQueue(place.settings, place.password)
        Poller(queue, place.settings, place.exercises).once()
        queue.close()

    assert [answer["score"] for answer in entry.answers] == [16]


def test_lateness_counts_from_the_time_of_the_submission(server: FakeXQueue, polling: Polling, site: Path) -> None:
    file = own_exercise(site / "exercises" / ID) / "exercise.yaml"
    policy = "policy: {due: 2026-06-30T12:00:01Z, late_days: 2, late_costs: 0.5}"
    file.write_text(file.read_text().replace("policy: {attempts: 2}", policy))
    entry = server.hand_in(EXAMPLE.read_text())

    polling().once()

    assert entry.answers[0]["score"] == pytest.approx(SCORE / 2, abs=1e-4)


def test_the_problem_names_the_queue_and_the_exercise(packages: Path) -> None:
    problem = ElementTree.parse(packages / "xqueue" / "problem.xml").getroot()  # noqa: S314 - our own
    asked = problem.find("coderesponse")
    assert asked is not None

    assert asked.get("queuename") == yaml.safe_load((packages / "xqueue" / "xqueue.yaml").read_text())["queue"]
    assert yaml.safe_load(asked.findtext("codeparam/grader_payload") or "") == {"grader": ID}
    assert yaml.safe_load(asked.findtext("codeparam/initial_display") or "")["exercise"] == ID
    assert "induction: 2 heads, 20 points" in [each.text for each in problem.iter("li")]


def test_settings_are_checked_with_their_lines(site: Path, server: FakeXQueue) -> None:
    settings_for(site, server, poll_second=1, username="")

    with pytest.raises(InvalidInput) as refused:
        read(site / "xqueue.yaml")
    assert {problem.where for problem in refused.value.problems} == {"username", "poll_second"}
    assert all(problem.line for problem in refused.value.problems)


def _process(site: Path, server: FakeXQueue, folder: Path) -> Process:
    command = [sys.executable, "-m", "grader.doors.packages.xqueue", settings_for(site, server)]
    return Process(command, folder / "log", {"GRADER_HOME": str(folder / "home")})


def test_a_process_works_until_it_is_told_to_stop(site: Path, tmp_path: Path) -> None:
    with serving("edx-submissions") as server, _process(site, server, tmp_path) as process:
        entry = server.hand_in(EXAMPLE.read_text(), student="ada-of-the-tests")
        wait_for(lambda: bool(entry.answers), "an answer from the process")
        process.send(signal.SIGTERM)
        code = process.wait()

    assert (code, entry.answers[0]["score"]) == (0, SCORE)
    assert "submission 0: answered" in process.log
    assert not {PASSWORD, "ada-of-the-tests", "every row is dark"} & set(process.log.split())
