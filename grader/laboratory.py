"""From a checked submission to a report: what is kept is looked up, what is missing is measured.

The transformer is loaded only if something must be measured, so a submission to a warm exercise never
imports torch.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from grader.base.errors import BeingMeasured, ScoreTableError
from grader.base.files import write_cache
from grader.base.language import _
from grader.grading.grade import grade
from grader.grading.standings import Standings
from grader.measuring import digests
from grader.measuring.digests import code_digest
from grader.measuring.score_table import ScoreTable, TableStore, content_key, store_of
from grader.schema import Claim, Evidence, Exercise, HeadIndex, Kind, Picture, Record, Report, Submission

if TYPE_CHECKING:
    from grader.measuring.transformer import Loaded


MOST_BEGUN = 5
"""The number of times that a measurement is begun, if the process ends each time before it does."""


class Recomputed(Record):
    """A student's own sentence under one head."""

    evidence: Evidence
    picture: Picture


class Laboratory:
    """One exercise with its transformer and the folder where its measurements are kept."""

    def __init__(
        self,
        exercise: Exercise,
        folder: Path,
        *,
        explicit: Path | None = None,
        say: Callable[[str], None] = lambda doing: None,
        progress: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Load nothing yet; `say` and `progress` are called with what is being done and how far a scan is."""
        self.exercise, self.folder, self.explicit = exercise, folder, explicit
        self.say, self.progress = say, progress

    @cached_property
    def loaded(self) -> "Loaded":
        """The transformer, found, verified and loaded."""
        from grader.measuring import transformer

        precision = self.exercise.probes.precision
        return transformer.load(self.exercise.transformer, self.explicit, dtype=precision, say=self.say)

    @cached_property
    def digest(self) -> str:
        """The transformer's digest: from the pins where there are any, else from its files."""
        source = self.exercise.transformer
        if source.files:
            return digests.digest_of(source.files)
        from grader.measuring import transformer

        return transformer.digest(source, self.explicit)

    @property
    def causal(self) -> bool:
        """True if a query sees only the keys before it."""
        return self.exercise.transformer.family == "decoder"

    @cached_property
    def table(self) -> ScoreTable:
        """The scores of every head: looked up, or measured and kept."""
        return self.store.table(self._measure, self._probes_digest)

    @cached_property
    def store(self) -> TableStore:
        """The place where its score table is kept."""
        return store_of(self.folder, self.exercise, self.digest)

    @property
    def is_measured(self) -> bool:
        """True if every head has been measured, so that the table is only looked up."""
        return "table" in vars(self) or self.store.current() is not None

    @property
    def kept_table(self) -> ScoreTable:
        """The scores of every head as they were measured before; the transformer is not loaded.

        Raises:
            ScoreTableError: They have not been measured with these probes and this code.
        """
        table = self.store.current()
        if table is None:
            message = f"{self.exercise.id}: its heads have not been measured with these probes and this version"
            raise ScoreTableError(f"{message}; `grade scan {self.exercise.id}` does it once")
        return table

    def measure(self) -> None:
        """Measure the heads and keep the table, unless another process is measuring them."""
        with suppress(BeingMeasured):
            measured = self.store.table(self._measure, self._probes_digest, waits=False)
            vars(self).setdefault("table", measured)  # also where the disk is full and does not keep it

    @cached_property
    def standings(self) -> Standings:
        """Every head under every kind, by the exercise's thresholds."""
        return Standings(self.exercise, self.table)

    def report(self, submission: Submission) -> Report:
        """Return the report on a submission that has been checked against the exercise."""
        evidence = {
            number: self.recomputed(claim).evidence
            for number, claim in enumerate(submission.claims)
            if claim.evidence and self._exists(claim)
        }
        return grade(submission, self.exercise, self.table, evidence, self.standings)

    def pictures(self, report: Report) -> dict[int, tuple[Picture, ...]]:
        """Return pictures by the claim's number: the head on the kind's own probe, and on the student's sentence.

        A head that looks like another kind is drawn on the probe of that one as well.
        """
        pictures: dict[int, tuple[Picture, ...]] = {}
        for number, verdict in enumerate(report.verdicts):
            claim = verdict.claim
            if self._exists(claim):
                place = (claim.layer, claim.head)
                on_probe = self.picture(claim.kind, place)
                own = self._own(claim) if claim.evidence else None
                instead = self.picture(verdict.looks_like.kind, place) if verdict.looks_like else None
                pictures[number] = tuple(each for each in (on_probe, own, instead) if each is not None)
        return pictures

    def _own(self, claim: Claim) -> Picture:
        """Return the head on the student's sentence; its caption was kept in English."""
        caption = _("{place} on “{text}”", place=claim.place, text=claim.evidence)
        return self.recomputed(claim).picture.model_copy(update={"caption": caption})

    def picture(self, kind: Kind, place: HeadIndex) -> Picture | None:
        """Return a head on the kind's own probe; None if no picture is kept."""
        from grader.measuring.examples import picture

        return picture(self.folder / f"{self.table.key}.examples.npz", kind, *place)

    def recomputed(self, claim: Claim) -> Recomputed:
        """Return the claim's evidence under its head, from an earlier time or measured now."""
        precision, code = self.exercise.probes.precision, code_digest([claim.type], self.folder)
        parts = (self.digest, precision, claim.full_name, claim.place, claim.evidence or "", code)
        path = self.folder / "evidence" / f"{sha256(chr(0).join(parts).encode()).hexdigest()}.json"
        try:
            return Recomputed.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            recomputed = self.on_sentence(claim.kind, claim.layer, claim.head, claim.evidence or "")
            write_cache(path, recomputed.model_dump_json().encode())
            return recomputed

    def on_sentence(self, kind: Kind, layer: int, head: int, text: str) -> Recomputed:
        """Return one head on one sentence: drawn, and measured if the targets follow from the tokens."""
        from grader.measuring.sentence import recompute

        self.say(_("recomputing the evidence"))
        evidence, picture = recompute(self.loaded.model, self.loaded.tokenizer, kind, (layer, head), text)
        return Recomputed(evidence=evidence, picture=picture)

    def _exists(self, claim: Claim) -> bool:
        return claim.layer < self.exercise.transformer.layers and claim.head < self.exercise.transformer.heads

    def _measure(self, key: str) -> ScoreTable:
        with _counted(self.folder / f"{key}.begun"):
            return self._measured(key)

    def _measured(self, key: str) -> ScoreTable:
        from grader.measuring import examples
        from grader.measuring.scan import measured

        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        settings, kinds = self.exercise.probes, [asked.kind for asked in self.exercise.kinds]
        self.say(_("measuring every head of {transformer}", transformer=self.exercise.transformer.name))
        scores, probes = measured(model, tokenizer, settings, kinds, causal=self.causal, say=self.progress)
        content = content_key(key, probes)
        shown = examples.examples(model, tokenizer, settings, kinds, causal=self.causal)
        examples.save(self.folder / f"{content}.examples.npz", shown)
        return ScoreTable(
            key=content,
            transformer=self.exercise.transformer.name,
            digest=self.digest,
            seed=settings.seed,
            layers=self.exercise.transformer.layers,
            heads=self.exercise.transformer.heads,
            kinds=scores,
            probes=probes,
        )

    def _probes_digest(self) -> str:
        from grader.measuring.scan import probes_digest

        self.say(_("comparing the probes with those of another version"))
        kinds = [asked.kind for asked in self.exercise.kinds]
        return probes_digest(self.loaded.tokenizer, self.exercise.probes, kinds, causal=self.causal)


@contextmanager
def _counted(begun: Path) -> Iterator[None]:
    """Count, in this file, the times that a measurement was begun and its process was killed in the middle of it.

    Raises:
        ScoreTableError: It has been too often: it would kill this process, too.
    """
    count = len(begun.read_bytes()) if begun.exists() else 0
    if count >= MOST_BEGUN:
        message = f"measuring was begun {count} times, and each time its process was killed; it may need more memory"
        raise ScoreTableError(f"{message}. Delete {begun} to have it tried again")
    with suppress(OSError):  # on a full disk nothing can be counted
        begun.parent.mkdir(parents=True, exist_ok=True)
        with begun.open("ab") as file:
            file.write(b".")
    try:
        yield
    finally:
        begun.unlink(missing_ok=True)
