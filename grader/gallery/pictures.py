"""What there is to see of an exhibit: its head on the kind's probe and on the student's own sentence, as it was kept.

Nothing is measured and no torch is loaded, unless it was asked for.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from grader.base.errors import GraderError
from grader.base.language import N_, _
from grader.gallery.entries import Exhibit
from grader.gallery.pages import slug
from grader.laboratory import Laboratory, Recomputed
from grader.measuring import examples
from grader.schema import Exercise, Kind, Picture, title

NAME_DIGITS = 12
"""Hexadecimal digits of a hash that stand in a picture's name."""


class NotKept(GraderError):
    """A sentence was never recomputed here, and is not to be now."""


class Archive(Laboratory):
    """A laboratory that looks up what was recomputed before, and recomputes nothing."""

    def on_sentence(self, kind: Kind, layer: int, head: int, text: str) -> Recomputed:
        """Nothing.

        Raises:
            NotKept: always.
        """
        raise NotKept(f"{self.exercise.id}: L{layer}H{head} was never seen here on {text}")


class Pictures:
    """The pictures of one exercise's heads."""

    def __init__(
        self, exercise: Exercise, folder: Path, *, recompute: bool = False, say: Callable[[str], None] | None = None
    ) -> None:
        """`folder` keeps the score tables; with `recompute`, sentences that are not kept are measured now."""
        self.exercise, self.folder, self.recompute = exercise, folder, recompute
        self.bench = (Laboratory if recompute else Archive)(exercise, folder, say=say or (lambda doing: None))
        self.missing: list[str] = []
        """What is said of pictures that there are not, one line each."""

    def of_probe(self, exhibit: Exhibit) -> Picture | None:
        """The head on the kind's probe: from the score table that graded it, else from the exercise's present one."""
        claim = exhibit.verdict.claim
        for table in (exhibit.table, self._present):
            found = examples.picture(self.folder / f"{table}.examples.npz", exhibit.kind, claim.layer, claim.head)
            if found is not None:
                message = _("{place} on the probe for {kind}", place=exhibit.place, kind=title(exhibit.kind))
                return found.model_copy(update={"caption": message})
        message = N_("{exercise}: no pictures of its heads are kept here; `grade scan {exercise}` makes them")
        self._note(_(message, exercise=self.exercise.id))
        return None

    def of_sentence(self, exhibit: Exhibit) -> Picture | None:
        """The head on the student's own sentence; None where there is none, or part of it is hidden."""
        if exhibit.verdict.evidence is None or not exhibit.is_whole:
            return None
        try:
            found = self.bench.recomputed(exhibit.verdict.claim).picture
        except NotKept:
            message = N_("{exercise}: some sentences were recomputed elsewhere; --recompute draws them, too")
            self._note(_(message, exercise=self.exercise.id))
            return None
        except GraderError as error:
            message = N_("{exercise}: some sentences cannot be drawn: {error}")
            self._note(_(message, exercise=self.exercise.id, error=error))
            return None
        return found.model_copy(update={"caption": _("{place} on the student's own sentence", place=exhibit.place)})

    def _note(self, message: str) -> None:
        if message not in self.missing:
            self.missing.append(message)

    @cached_property
    def _present(self) -> str:
        try:
            return self.bench.kept_table.key
        except GraderError:
            return ""


def name_of_probe(exhibit: Exhibit) -> str:
    """The picture's name, the same for all exhibits that it suits."""
    return f"{exhibit.table[:NAME_DIGITS]}_{slug(exhibit.kind.name)}_{exhibit.place}"


def name_of_sentence(exhibit: Exhibit) -> str:
    """The picture's name, the same for all exhibits of the head with this sentence."""
    parts: Sequence[str] = (exhibit.exercise, exhibit.kind.name, exhibit.place, exhibit.sentence)
    return f"sentence_{sha256(chr(0).join(parts).encode()).hexdigest()[:NAME_DIGITS]}"
