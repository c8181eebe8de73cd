"""One student, planted wherever a service keeps anything, is erased: nothing holds her, and nobody else has less."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from grader.base.files import write_cache
from grader.ledger import KnownStudent, Ledger
from grader.ledger.handed_in import HandedIn
from grader.ledger.lti import line_items
from grader.ledger.lti.line_items import LaunchedItem
from grader.ledger.people import footprint, rosters
from grader.ledger.people.adjustments import Whose
from grader.ledger.people.hints import Hint, take, taken
from grader.ledger.people.rosters import RosterLine
from grader.ledger.tables import METADATA, SUBMISSIONS
from grader.schema import Adjustment
from grader.service import adjusting, answers, streams
from grader.service.dead import DeadLetters
from grader.service.entrance import sessions, tokens
from grader.service.entrance.tokens import Owner
from grader.service.entrance.visitors import Visitor
from grader.service.erasing import erasure, queue
from grader.service.erasing.erasure import Erasure, Places
from grader.service.erasing.recognising import Recognised
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students import identity, offline, xp
from grader.students.pseudonyms import key, pseudonym
from tests.service.planted import CAME, document, envelope
from tests.support.ledgers import report, verdict
from tests.support.postgres import BACKENDS, database
from tests.support.servers import Valkey, wait_for

NAME = "zelda.99"
ZELDA, ADA = KnownStudent("local", NAME), KnownStudent("local", "ada")
SENTENCE = "Quaint zebras jump over nineteen lazy wharfs."
IDS = ("z-1", "z-2", "z-3")
OWN = f'{{layer: 0, head: 0, type: positional, offset: -1, evidence: "{SENTENCE}"%s}}'
NOBODYS = {
    *("versions", "measurements", "erasures"),
    *("lti_registrations", "lti_invitations", "lti_nonces", "lti_courses"),
}
"""The tables whose rows are about no student."""
UNREADABLE = f"student: {NAME}\nclaims: ["


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A server that writes a log, uncompressed, so that its files can be searched."""
    options = {"appendonly": "yes", "appendfsync": "always", "rdbcompression": "no"}
    with Valkey(tmp_path_factory.mktemp("queue") / "valkey", options) as running:
        yield running


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: SQLite, unless a test is about each kind."""
    with database(getattr(request, "param", "sqlite"), tmp_path) as fresh:
        yield fresh


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Planted:
    """A service with three students; everything that can be kept of one is kept of the first."""

    def __init__(self, ledger: Ledger, reception: Reception, worker: Worker, valkey: Valkey, home: Path) -> None:
        self.ledger, self.reception, self.worker, self.valkey, self.home = ledger, reception, worker, valkey, home
        self.client = streams.connect(valkey.url())
        self.client.flushall()
        self.log = home / "service" / "logs" / "worker.log"
        self.places = Places(self.client, [self.log], home / "gallery")
        self.hand_in("z-1", NAME, submission=document("mine", OWN))
        self.hand_in("z-2", NAME, submission=document("again"))
        self.hand_in("z-3", NAME, submission="claims: [")
        self.hand_in("nobody-1", None, submission=UNREADABLE)
        for name, student in (("a-1", "ada"), ("b-1", "bob")):
            self.hand_in(name, student, submission=document(student))
        self.plant()

    def hand_in(self, name: str, student: str | None, **more: Any) -> None:  # noqa: ANN401
        handed_in = envelope(name, student=student, **more)  # type: ignore[arg-type]
        self.client.xadd(streams.intake("local"), {"id": name, "submission": handed_in.submission})
        (receipt,) = self.reception.accept([handed_in])
        self.worker.work(receipt.job or 0)
        answer = answers.result(self.ledger, "local", name)
        assert answer
        fields = {"id": name, "state": answer.state, "result": answer.model_dump_json()}
        self.client.xadd(streams.results("local"), fields)

    def plant(self) -> None:
        self.client.xtrim(streams.intake("local"), maxlen=0)
        self.client.xgroup_create(streams.intake("local"), streams.GROUP, id="0")
        self.client.xadd(streams.intake("local"), {"id": "z-4", "submission": document(), "student": NAME})
        self.client.xadd(streams.intake("local"), {"id": "a-2", "submission": document(), "student": "ada"})
        self.client.rpush("celery", json.dumps({"kwargs": {"platform": "local", "student": NAME}}))
        self.client.rpush("celery", json.dumps({"kwargs": {"job": 1}}))
        letters = DeadLetters(self.ledger)
        letters.keep("intake:local", "1-0", "bad", {b"id": b"../", b"student": NAME.encode(), b"submission": b"x"})
        letters.keep("intake:local", "2-0", "bad", {b"id": b"../", b"student": b"ada", b"submission": b"x"})
        rosters.replace(self.ledger, "local", "c1", [RosterLine(NAME, "A", "Zelda Q"), RosterLine("ada", "A")])
        take(self.ledger, "local", NAME, Hint("planted-heads", "induction", "look", 5, CAME))
        tokens.issue(self.ledger, "local", ["read"], Owner(NAME, "student", "c1"), None)
        sessions.begin(self.ledger, Visitor("local", NAME, "student", "c1", "Zelda Q"))
        line_items.keep(self.ledger, LaunchedItem("local", "c1", "planted-heads", NAME, "https://lms.example/z"))
        self.ledger.append(report(verdict((1, 2), evidence=SENTENCE), student=NAME, content_hash="f" * 64))
        (work,) = offline.offline(self.ledger, {NAME}, NAME)
        HandedIn(self.ledger, "redis://lms.example", "moodle").note(work.id, "graded")
        made = Adjustment(kind="score", score=0.9, reason=f"{NAME} was ill", made_at=CAME)
        adjusting.adjust(self.ledger, Whose(*ZELDA, "planted-heads"), made, "teacher")
        kept = {"evidence": {"text": SENTENCE}}
        write_cache(self.home / "tables" / "evidence" / "e-1.json", json.dumps(kept).encode())
        write_cache(self.home / "tables" / "evidence" / "e-2.json", json.dumps({"evidence": {"text": "a"}}).encode())
        (self.home / "gallery").mkdir()
        for who in (ZELDA, ADA):
            page = f"<p>by {pseudonym(key(), *who)}</p>"
            (self.home / "gallery" / f"{who.student}.html").write_text(page)
        self.log.parent.mkdir(parents=True)
        lines = [{"submission": f"local/{name}"} for name in (*IDS, "z-11", "a-1")] + [{"message": f"x {NAME} y"}]
        self.log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def erase(self, who: KnownStudent = ZELDA) -> erasure.Found:
        return Erasure(self.ledger, who, self.places).erase("operator")

    def tables(self) -> str:
        """Everything in the database, as text."""
        with self.ledger.database.connection() as connection:
            rows = {name: connection.execute(sa.select(table)).all() for name, table in METADATA.tables.items()}
        return repr(rows)

    def files(self) -> dict[Path, bytes]:
        """Every file of the home, of the queue's server, and of a SQLite ledger."""
        folders = [self.home, self.valkey.folder, *([Path(self.ledger.where).parent] if self.is_file else [])]
        found = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
        return {file: file.read_bytes() for file in found if "exercises" not in file.parts}

    @property
    def is_file(self) -> bool:
        return self.ledger.where.startswith("/")

    def holding(self, *words: str) -> list[str]:
        return [f"{file.name}: {word}" for file, raw in self.files().items() for word in words if word.encode() in raw]

    def of(self, who: KnownStudent) -> tuple[Any, ...]:
        """All that a student has: XP, results, and rows."""
        works = identity.works(self.ledger, {who.student}, who.platform)
        rows = footprint.rows(self.ledger, footprint.find(self.ledger, who))
        ids = [row["submission_id"] for row in rows["submissions"]]
        results = [answers.result(self.ledger, who.platform, name) for name in ids]
        return xp.progress(identity.merged(works, who.student)), results, rows


@pytest.fixture
def planted(ledger: Ledger, reception: Reception, worker: Worker, valkey: Valkey, home: Path) -> Planted:
    return Planted(ledger, reception, worker, valkey, home)


@pytest.mark.parametrize("url", BACKENDS, indirect=True)
def test_nothing_holds_an_erased_student_and_nobody_else_has_less(planted: Planted) -> None:
    others = {who: planted.of(who) for who in (ADA, KnownStudent("local", "bob"))}
    words = (NAME, SENTENCE, '"z-1"', "local/z-2", "zebras", "Zelda Q")
    before, size = planted.tables(), planted.log.stat().st_size
    assert NAME in before
    assert {word for word in words if any(word.encode() in raw for raw in planted.files().values())} >= {NAME, "zebras"}
    listed = Erasure(planted.ledger, ZELDA, planted.places).found()
    assert planted.tables() == before, "to list changes nothing"

    found = planted.erase()

    assert found == listed
    assert set(found.rows) | NOBODYS == set(METADATA.tables), "plant her in a new table, or say that it holds nobody"
    assert found.rows == dict.fromkeys(found.rows, 1) | {"deliveries": 5, "reports": 3, "submissions": 3}
    assert (found.nameless, found.queue, found.sentences, found.logs) == (1, 5, 1, {planted.log: 4})
    assert found.pages == 1
    erased = planted.tables()
    assert [word for word in words if word in erased] == []
    wait_for(lambda: not planted.holding(*words), "the server to remove its old log")
    assert {who: planted.of(who) for who in others} == others
    assert (planted.home / "tables" / "evidence" / "e-2.json").exists()
    only_what_is_hers_is_gone_from_the_log(planted, size)
    the_note_names_nobody(planted)
    assert planted.erase().is_empty, "twice is once"
    assert planted.tables() == erased


def only_what_is_hers_is_gone_from_the_log(planted: Planted, size: int) -> None:
    assert planted.log.stat().st_size == size
    lines = [json.loads(line) for line in planted.log.read_text().splitlines()]
    assert [line.get("submission") for line in lines[3:5]] == ["local/z-11", "local/a-1"]
    assert lines[5] == {"message": f"x {'*' * len(NAME)} y"}


def the_note_names_nobody(planted: Planted) -> None:
    with planted.ledger.database.connection() as connection:
        (note,) = connection.execute(sa.select(METADATA.tables["erasures"])).mappings().all()
    (listed,) = (planted.home / "erasures.jsonl").read_text().splitlines()

    assert (note["erased_by"], note["submissions"], note["reports"]) == ("operator", 3, 3)
    assert set(json.loads(listed)) == {"student", "erased_at"}
    assert NAME not in listed


def test_the_queue_goes_on_where_it_was(planted: Planted) -> None:
    results, intake = streams.results("local"), streams.intake("local")
    before = planted.client.xinfo_stream(results)["last-generated-id"]
    planted.erase()

    left = [fields[b"id"] for _, fields in planted.client.xrange(results)]
    assert left == [b"nobody-1", b"a-1", b"b-1"]
    assert planted.client.xinfo_stream(results)["last-generated-id"] == before
    assert [fields[b"id"] for _, fields in planted.client.xrange(intake)] == [b"a-2"]
    ((_, read),) = planted.client.xreadgroup(streams.GROUP, "one", {intake: ">"})
    assert [fields[b"id"] for _, fields in read] == [b"a-2"]
    assert planted.client.lrange("celery", 0, -1) == [json.dumps({"kwargs": {"job": 1}}).encode()]


def test_an_older_copy_that_comes_back_is_erased_again_and_who_came_anew_is_not(planted: Planted) -> None:
    planted.erase()
    planted.reception.accept([envelope("old", student=NAME)])  # it came in long before, as in a backup
    back = erasure.again(planted.ledger, planted.places, "operator")
    assert back == [ZELDA]
    assert NAME not in planted.tables()

    planted.reception.accept([envelope("new", student=NAME, came_at=planted.ledger.now())])
    assert erasure.again(planted.ledger, planted.places, "operator") == []
    assert "new" in planted.tables()


def test_a_namesake_on_another_platform_is_left_alone(planted: Planted) -> None:
    with planted.ledger.database.connection(write=True) as connection:
        theirs = sa.update(SUBMISSIONS).where(SUBMISSIONS.c.submission_id == "z-3")
        connection.execute(theirs.values(platform="mooc"))
    namesake, hint = KnownStudent("mooc", NAME), Hint("planted-heads", "induction", "look", 5, CAME)
    take(planted.ledger, namesake.platform, namesake.student, hint)
    found = planted.erase()

    assert (found.rows["submissions"], found.rows["hints"]) == (2, 1)
    assert taken(planted.ledger, [NAME]) == [hint]
    assert footprint.submissions(planted.ledger, footprint.find(planted.ledger, namesake)) == ["z-3"]


def test_to_delete_an_entry_of_a_stream_is_not_enough(valkey: Valkey) -> None:
    """The reason why a stream is made again: if this fails one day, it need not be."""
    client = streams.connect(valkey.url())
    client.flushall()
    for number, name in enumerate(("a-1", "z-1", "b-1"), start=1):
        client.xadd(streams.results("local"), {"id": name, "result": f"words of {name}"}, id=f"{number}-0")
    (entry,) = [name for name, fields in client.xrange(streams.results("local")) if fields[b"id"] == b"z-1"]
    client.xdel(streams.results("local"), entry)
    queue.rewrite_log(client)
    assert any(b"words of z-1" in file.read_bytes() for file in valkey.folder.rglob("*.rdb"))

    client.xadd(streams.results("local"), {"id": "z-1", "result": "words of z-1"}, id="4-0")
    assert queue.clean(client, Recognised(ZELDA, frozenset({NAME}), frozenset({"z-1"}))) == 1
    queue.rewrite_log(client)
    held = lambda: [file for file in valkey.folder.rglob("*.aof*") if b"words of z-1" in file.read_bytes()]  # noqa: E731
    wait_for(lambda: not held(), "the server to remove its old log")
    assert held() == []
