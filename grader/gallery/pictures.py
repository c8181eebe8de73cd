"""The stored pictures of an exhibit: its head on the kind's probe and on the student's own sentence.

Torch is loaded and heads are measured only with `recompute`.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from grader.base.errors import GraderError
from grader.base.language import N_, _
from grader.gallery.entries import Exhibit
from grader.gallery.pages import slug
from grader.laboratory import Laboratory, Recomputed
from grader.report.needs import NO_NEEDS, Needs, kept
from grader.schema import Exercise, Kind, Picture, head_name, title

NAME_DIGITS = 12
"""The hexadecimal digits of a hash in a picture's name."""


class NotKept(GraderError):
    """The sentence was never recomputed on this machine."""


class Archive(Laboratory):
    """A laboratory that only looks up stored results."""

    def on_sentence(self, kind: Kind, layer: int, head: int, text: str) -> Recomputed:
        """Refuse to recompute.

        Raises:
            NotKept: Always.
        """
        raise NotKept(f"{self.exercise.id}: {head_name(layer, head)} was never seen here on {text}")


class Pictures:
    """The pictures of one exercise's heads."""

    def __init__(
        self, exercise: Exercise, folder: Path, *, recompute: bool = False, say: Callable[[str], None] | None = None
    ) -> None:
        """`folder` is that of the score tables; with `recompute`, sentences without stored results are measured."""
        self.exercise, self.folder, self.recompute = exercise, folder, recompute
        self.bench = (Laboratory if recompute else Archive)(exercise, folder, say=say or (lambda doing: None))
        self.missing: list[str] = []
        """Messages about missing pictures, each once."""

    def of_probe(self, exhibit: Exhibit) -> Picture | None:
        """Return the head on the kind's probe, from the score table that graded it, else from the present one."""
        claim = exhibit.verdict.claim
        for table in (exhibit.table, self._present):
            picture = self.bench.kept_picture(table, exhibit.kind, (claim.layer, claim.head))
            if picture is not None:
                caption = _("{place} on the probe for {kind}", place=exhibit.place, kind=title(exhibit.kind))
                return picture.model_copy(update={"caption": caption})
        message = N_("{exercise}: there are no pictures of its heads here; make them with `grade scan {exercise}`")
        self._note(_(message, exercise=self.exercise.id))
        return None

    def of_sentence(self, exhibit: Exhibit) -> Picture | None:
        """Return the head on the student's own sentence; None if there is no sentence, or a part of it is hidden."""
        if exhibit.verdict.evidence is None or not exhibit.is_whole:
            return None
        try:
            picture = self.bench.recomputed(exhibit.verdict.claim).picture
        except NotKept:
            message = N_("{exercise}: some sentences were not recomputed on this machine; use --recompute to draw them")
            self._note(_(message, exercise=self.exercise.id))
            return None
        except GraderError as error:
            message = N_("{exercise}: some sentences cannot be drawn: {error}")
            self._note(_(message, exercise=self.exercise.id, error=error))
            return None
        return picture.model_copy(update={"caption": _("{place} on the student's own sentence", place=exhibit.place)})

    @cached_property
    def needs(self) -> Needs:
        """The importance of the exercise's heads as it was seen before; nothing is measured for it."""
        with suppress(GraderError):  # if the transformer is not on this machine
            return kept(self.bench)
        return NO_NEEDS

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
    """Return the name of the picture on the probe, which all exhibits of the head and kind share."""
    return f"{exhibit.table[:NAME_DIGITS]}_{slug(exhibit.kind.name)}_{exhibit.place}"


def name_of_sentence(exhibit: Exhibit) -> str:
    """Return the name of the picture on the sentence, which all exhibits of the head with this sentence share."""
    parts: Sequence[str] = (exhibit.exercise, exhibit.kind.name, exhibit.place, exhibit.sentence)
    return f"sentence_{sha256(chr(0).join(parts).encode()).hexdigest()[:NAME_DIGITS]}"
