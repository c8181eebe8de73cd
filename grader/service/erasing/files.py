"""Files that lead to a student: recomputed sentences, which are deleted, logs, which are blanked, and built pages.

A log is written to while it is blanked. So the words are overwritten where they stand, by as many asterisks: no byte
moves, and a process that appends to the file goes on.
"""

import json
import mmap
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from grader.base import home
from grader.base.errors import GraderError
from grader.base.files import read_cache
from grader.service import up
from grader.service.erasing.recognising import Recognised

EVIDENCE = "evidence"
"""The folder of recomputed sentences, inside that of the score tables."""
LOGS = "*.log*"
SHOWING = frozenset({".html", ".json", ".svg", ".xml"})
"""The endings of the files of a gallery in which people stand."""
PACKED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
"""The endings of files in which nothing can be overwritten."""


def logs(more: Iterable[Path]) -> list[Path]:
    """Return the log files of `grade up` on this machine, and those that `more` names: files, or folders of them.

    In a folder only what is called a log is taken: it may hold a database, which must not be blanked.
    """
    folders = [up.folder() / "logs", *more]
    files = (each for folder in folders for each in ([folder] if folder.is_file() else folder.rglob(LOGS)))
    return sorted({file for file in files if file.is_file()})


def packed(files: Iterable[Path]) -> list[Path]:
    """Return the files that are packed, so that nobody can blank anything in them."""
    return [file for file in files if file.suffix in PACKED]


def mentions(file: Path, whose: Recognised) -> int:
    """Return the number of places in the file that lead to the student."""
    return sum(1 for _ in _places(file, whose))


def blank(file: Path, whose: Recognised) -> int:
    """Overwrite every place in the file that leads to the student, and return their number.

    Raises:
        GraderError: The file cannot be written.
    """
    places = list(_places(file, whose))
    if not places:
        return 0
    try:
        with file.open("r+b") as opened:
            for start, end in places:
                opened.seek(start)
                opened.write(b"*" * (end - start))
    except OSError as error:
        raise GraderError(f"{file}: cannot be blanked ({error.strerror}); the student is in it still") from None
    return len(places)


def pages(gallery: Path, whose: Recognised, aliases: Iterable[str]) -> int:
    """Return the number of the built gallery's files in which the student's name or one of the aliases stands."""
    named = whose.standing(aliases)
    texts = (file.read_bytes() for file in gallery.rglob("*") if file.suffix in SHOWING)
    return sum(named.search(text) is not None for text in texts)


def sentences(texts: Iterable[str]) -> list[Path]:
    """Return the files with recomputed evidence on these sentences, which students wrote."""
    wanted = set(texts)
    folder = home.folder() / home.TABLES / EVIDENCE
    return [file for file in sorted(folder.glob("*.json")) if wanted and _sentence(file) in wanted]


def _sentence(file: Path) -> str | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        return str(json.loads(read_cache(file) or b"")["evidence"]["text"])
    return None


def _places(file: Path, whose: Recognised) -> Iterator[tuple[int, int]]:
    if file.suffix in PACKED or not file.stat().st_size:
        return
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield from (match.span() for match in whose.words.finditer(content))
