"""The erasure: first everything outside the ledger, then the ledger, then once more what came in meanwhile.

It may be stopped at any moment and begun again: what is gone is gone, and the rest is still found.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from grader.base.errors import GraderError
from grader.base.names import plain
from grader.ledger import LOCAL, KnownStudent, Ledger
from grader.ledger.people import footprint as rows
from grader.ledger.people.footprint import Footprint
from grader.ledger.people.known import students
from grader.service.erasing import files, queue
from grader.service.erasing.recognising import Recognised
from grader.service.erasing.remembered import ListedErasures
from grader.service.streams import QueueClient
from grader.students import offline
from grader.students.pseudonyms import key, pseudonym

ROUNDS = 5
"""The number of times that everything is looked through again; something is found again only while it comes in."""


GRADING_SECONDS = 180
"""The longest wait for a submission that is being graded: more than grading may take."""
PAUSE_SECONDS = 0.1
AGAIN = "nothing is lost by running the command once more"


class StillComing(GraderError):
    """The student goes on handing in while being erased."""


class Places(NamedTuple):
    """The places of a service, besides its ledger, where a student may have left something."""

    queue: QueueClient | None
    """None if there is no queue, or if it is left out."""
    logs: Sequence[Path]
    """Log files."""
    gallery: Path | None = None
    """The folder of the gallery that the web door shows."""


class Found(NamedTuple):
    """Everything that there is, or was, of a student."""

    rows: dict[str, int]
    """Rows of the ledger by table."""
    nameless: int
    """Unreadable files of unknown students in which the name stands; they are emptied."""
    queue: int
    """Entries and messages on the queue."""
    sentences: int
    """Files with recomputed sentences of the student's."""
    logs: dict[Path, int]
    """Places in logs, by file."""
    pages: int = 0
    """Files of the gallery that show the student; they stay until it is built again."""

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to erase."""
        return not (self.rows or self.nameless or self.queue or self.sentences or self.logs)


class Erasure:
    """The erasure of one student from one service."""

    def __init__(self, ledger: Ledger, who: KnownStudent, places: Places) -> None:
        self.ledger, self.who, self.places = ledger, who, places
        self._forms: set[str] = {who.student}
        self._ids: set[str] = set()
        self._sentences: set[str] = set()
        self._aliases: set[str] = set()

    def found(self) -> Found:
        """Return everything that there is, and change nothing."""
        footprint, whose = self._look()
        in_logs = {file: files.mentions(file, whose) for file in self.places.logs}
        return Found(
            rows=rows.counts(self.ledger, footprint),
            nameless=len(footprint.nameless),
            queue=queue.traces(self.places.queue, whose) if self.places.queue is not None else 0,
            sentences=len(files.sentences(self._sentences)),
            logs={file: count for file, count in in_logs.items() if count},
            pages=files.pages(self.places.gallery, whose, self._aliases) if self.places.gallery else 0,
        )

    def footprint(self) -> Footprint:
        """Return the student's rows in the ledger."""
        return self._look()[0]

    def erase(self, erased_by: str) -> Found:
        """Erase everything, and return what it was.

        Raises:
            StillComing: The student goes on handing in.
            CannotRewrite: The queue's server still has the student in its log of writes; all else is done.
            GraderError: Something cannot be read or written; the next time goes on from there.
        """
        first = self.found()
        if not first.is_empty:
            ListedErasures().add(self.who, self.ledger.now())
            self._repeat(erased_by)
        self.ledger.compact()  # also if nothing was found: the last time may have ended before
        if self.places.queue is not None:
            queue.rewrite_log(self.places.queue)
        return first

    def _repeat(self, erased_by: str) -> None:
        """Erase until nothing is found: an answer may have been under way, or a submission."""
        for _ in range(ROUNDS):
            footprint, whose = self._look()
            self._clean_outside(whose)
            self._erase_rows(footprint, erased_by)
            self._clean_outside(whose)
            if self.found().is_empty:
                return
        raise StillComing(f"{self.who.student} is still handing in; stop that first; {AGAIN}")

    def _erase_rows(self, footprint: Footprint, erased_by: str) -> None:
        """Erase the rows once none of them is being graded."""
        until = monotonic() + GRADING_SECONDS
        while not rows.erase(self.ledger, footprint, erased_by):
            if monotonic() > until:
                raise StillComing(f"a submission of {self.who.student} is still being graded; {AGAIN}")
            sleep(PAUSE_SECONDS)

    def _look(self) -> tuple[Footprint, Recognised]:
        """Return the student's rows, and that by which all else is recognised; what was found once is remembered."""
        found = rows.find(self.ledger, self.who)
        self._forms |= found.forms
        self._ids.update(rows.submissions(self.ledger, found))
        whose = Recognised(self.who, frozenset(self._forms), frozenset(self._ids))
        self._note_words(found.forms)
        return found._replace(
            offline=self._handed_in(found.forms),
            letters=frozenset(each.number for each in rows.letters(self.ledger) if whose.owns_letter(each)),
            nameless=tuple(each for each in rows.nameless(self.ledger, self.who.platform) if whose.owns_nameless(each)),
        ), whose

    def _note_words(self, forms: Iterable[str]) -> None:
        """Note the sentences that the student gave as evidence, and the names in the gallery."""
        reports = [
            each.report for form in forms for each in self.ledger.entries(student=form, platform=self.who.platform)
        ]
        verdicts = (verdict for report in reports for verdict in report.verdicts)
        self._sentences.update(verdict.claim.evidence for verdict in verdicts if verdict.claim.evidence)
        if self.places.gallery is not None:
            self._aliases.update(report.gallery_name for report in reports if report.gallery_name)
            self._aliases.add(pseudonym(key(), *self.who))

    def _handed_in(self, forms: Iterable[str]) -> frozenset[str]:
        """Return the ids under which the student's work at this terminal was handed in to platforms."""
        if self.who.platform != LOCAL:
            return frozenset()
        return frozenset(each.id for each in offline.offline(self.ledger, forms, self.who.student))

    def _clean_outside(self, whose: Recognised) -> None:
        for file in files.sentences(self._sentences):
            file.unlink(missing_ok=True)
        for file in self.places.logs:
            files.blank(file, whose)
        if self.places.queue is not None:
            queue.clean(self.places.queue, whose)


def again(ledger: Ledger, places: Places, erased_by: str) -> list[KnownStudent]:
    """Erase those who were erased before, from a ledger that came back from a backup, and return them.

    Who handed in for the first time after that is left alone: it is somebody new, or somebody who came back.

    Raises:
        GraderError: As `Erasure.erase`.
    """
    listed, first = ListedErasures(), rows.first_seen(ledger)
    back = []
    for who in sorted({KnownStudent(each.platform, plain(each.student)) for each in students(ledger)}):
        erased_at = listed.when(who)
        if erased_at is not None and first.get(who, erased_at) <= erased_at:
            Erasure(ledger, who, places).erase(erased_by)
            back.append(who)
    return back
