"""Exercises checked: what makes one invalid, and what its author may have overlooked.

A problem makes the exercise unusable. A warning does not: a threshold without a source, a count of passing heads that
differs from the measured one, a text to try that shows look-alikes, or a missing page or example for students.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader import documents, exercises
from grader.authoring import students_page
from grader.authoring.games import MOST_PASSES, MOST_SCORE, MOST_XP, Outlook, outlook
from grader.base.errors import ExerciseError, GraderError, InvalidInput, Problem
from grader.base.installed import can_measure
from grader.base.numbers import percent
from grader.documents import Document
from grader.exercises import known_heads, submissions
from grader.exercises.changes import SOURCE as TRIED_OUT
from grader.exercises.kept_versions import vet_here
from grader.exercises.thresholds import defaults, thresholds_of
from grader.grading.circuits import pairs
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.measuring import transformer
from grader.measuring.tables.score_table import ScoreTable
from grader.measuring.transformer.files import missing_parts
from grader.report.text.words import plural
from grader.schema import AskedKind, Exercise

STUDENTS_PAGE, EXAMPLE = "README.md", "my_heads.yaml"
FEWEST_WORDS, FEWEST_CHARACTERS = 3, 12
"""The least that a threshold's source needs to say what was measured, or who published it."""

NO_LIMIT = "no limit of attempts, so it is for practice; for a grade, `policy.attempts` may be up to {safe}"

CIRCUITS_UNCHECKED = (
    "`passing` of circuits is not checked, because each head would be traced; for one head, run: grade trace {id} L H"
)

HEAD = re.compile(r"\bL\d+[.]?H\d+\b", re.IGNORECASE)
"""A head's name in a text."""

_PLACEHOLDER = re.compile(rf"\b(todo|tbd|fixme|xxx)\b|\?\?|{re.escape(TRIED_OUT)}", re.IGNORECASE)


class CheckedExercise(NamedTuple):
    """One folder with its problems and warnings."""

    folder: Path
    exercise: Exercise | None
    """None if it cannot be used."""
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    is_measured: bool = False
    """True if `passing` was compared with a kept score table."""
    guessing: Outlook | None = None
    """The prospects of the best guesser; None if the exercise cannot be used."""

    def lines(self) -> list[str]:
        """Return all problems, or a summary of the exercise with all warnings."""
        if self.exercise is None:
            return list(self.problems)
        exercise = self.exercise
        kinds = plural(len(exercise.kinds), "kind", "kinds")
        lines = [f"{self.folder}: {exercise.id} version {exercise.version}, {kinds}, {exercise.points} points"]
        if not self.is_measured:
            lines.append(f"  not measured yet, so `passing` is not checked; to measure, run: grade scan {exercise.id}")
        if any(kind.circuits for kind in exercise.kinds):
            lines.append(f"  {CIRCUITS_UNCHECKED.format(id=exercise.id)}")
        if self.guessing:
            lines += [f"  guessing: at best {self.guessing}"]
            lines += [] if exercise.policy.attempts else [f"  {NO_LIMIT.format(safe=self.guessing.safe)}"]
        return lines + [f"  warning: {warning}" for warning in self.warnings]


def folders_in(paths: Iterable[Path] | None) -> list[Path]:
    """Return the folders of the exercises at these paths, each an exercise or a folder of exercises; None for all.

    Raises:
        InvalidInput: A path is not a folder, or there is no folder in it.
    """
    if paths is None:
        return [folder for root in exercises.folders() for folder in exercises.within(root)]
    by_place: dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir():
            raise _usage(f"there is no folder {path}")
        inside = [path] if (path / exercises.FILE_NAME).exists() else exercises.within(path)
        if not inside:
            raise _usage(f"{path}: there is neither {exercises.FILE_NAME} nor a folder in it")
        by_place |= {folder.resolve(): folder for folder in inside}
    return list(by_place.values())


def check(folders: Iterable[Path], tables: Path) -> Iterator[CheckedExercise]:
    """Check each folder, whatever is wrong with others; `tables` is the folder of kept score tables."""
    first: dict[str, Path] = {}
    for folder in folders:
        checked = _check(folder, tables)
        name = folder.resolve().name
        if (earlier := first.setdefault(name, folder)) != folder:
            message = f"{folder}: {earlier} has the id {name}, too; rename one [repeated-id]"
            checked = checked._replace(exercise=None, problems=(*checked.problems, message))
        yield checked


def summary(checked: Sequence[CheckedExercise]) -> str:
    """Return the numbers of exercises, of invalid ones and of warnings, in words."""
    invalid = sum(each.exercise is None for each in checked)
    warnings = plural(sum(len(each.warnings) for each in checked), "warning", "warnings")
    return f"{plural(len(checked), 'exercise', 'exercises')}: {invalid} invalid, {warnings}"


def _check(folder: Path, tables: Path) -> CheckedExercise:
    file = folder / exercises.FILE_NAME
    try:
        exercise = exercises.load(folder)
        vet_here(exercise)
        document = documents.parse(file.read_bytes(), str(file), exercises.SIZE_LIMIT)
        lab = _measured(exercise, tables)
        measured = list(_held_against(lab, document)) if lab else []
        guessing = outlook(exercise)
    except GraderError as error:
        return CheckedExercise(folder, None, tuple(str(error).splitlines()), ())
    doubts = [
        *_unpinned(exercise, document),
        *_unsourced(exercise, document),
        *_blind(exercise, document),
        *measured,
        *_guessing(exercise, guessing, document),
    ]
    warnings = [*InvalidInput(str(file), doubts).lines(), *_companions(folder, exercise)]
    return CheckedExercise(folder, exercise, (), tuple(warnings), lab is not None, guessing)


def kept_table(exercise: Exercise, tables: Path) -> ScoreTable | None:
    """Return the exercise's score table if it is kept; nothing is measured or downloaded."""
    laboratory = _measured(exercise, tables)
    return laboratory.kept_table if laboratory else None


def _measured(exercise: Exercise, tables: Path) -> Laboratory | None:
    """Return the exercise's laboratory if its score table is kept."""
    explicit = None
    if not exercise.transformer.files:
        try:
            explicit = transformer.locate(exercise.transformer, online=False).path
        except GraderError:
            return None
    laboratory = Laboratory(exercise, tables, explicit=explicit)
    return laboratory if laboratory.is_measured else None


def _held_against(lab: Laboratory, document: Document) -> Iterator[Problem]:
    """Yield what the exercise says of its transformer, and was measured otherwise."""
    yield from _passing(lab.exercise, lab.kept_table, document)
    yield from _unreachable(lab.exercise, lab.kept_table, document)
    yield from _misleading(lab, document)


def _misleading(lab: Laboratory, document: Document) -> Iterator[Problem]:
    """Yield the texts of hints and pictures that lead to refuted heads; none if the transformer cannot be run."""
    if not can_measure():
        return
    try:
        transformer.locate(lab.exercise.transformer, online=False)
    except GraderError:
        return
    from grader.authoring.shown_heads import shown_heads

    for shown in shown_heads(lab):
        if not shown.holds:
            number = next(place for place, kind in enumerate(lab.exercise.kinds) if kind.name == shown.kind)
            message = (
                f"the text “{shown.text}” does not show {shown.kind}: {shown}; give a `sentence` on which such a head "
                "is seen"
            )
            yield document.problem("shows-look-alike", message, ("kinds", number))


def _passing(exercise: Exercise, table: ScoreTable, document: Document) -> Iterator[Problem]:
    standings = Standings(exercise, table)
    for number, kind in enumerate(exercise.kinds):
        of_kind, of = standings.by_kind[kind.name], f"of {standings.heads} heads"
        if of_kind.passing != kind.passing:
            message = f"`passing` is {kind.passing}, but {of_kind.passing} {of} pass as {kind.name}"
            yield document.problem("other-passing", message, ("kinds", number, "passing"))
        if of_kind.too_close != kind.too_close:
            message = (
                f"`too_close` is {kind.too_close}, but {of_kind.too_close} {of} are too close to call as {kind.name}"
            )
            yield document.problem("other-too-close", message, ("kinds", number, "too_close"))
        if kind.circuits is not None and pairs(of_kind) != kind.circuits.pairs:
            message = (
                f"`pairs` is {kind.circuits.pairs}, but the confirmed heads of {kind.name} have {pairs(of_kind)} pairs "
                "with heads of earlier layers"
            )
            yield document.problem("other-pairs", message, ("kinds", number, "circuits", "pairs"))


def _unpinned(exercise: Exercise, document: Document) -> Iterator[Problem]:
    source = exercise.transformer
    pins = source.files
    if source.hub and not (source.revision or pins):
        message = (
            f"`hub: {source.hub}` without `revision` is what the hub has on the day, so that scores may change "
            "without notice; write the commit as `revision`, and the SHA-256 of each file under `files`"
        )
        yield document.problem("not-pinned", message, ("transformer", "hub"))
    if pins and not any(name.endswith(".gguf") for name in pins) and (missing := missing_parts(pins)):
        message = f"no pin of `files` is {' or '.join(missing)}, and a file without a pin is not read; pin all that is"
        yield document.problem("not-pinned", message, ("transformer", "files"))


def _guessing(exercise: Exercise, guessing: Outlook, document: Document) -> Iterator[Problem]:
    if exercise.policy.attempts and not guessing.is_safe:
        message = (
            f"guessing pays in {exercise.policy.attempts} attempts with `feedback: {exercise.feedback}`: a guesser "
            f"expects {guessing}; allowed are {percent(MOST_SCORE)}, {percent(MOST_XP)} and {percent(MOST_PASSES)}; "
            f"up to {guessing.safe} are safe"
        )
        yield document.problem("guessing-in-time", message, ("policy", "attempts"))


def _unreachable(exercise: Exercise, table: ScoreTable, document: Document) -> Iterator[Problem]:
    """Yield the thresholds that no head can reach: a lead is at most what the best blind head leaves of 1."""
    standings = Standings(exercise, table)
    for number, kind in enumerate(exercise.kinds):
        any_head = standings.by_kind[kind.name][0, 0]
        hit_rates = {each.on: each.value for each in any_head.measured.readings if each.statistic == "hit_rate"}
        for check in any_head.results:
            if check.statistic == "lead":
                yield from _too_high(check.at_least, hit_rates[check.on] - check.measured, (document, number, check.on))


def _blind(exercise: Exercise, document: Document) -> Iterator[Problem]:
    """Yield the leads that no head can reach on the exercise's own sentences, which need no transformer to be known."""
    if not exercise.probes.own_sentences:
        return
    from grader.authoring.sentences import assess

    baselines = {each.relation: each.baseline for each in assess(exercise.probes.own_sentences)}
    for number, kind in enumerate(exercise.kinds):
        baseline = baselines.get(kind.parameters.get("relation", ""))
        if baseline is not None and not kind.looks_ahead:
            for threshold in thresholds_of(kind):
                if threshold.statistic == "lead":
                    yield from _too_high(threshold.at_least, baseline, (document, number, "your sentences"))


def _too_high(lead: float, baseline: float, place: tuple[Document, int, str]) -> Iterator[Problem]:
    document, number, on = place
    if (needed := round(lead + baseline, 4)) > 1:
        message = (
            f"no head can have a lead of {lead:g} on {on}: a head that is blind to the kind is right "
            f"{percent(baseline)} of the time there, so a hit rate of {needed:.2f} is needed; vary the distances, or "
            "ask for another kind"
        )
        yield document.problem("out-of-reach", message, ("kinds", number))


def _unsourced(exercise: Exercise, document: Document) -> Iterator[Problem]:
    for number, kind in enumerate(exercise.kinds):
        for item, threshold in enumerate(kind.thresholds):
            source = threshold.source.strip()
            is_short = len(source) < FEWEST_CHARACTERS or len(source.split()) < FEWEST_WORDS
            if _PLACEHOLDER.search(source) or (is_short and not _is_default(kind, item)):
                message = (
                    f"`source` does not say where {threshold.at_least:g} comes from: `{documents.shown(source)}`; "
                    "name what was measured, or who published it"
                )
                yield document.problem("no-source", message, ("kinds", number, "thresholds", item, "source"))


def _is_default(kind: AskedKind, item: int) -> bool:
    """Return whether the threshold has the default's number, whose source is known."""
    own = kind.thresholds[item]
    return any((own.statistic, own.at_least) == (each.statistic, each.at_least) for each in defaults(kind.type))


def _companions(folder: Path, exercise: Exercise) -> Iterator[str]:
    """Yield what is wrong with the files beside `exercise.yaml`."""
    for name, purpose in ((STUDENTS_PAGE, "the page that students start from"), (EXAMPLE, "an example submission")):
        if not (folder / name).is_file():
            yield f"{folder / name}: missing; it is {purpose} [missing-file]"
    for problems in (_page, _hints, _example, _known_heads):
        try:
            yield from problems(folder, exercise)
        except (InvalidInput, ExerciseError) as error:
            yield from str(error).splitlines()


def _page(folder: Path, exercise: Exercise) -> Iterator[str]:
    if (page := folder / STUDENTS_PAGE).is_file():
        yield from students_page.differences(page, exercise)


def _example(folder: Path, exercise: Exercise) -> Iterator[str]:
    file = folder / EXAMPLE
    if file.is_file():
        submissions.load(file, exercise_override=folder)
        if (named := submissions.read(file.read_bytes(), str(file)).exercise) != exercise.id:
            yield f"{file}: `exercise` is `{named}`, not `{exercise.id}` [other-exercise]"


def _hints(_: Path, exercise: Exercise) -> Iterator[str]:
    for kind in exercise.kinds:
        for head in HEAD.findall(kind.hint):
            yield f"{exercise.id}: the hint for {kind.name} names a head, {head}: is it the answer? [hint-names-head]"


def _known_heads(folder: Path, exercise: Exercise) -> Iterator[str]:
    known = known_heads.of_exercise(folder)
    known_heads.refuse_misfits(known, exercise, str(folder / known_heads.FILE_NAME))
    yield from ()


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade exercises check", [Problem("usage", message)])
