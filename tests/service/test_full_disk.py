"""A disk that is full: it is called full, nothing is lost or doubled, and all goes on when there is room again."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from grader.base.errors import LedgerUnavailable
from grader.base.files import write_cache, write_whole
from grader.ledger import Ledger, refusal
from grader.service import platforms
from grader.service.reception import Reception
from tests.service.planted import envelope, rows
from tests.support.disks import small_disk

FULL = "cannot grow, the disk is full; make room and try again"


def test_what_is_accepted_before_a_disk_is_full_stays_and_the_rest_comes_in_afterwards(
    tmp_path: Path, exercises: Path
) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk) as free, Ledger(f"sqlite:///{disk / 'ledger.sqlite3'}") as ledger:
        reception = Reception(ledger, platforms.load(None))
        handed = [envelope(f"s{n}", note="x" * 20_000 + str(n)) for n in range(60)]
        with pytest.raises(LedgerUnavailable, match=FULL):
            [reception.accept([each]) for each in handed]
        accepted = list(rows(ledger))
        assert 0 < len(accepted) < len(handed)
        with pytest.raises(LedgerUnavailable, match=FULL):
            reception.accept(handed)
        assert list(rows(ledger)) == accepted

        free()
        reception.accept(handed[: len(accepted) + 5])
        assert list(rows(ledger)) == [each.id for each in handed[: len(accepted) + 5]]


class Refused(Exception):
    """What a driver raises."""

    def __init__(self, **codes: object) -> None:
        super().__init__("no such luck")
        vars(self).update(codes)


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Refused(sqlite_errorcode=sqlite3.SQLITE_FULL), FULL),
        (
            Refused(sqlite_errorcode=sqlite3.SQLITE_IOERR | 3 << 8),
            "cannot be read or written: the disk is full, over a quota, or failing; make room and try again",
        ),
        (Refused(sqlite_errorcode=sqlite3.SQLITE_BUSY), "was locked by another process"),
        (Refused(sqlstate="53100"), FULL),
        (Refused(sqlstate="57P03"), "is starting or stopping"),
        (Refused(sqlstate=None), "the database refuses (no such luck)"),
    ],
)
def test_every_database_says_the_same_in_the_same_words(problem: Refused, told: str, tmp_path: Path) -> None:
    assert refusal.advice(problem, str(tmp_path / "ledger.sqlite3")).startswith(told)


def test_a_folder_without_room_is_told_as_full_too() -> None:
    assert refusal.of_file(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == FULL
    assert "Permission denied" in refusal.of_file(OSError(errno.EACCES, os.strerror(errno.EACCES)))


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        write_whole(taken / "note", b"x")

    write_cache(taken / "note", b"x")
