"""From a checked submission to a report: what is kept is looked up, what is missing is measured.

The transformer is loaded only if something must be measured, so a submission to a warm exercise never
imports torch.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from grader.base.errors import (
    BeingMeasured,
    DigestMismatch,
    NotInstalled,
    OutOfMemory,
    ScoreTableError,
    TransformerNotFound,
)
from grader.base.files import passing
from grader.base.installed import refuse_without
from grader.base.language import _
from grader.base.memory import enough_memory
from grader.exercises import folder_of
from grader.exercises import load as load_exercise
from grader.grading.grade import credited, grade
from grader.grading.mattering import needs_causal
from grader.grading.standings import Standings
from grader.laboratory.misfits import refuse_misfits
from grader.measuring import transformer
from grader.measuring.tables.carried import FILE_NAME as SCORES
from grader.measuring.tables.carried import Carried
from grader.measuring.tables.digests import basis_of, unversioned, versions_key
from grader.measuring.tables.results import ResultStore
from grader.measuring.tables.score_table import ScoreTable, TableStore, store_of
from grader.measuring.transformer import device as devices
from grader.schema import REFERENCE, Claim, Evidence, Exercise, HeadIndex, Kind, Picture, Record, Report, Submission

if TYPE_CHECKING:
    from grader.laboratory.causal import CausalLaboratory
    from grader.measuring.transformer import Loaded


MOST_BEGUN = 5
"""The number of times that a measurement is begun, if the process ends each time before it does."""


class Recomputed(Record):
    """A student's own sentence under one head."""

    evidence: Evidence
    picture: Picture

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        tokens = self.evidence.tokens
        if self.picture.tokens != tokens or [len(row) for row in self.picture.pattern] != [len(tokens)] * len(tokens):
            raise ValueError("the picture is not one of the sentence")
        return self


class Laboratory:
    """One exercise with its transformer and the folder where its measurements are kept."""

    def __init__(  # noqa: PLR0913 - the exercise and its folder, and in keywords how it is measured
        self,
        exercise: Exercise,
        folder: Path,
        *,
        explicit: Path | None = None,
        device: str | None = None,
        say: Callable[[str], None] = lambda doing: None,
        progress: Callable[[float], None] = lambda done: None,
    ) -> None:
        """Load nothing yet; `say` and `progress` are called with what is being done and how far a scan is.

        Raises:
            DeviceError: `device`, or without it the variable, is not the name of a device.
        """
        self.exercise, self.folder, self.explicit = exercise, folder, explicit
        self.device = devices.meant(device)
        self.say, self.progress = say, progress

    @classmethod
    def of_folder(cls, place: Path, folder: Path) -> Self:
        """Return the laboratory of the exercise that lies in `place`, wherever that is, with the scores beside it.

        Raises:
            ExerciseError: There is no valid exercise.
        """
        laboratory = cls(load_exercise(place), folder)
        laboratory.carried = Carried(place / SCORES)
        return laboratory

    def elsewhere(self, folder: Path, device: str) -> "Laboratory":
        """Return the same laboratory with another folder, which measures all that is not kept there on this device."""
        other = Laboratory(
            self.exercise, folder, explicit=self.explicit, device=device, say=self.say, progress=self.progress
        )
        other.carried = None
        return other

    @cached_property
    def loaded(self) -> "Loaded":
        """The transformer, found, verified and loaded.

        Raises:
            DigestMismatch: It is another one than that whose digest was taken.
        """
        whole: Loaded | None = vars(self).get("whole")
        if whole is None or self.place != REFERENCE:
            return self._load(whole=False)
        return whole

    @cached_property
    def whole(self) -> "Loaded":
        """The same on the CPU, with its head for predictions if the weights have one; it takes the other's place."""
        vars(self).pop("loaded", None)
        return self._load(whole=True)

    @property
    def place(self) -> str:
        """The device on which heads are measured; where the table is the CPU's, all else is, if no other is named.

        Raises:
            DeviceError: It is not there, or cannot compute in the exercise's precision.
            NotInstalled: Nothing can be measured here, so that no device can be looked for.
        """
        if self.device == REFERENCE or (self.device == devices.AUTO and self.is_measured and self.table.is_reference):
            return REFERENCE
        refuse_without(_("loading {transformer}", transformer=self.exercise.transformer.name))
        return str(devices.found(self.device, self.exercise.probes.precision))

    def _load(self, *, whole: bool) -> "Loaded":
        source, precision = self.exercise.transformer, self.exercise.probes.precision
        refuse_without(_("loading {transformer}", transformer=source.name))
        load = partial(transformer.load, source, self.explicit, dtype=precision, whole=whole, say=self.say)
        device = REFERENCE if whole else self.place  # heads are replaced on the CPU
        try:
            loaded = load(device=device)
        except OutOfMemory:
            if device == REFERENCE or self.device != devices.AUTO:
                raise
            loaded = load()  # a GPU that is too small is none
        if loaded.digest != self.digest:
            message = f"the files of {source.name} changed while they were used"
            raise DigestMismatch(f"{message}; try again when they stay as they are")
        return loaded

    @property
    def _kind_of_device(self) -> str:
        """The kind of the named device, else that on which the table was measured, if it was."""
        if self.device != devices.AUTO:
            return self.device.partition(":")[0]
        table = vars(self).get("table") or self.store.current()
        return table.basis.device if table is not None and table.basis is not None else REFERENCE

    @cached_property
    def causal(self) -> "CausalLaboratory":
        """Its causal evidence: looked up, or measured and kept."""
        from grader.laboratory.causal import CausalLaboratory  # it knows all measures, and few claims need it

        return CausalLaboratory(self)

    @cached_property
    def digest(self) -> str:
        """The transformer's digest: from the pins where there are any, else from its files."""
        return transformer.digest(self.exercise.transformer, self.explicit)

    @property
    def is_current(self) -> bool:
        """True if the transformer's files are those that this laboratory began with."""
        return self.digest == transformer.digest(self.exercise.transformer, self.explicit)

    @property
    def sees_back(self) -> bool:
        """True if a query sees only the keys before it."""
        return self.exercise.transformer.family == "decoder"

    @cached_property
    def table(self) -> ScoreTable:
        """The scores of every head: looked up, or measured and kept."""
        return self.store.table(self._measure)

    @cached_property
    def carried(self) -> Carried | None:
        """The scores that the exercise carries in its folder; None if it has no folder."""
        folder = folder_of(self.exercise)
        return Carried(folder / SCORES) if folder else None

    @cached_property
    def store(self) -> TableStore:
        """The place where its score table is kept."""
        takes_any = self.device != REFERENCE
        return store_of(self.folder, self.exercise, self.digest, self.carried, takes_any=takes_any)

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
            measured = self.store.table(self._measure, waits=False)
            vars(self).setdefault("table", measured)  # also where the disk is full and does not keep it

    @cached_property
    def standings(self) -> Standings:
        """Every head under every kind, by the exercise's thresholds."""
        return Standings(self.exercise, self.table)

    def measures(self, submission: Submission) -> bool:
        """Return whether the report needs more than the score table: a sentence of the student's, or causal evidence.

        What is kept of those is not measured again; but each is in a file of its own, or takes a computation.
        """
        return self._needs_causal(submission) or any(claim.evidence and self.has(claim) for claim in submission.claims)

    def report(self, submission: Submission, credit: float = 1.0) -> Report:
        """Return the report on a submission that has been checked against the exercise; late ones have less credit."""
        table = self.table  # first: sentences are kept with the device on which it was measured
        evidence = {
            number: self._evidence(claim)
            for number, claim in enumerate(submission.claims)
            if claim.evidence and self.has(claim)
        }
        causal = self.causal if self._needs_causal(submission) else None
        report = grade(submission, self.exercise, table, evidence, self.standings, causal)
        return credited(report, self.exercise, credit)

    def _needs_causal(self, submission: Submission) -> bool:
        return needs_causal(self.exercise, submission.claims)

    def _evidence(self, claim: Claim) -> Evidence:
        """Return the claim's evidence; without numbers where they cannot be measured, since no verdict needs them."""
        try:
            return self.recomputed(claim).evidence
        except (NotInstalled, TransformerNotFound):
            return Evidence(text=claim.evidence or "", tokens=(), missing=True)

    def pictures(self, report: Report) -> dict[int, tuple[Picture, ...]]:
        """Return pictures by the claim's number: the head on the kind's own probe, and on the student's sentence.

        A head that looks like another kind is drawn on the probe of that one as well.
        """
        pictures: dict[int, tuple[Picture, ...]] = {}
        for number, verdict in enumerate(report.verdicts):
            claim = verdict.claim
            if self.has(claim):
                place = (claim.layer, claim.head)
                on_probe = self.picture(claim.kind, place)
                seen = verdict.evidence is not None and not verdict.evidence.missing
                own = self._own(claim) if claim.evidence and seen else None
                instead = self.picture(verdict.looks_like.kind, place) if verdict.looks_like else None
                pictures[number] = tuple(each for each in (on_probe, own, instead) if each is not None)
        return pictures

    def _own(self, claim: Claim) -> Picture:
        """Return the head on the student's sentence; its caption was kept in English."""
        caption = _("{place} on “{text}”", place=claim.place, text=claim.evidence)
        return self.recomputed(claim).picture.model_copy(update={"caption": caption})

    def picture(self, kind: Kind, place: HeadIndex) -> Picture | None:
        """Return a head on the kind's own probe; None if no picture is kept."""
        try:
            return self.kept_picture(self.table.key, kind, place)
        except ScoreTableError:
            self._draw_examples(self.table.key)
            return self.kept_picture(self.table.key, kind, place)

    def kept_picture(self, table: str, kind: Kind, place: HeadIndex) -> Picture | None:
        """Return a head on the kind's own probe, as it is kept or carried beside the table with this key, if it is.

        Raises:
            ScoreTableError: What is kept is damaged.
        """
        from grader.measuring import examples

        kept = examples.picture(self._examples(table), kind, *place)
        if kept is None and self.carried and self.carried.table and self.carried.table.key == table:
            return examples.carried_picture(self.carried, kind, *place)
        return kept

    def recomputed(self, claim: Claim) -> Recomputed:
        """Return the claim's evidence under its head, from an earlier time or measured now."""
        text, precision = claim.evidence or "", self.exercise.probes.precision
        basis = basis_of(self.digest, [claim.type], precision, self.folder, device=self._kind_of_device)
        key = self.sentences.key(unversioned(basis), claim.full_name, claim.place, text)
        recomputed = self.sentences.look_up(key, Recomputed)
        if recomputed is None or recomputed.evidence.text != text:
            recomputed = self.on_sentence(claim.kind, claim.layer, claim.head, text)
            self.sentences.keep(key, recomputed)
        return recomputed

    @cached_property
    def sentences(self) -> ResultStore:
        """The place where recomputed sentences are kept; each key says by itself what it follows from."""
        return ResultStore(self.folder / "evidence", (), versions_key(self.store.basis), self.carried)

    def on_sentence(self, kind: Kind, layer: int, head: int, text: str) -> Recomputed:
        """Return one head on one sentence: drawn, and measured if the targets follow from the tokens."""
        doing = _("recomputing the evidence")
        refuse_without(doing)
        self.say(doing)
        from grader.measuring.sentence import recompute

        with enough_memory(doing):
            evidence, picture = recompute(self.loaded.model, self.loaded.tokenizer, kind, (layer, head), text)
        return Recomputed(evidence=evidence, picture=picture)

    def heads_on_sentence(self, kind: Kind | None, heads: Collection[HeadIndex], text: str) -> dict[HeadIndex, Picture]:
        """Return several heads on one sentence, drawn in one pass, with the kind's targets if the tokens tell them."""
        doing = _("looking at the heads")
        refuse_without(doing)
        self.say(doing)
        from grader.laboratory.overview import overview, pictures

        with enough_memory(doing):
            return pictures(overview(self.loaded.model, self.loaded.tokenizer, text, heads), kind)

    def has(self, claim: Claim) -> bool:
        """Return whether the transformer has the head of a claim."""
        return claim.layer < self.exercise.transformer.layers and claim.head < self.exercise.transformer.heads

    def _measure(self, key: str) -> ScoreTable:
        doing = _("measuring every head of {transformer}", transformer=self.exercise.transformer.name)
        refuse_misfits(self.store, doing)
        refuse_without(doing)
        with _counted(self.folder / f"{key}.begun"), enough_memory(doing):
            return self._measured(key)

    def _measured(self, key: str) -> ScoreTable:
        from grader.measuring.scan import measured

        model, tokenizer = self.loaded.model, self.loaded.tokenizer
        settings, kinds = self.exercise.probes, [asked.kind for asked in self.exercise.kinds]
        self.say(_("measuring every head of {transformer}", transformer=self.exercise.transformer.name))
        table = self.store.filled(
            *measured(model, tokenizer, settings, kinds, causal=self.sees_back, say=self.progress, note=self.say),
            model.device.type,
        )
        self._draw_examples(table.key)
        return table

    def _draw_examples(self, table: str) -> None:
        """Draw every head on the probes' examples, and keep the pictures beside the table."""
        from grader.measuring import examples

        refuse_without(_("drawing the heads"))
        kinds = [asked.kind for asked in self.exercise.kinds]
        loaded, settings = self.loaded, self.exercise.probes
        shown = examples.examples(loaded.model, loaded.tokenizer, settings, kinds, causal=self.sees_back)
        examples.save(self._examples(table), shown)

    @property
    def examples_file(self) -> Path:
        """The file with the pictures that are kept beside its score table."""
        return self._examples(self.table.key)

    def _examples(self, table: str) -> Path:
        return self.folder / f"{table}.examples.npz"


@contextmanager
def _counted(begun: Path) -> Iterator[None]:
    """Count, in this file, the times that a measurement was begun and its process was killed in the middle of it.

    Raises:
        ScoreTableError: It has been too often: it would kill this process, too.
    """
    count = begun.stat().st_size if begun.is_file() else 0
    if count >= MOST_BEGUN:
        message = f"measuring was begun {count} times, and each time its process was killed; it may need more memory"
        raise ScoreTableError(f"{message}. Delete {begun} to have it tried again")
    with passing(begun):
        with suppress(OSError):  # on a full disk nothing can be counted
            begun.parent.mkdir(parents=True, exist_ok=True)
            with begun.open("ab") as file:
                file.write(b".")
        yield
