"""A backup holds everything that cannot be made again, and comes back as a whole or not at all."""

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from typer.testing import CliRunner

from grader.base.errors import GraderError
from grader.cli import app
from grader.ledger import Ledger
from grader.ledger.archive import counts, moment
from grader.ledger.queue.jobs import Jobs
from grader.ledger.tables import METADATA
from grader.service import platforms
from grader.service.backups.manifest import FILE, Part
from grader.service.backups.restoring import BackupError, NotEmpty, checked
from grader.service.backups.writing import Taken, write
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students import pseudonyms
from grader.students.xp import progress
from tests.service import planted
from tests.service.planted import document, envelope, let_time_pass, owed, rows
from tests.support.postgres import BACKENDS, database, planned_for

SECRET = "a-secret-of-the-platform-that-nobody-may-see"  # noqa: S105 - the test's own
FOUR = document() + "".join(
    f"  - {{layer: {layer}, head: {head}, type: {kind}}}\n"
    for layer, head, kind in ((0, 1, "positional"), (1, 0, "induction"), (1, 1, "induction"))
)
Everything = dict[str, list[dict[str, Any]]]
EVIL = (
    "home/../../etc/passwd",
    "/etc/passwd",
    "home//x",
    "home/./x",
    "elsewhere/x",
    "secrets\\x",
    "manifest.json",
    "ledger/..",
    "",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a platform that signs, and without a queue."""
    folder = tmp_path / "home"
    (tmp_path / "signing-key").write_text(SECRET, "ascii")
    (tmp_path / "signing-key").chmod(0o600)
    listed = f"platforms:\n  - {{name: canvas, signing: [{{key_id: k1, secret_file: {tmp_path}/signing-key}}]}}\n"
    (tmp_path / "platforms.yaml").write_text(listed, "utf-8")
    monkeypatch.setenv("GRADER_HOME", str(folder))
    monkeypatch.setenv("GRADER_PLATFORMS", str(tmp_path / "platforms.yaml"))
    return folder


@pytest.fixture
def used(home: Path, ledger: Ledger, reception: Reception, worker: Worker) -> Ledger:
    """A ledger with reports, a rejection, an answer that is owed and a submission that waits."""
    names = [envelope("s1", submission=FOUR), envelope("s2", "two", "bob"), envelope("s3", submission="exercise: [")]
    reception.accept([*names, envelope("s4", "waits \u00e9 \u4e2d", "zo\u00eb")])
    for job in (1, 2):
        worker.work(job)
    assert pseudonyms.key()
    return ledger


@pytest.fixture
def other(url: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on the other kind of database."""
    (backend,) = [each for each in BACKENDS if not url.startswith(each)]
    (tmp_path / "other").mkdir()
    with database(backend, tmp_path / "other") as fresh, Ledger(fresh) as opened:
        yield opened


def everything(ledger: Ledger) -> Everything:
    with moment(ledger) as now:
        return {table: list(now.rows(table)) for table in now.tables}


def made(ledger: Ledger, tmp_path: Path, *, with_secrets: bool = False) -> Path:
    out = tmp_path / "backup.zip"
    write(ledger, out, with_secrets=with_secrets)
    return out


def changed(backup: Path, change: Callable[[dict[str, bytes]], None], *, honest: bool = False) -> Path:
    """Return a copy of the backup with other parts; an honest one has a manifest that fits them."""
    with zipfile.ZipFile(backup) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    if honest:
        manifest = json.loads(parts.pop(FILE))
        manifest["parts"] = [
            {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in parts.items()
        ]
        parts[FILE] = json.dumps(manifest).encode()
    out = backup.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out


def restore(backup: Path, ledger: Ledger, *, force: bool = False) -> None:
    with checked(backup) as opened:
        opened.restore(ledger, force=force)


def test_everything_comes_back_on_the_other_database_and_the_service_goes_on(
    used: Ledger, other: Ledger, home: Path, tmp_path: Path, tables: Path
) -> None:
    before, key = everything(used), pseudonyms.key()
    backup = made(used, tmp_path)
    (home / pseudonyms.FILE).unlink()

    restore(backup, other)

    assert everything(other) == before
    with other.database.connection() as connection:
        if connection.dialect.name == "postgresql":
            planned = planned_for(connection)
            assert {table: planned[table] for table in before} == {table: len(kept) for table, kept in before.items()}
    assert pseudonyms.key() == key
    assert progress(list(other.entries("ada"))).xp == progress(list(used.entries("ada"))).xp > 0
    let_time_pass(other)
    Reception(other, platforms.load(None)).accept([envelope("s2", "two", "bob"), envelope("s5", "new")])
    worker = Worker(other, Jobs(other, 60, 30), Laboratories(tables))
    for job in range(1, 6):
        worker.work(job)
    states = {name: row["state"] for name, row in rows(other).items()}
    assert states == {"s1": "graded", "s2": "graded", "s3": "rejected", "s4": "graded", "s5": "graded"}
    assert [entry.id for entry in other.entries()] == [1, 2, 3, 4]
    assert owed(other) == {**dict.fromkeys(states, 1), "s2": 2}  # it was asked for again


def test_a_backup_is_its_owners_alone_and_holds_no_secret_unless_asked(
    used: Ledger, home: Path, tmp_path: Path, exercises: Path
) -> None:
    (home / "service" / "passwords").mkdir(parents=True)
    (home / "service" / "passwords" / "local").write_text(SECRET, "ascii")
    (home / "lti-keys").mkdir()
    (home / "lti-keys" / "k.json").write_text("{}", "ascii")
    (home / "tables").mkdir()
    (home / "tables" / "made-again.json").write_text("{}", "ascii")
    (exercises / planted.ID / ".swp").write_text("", "ascii")
    plain = made(used, tmp_path)
    whole = tmp_path / "whole.zip"
    write(used, whole, with_secrets=True)

    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    with zipfile.ZipFile(plain) as few, zipfile.ZipFile(whole) as all_of_them:
        names = {name for name in few.namelist() if not name.startswith("ledger/")}
        assert not [name for name in few.namelist() if SECRET.encode() in few.read(name)]
        more = set(all_of_them.namelist()) - set(few.namelist())
    exercise = f"exercises/{planted.ID}/exercise.yaml"
    assert names == {"home/pseudonyms.key", "home/lti-keys/k.json", "platforms.yaml", exercise, FILE}
    assert more == {"home/service/passwords/local", f"secrets{tmp_path}/signing-key"}
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_no_file_is_written_over_and_none_is_left_of_a_failure(used: Ledger, home: Path, tmp_path: Path) -> None:
    backup = made(used, tmp_path)
    with pytest.raises(Taken, match="this file exists"):
        write(used, backup, with_secrets=False)
    (tmp_path / "signing-key").unlink()
    with pytest.raises(GraderError, match="signing-key: No such file"):
        write(used, tmp_path / "second.zip", with_secrets=True)

    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["backup.zip"]
    assert list(tmp_path.glob(".writing-*")) == []


def test_a_ledger_in_use_and_another_key_are_replaced_only_by_force(used: Ledger, home: Path, tmp_path: Path) -> None:
    before, backup = everything(used), made(used, tmp_path)
    key = (home / pseudonyms.FILE).read_bytes()
    (home / "erasures.jsonl").write_text("newer", "ascii")
    with pytest.raises(NotEmpty, match="4 submissions"):
        restore(backup, used)

    (home / pseudonyms.FILE).write_bytes(b"x" * 32)
    Reception(used, platforms.load(None)).accept([envelope("s9")])
    restore(backup, used, force=True)

    assert everything(used) == before
    assert (home / pseudonyms.FILE).read_bytes() == key
    assert (home / "erasures.jsonl").read_text("ascii") == "newer"


def test_another_key_is_refused_although_the_ledger_is_empty(
    used: Ledger, other: Ledger, home: Path, tmp_path: Path
) -> None:
    backup = made(used, tmp_path)
    (home / pseudonyms.FILE).write_bytes(b"x" * 32)

    with pytest.raises(NotEmpty, match=r"pseudonyms\.key: there is another one"):
        restore(backup, other)

    assert counts(other) == {}


def test_a_list_of_erasures_is_only_added(used: Ledger, other: Ledger, home: Path, tmp_path: Path) -> None:
    (home / "erasures.jsonl").write_text("older", "ascii")
    backup = made(used, tmp_path)
    (home / "erasures.jsonl").unlink()
    restore(backup, other)

    assert (home / "erasures.jsonl").read_text("ascii") == "older"


DAMAGES: dict[str, tuple[Callable[[dict[str, bytes]], Any], bool, str]] = {
    "a row is changed": (lambda parts: parts.update({"ledger/reports.jsonl": b"{}\n"}), False, "damaged"),
    "a part is missing": (lambda parts: parts.pop("ledger/reports.jsonl"), False, "damaged"),
    "a part was added": (lambda parts: parts.update({"home/more": b""}), False, "damaged"),
    "no manifest": (lambda parts: parts.pop(FILE), False, "not a backup"),
    "another manifest": (lambda parts: parts.update({FILE: b"{}"}), False, "cannot be used"),
    "no rows in it": (lambda parts: parts.update({"ledger/reports.jsonl": b"hello\n"}), True, "something else"),
    "rows of no table": (lambda parts: parts.update({"ledger/users.jsonl": b""}), True, "no tables for users"),
    "rows that refer to nothing": (lambda parts: parts.update({"ledger/reports.jsonl": b""}), True, "do not fit"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_changes_nothing(damage: str, used: Ledger, home: Path, tmp_path: Path) -> None:
    change, honest, said = DAMAGES[damage]
    before, backup = everything(used), changed(made(used, tmp_path), change, honest=honest)
    (home / pseudonyms.FILE).write_bytes(b"x" * 32)

    with pytest.raises(GraderError, match=said):
        restore(backup, used, force=True)

    assert everything(used) == before
    assert (home / pseudonyms.FILE).read_bytes() == b"x" * 32
    assert not list(home.glob(".restoring-*"))
    assert not list(home.rglob("restored/*"))


def test_a_file_that_is_cut_off_or_no_backup_at_all_is_told(used: Ledger, home: Path, tmp_path: Path) -> None:
    backup = made(used, tmp_path)
    backup.write_bytes(backup.read_bytes()[:-50])

    for path, said in ((backup, "not a whole backup"), (tmp_path / "nowhere.zip", "No such file"), (home, "directory")):
        with pytest.raises(BackupError, match=said):
            restore(path, used)


@pytest.mark.parametrize("name", EVIL)
def test_no_part_leads_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        Part(name=name, sha256="0" * 64, size=0)


def test_a_backup_of_an_older_grader_is_brought_up_to_date_and_a_newer_one_is_refused(
    used: Ledger, other: Ledger, home: Path, tmp_path: Path
) -> None:
    def of(revision: str) -> Callable[[dict[str, bytes]], None]:
        def change(parts: dict[str, bytes]) -> None:
            parts[FILE] = json.dumps(json.loads(parts[FILE]) | {"tables": revision}).encode()
            for table in METADATA.tables:
                if not parts[f"ledger/{table}.jsonl"]:
                    del parts[f"ledger/{table}.jsonl"]

        return change

    before, backup = everything(used), made(used, tmp_path)
    with pytest.raises(GraderError, match="a newer grader"):
        restore(changed(backup, of("9999"), honest=True), other)
    assert counts(other) == {}

    restore(changed(backup, of("0006"), honest=True), other)

    assert everything(other) == before


def test_every_column_is_one_that_json_can_hold() -> None:
    plain = (sa.String, sa.Integer, sa.Float)
    columns = [column for table in METADATA.tables.values() for column in table.c]

    assert [str(column) for column in columns if not isinstance(column.type, plain)] == []


def test_the_commands_say_what_is_in_a_backup_and_where_everything_went(
    used: Ledger, other: Ledger, home: Path, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grade(*arguments: object, ledger: Ledger) -> str:
        monkeypatch.setenv("GRADER_DATABASE_URL", ledger.database._url)
        done = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    said = grade("backup", "--out", tmp_path / "b.zip", ledger=used)
    assert "2 reports" in said
    assert "4 submissions" in said
    assert "not in it, without --with-secrets" in said
    assert "whole; made at" in grade("restore", tmp_path / "b.zip", "--check", ledger=used)
    (home / pseudonyms.FILE).unlink()
    said = grade("restore", tmp_path / "b.zip", ledger=other)

    assert f"put back: {home / pseudonyms.FILE}" in said
    (folder,) = (home / "restored").iterdir()
    assert f"GRADER_EXERCISES={folder / 'exercises'}" in said
    assert (folder / "exercises" / planted.ID / "exercise.yaml").is_file()
    assert f"GRADER_PLATFORMS={folder / 'platforms.yaml'}" in said
    assert SECRET not in said
