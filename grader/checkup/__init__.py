"""The checks of `grade doctor`: folder, ledger, transformers, score tables, known heads, variables, service."""

from collections.abc import Iterator
from pathlib import Path

from grader import exercises
from grader.base import home
from grader.base.errors import ExerciseError, GraderError, LedgerError, TransformerNotFound
from grader.checkup import carried, service, variables
from grader.checkup.check import Check
from grader.exercises.kept_versions import EditedExercise, KeptVersions
from grader.exercises.known_heads import FILE_NAME, NOT_MEASURED, KnownHead, of_exercise
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.measuring import transformer
from grader.measuring.tables.score_table import ScoreTable, kept
from grader.measuring.transformer import families
from grader.schema import Basis, Exercise

DIGITS = 12
"""The digits of a digest that are shown."""
DIGESTS = {"transformer", "code", "probes"}
"""The fields of a basis that are digests."""


def all_checks() -> Iterator[Check]:
    """Yield all checks that measure nothing. Only the service, if there is one, is asked over the network."""
    yield _folder()
    yield _ledger()
    yield Check(True, "families", families.advice())
    seen: set[str] = set()
    for name in exercises.available():
        try:
            exercise = exercises.load(name)
        except ExerciseError as error:
            yield Check(False, f"exercise {name}", str(error))
            continue
        if exercise.transformer.name not in seen:
            seen.add(exercise.transformer.name)
            yield _transformer(exercise)
        yield from _table(exercise)
        yield from _version(exercise)
    yield from variables.all_checks()
    yield from service.all_checks()


def known_heads(exercise: Exercise, folder: Path | None, table: ScoreTable) -> list[Check]:
    """Return a check for each head of the exercise's `known_heads.yaml`: the label against the measurement.

    Raises:
        ExerciseError: The list cannot be read.
    """
    if folder is None or not (folder / FILE_NAME).is_file():
        return [Check(True, exercise.id, f"there is no {FILE_NAME} to compare with")]
    standings = Standings(exercise, table)
    return [_known(head, standings) for head in of_exercise(folder)]


def _known(head: KnownHead, standings: Standings) -> Check:
    place = f"{head.place} {head.name}"
    number = f" {head.published:.2f}" if head.published is not None else ""
    if head.expect == NOT_MEASURED:
        return Check(True, place, f"published{number}, not measured ({head.source})")
    of_kind = standings.by_kind.get(head.name)
    if of_kind is None or (standing := of_kind.get((head.layer, head.head))) is None:
        return Check(True, place, f"not measured in this exercise ({head.source})")
    is_open = standing.outcome == "not_graded"
    outcome = "not confirmed yet" if is_open else standing.outcome
    agrees = is_open or outcome == head.expect
    published = number and f", published{number}"
    rank = standings.ranks[head.name][head.layer, head.head]
    return Check(
        agrees,
        place,
        f"{outcome}, measured {standing.measured.score:.2f}{published}, rank {rank} ({head.source})",
        "" if agrees else f"{head.expect} was expected",
        is_optional=True,
    )


def _version(exercise: Exercise) -> Iterator[Check]:
    """Check that the exercise grades as its version did when it was first used; nothing if it does, or if none was."""
    try:
        with Ledger() as ledger:
            KeptVersions(ledger).vet(exercise)
    except EditedExercise as error:
        yield Check(False, f"exercise {exercise.id}", str(error), "its submissions are held until then")
    except LedgerError:
        return  # it has a check of its own


def _folder() -> Check:
    try:
        return Check(True, "folder", str(home.writable_folder()))
    except GraderError as error:
        return Check(False, "folder", str(error))


def _ledger() -> Check:
    try:
        with Ledger() as ledger:
            count = sum(1 for _ in ledger.entries())
    except GraderError as error:
        return Check(False, "ledger", str(error))
    return Check(True, "ledger", f"{count} reports")


def _transformer(exercise: Exercise) -> Check:
    source = exercise.transformer
    subject = f"transformer {source.name}"
    try:
        located = transformer.locate(source, online=False)
        transformer.verify(located, source)
    except GraderError as error:
        first, *rest = str(error).splitlines()
        return Check(False, subject, first, "\n        ".join(rest), is_optional=source.bundled is None)
    count = len(source.files)
    pins = f"{count} pinned {'file' if count == 1 else 'files'} verified" if count else "no digest is pinned"
    return Check(True, subject, f"{located.how}, {located.path}; {pins}")


def _table(exercise: Exercise) -> Iterator[Check]:
    """Check the exercise's score table, and show what its scores follow from."""
    subject, source = f"exercise {exercise.id}", exercise.transformer
    try:
        path = None if source.files else transformer.locate(source, online=False).path
        laboratory = Laboratory(exercise, home.folder() / home.TABLES, explicit=path)
        table = laboratory.store.current()
    except TransformerNotFound:
        yield Check(True, subject, "the score table is looked up once the transformer is found")
        return
    except GraderError as error:
        first, *rest = str(error).splitlines()
        yield Check(False, subject, first, "\n        ".join(rest))
        return
    yield from carried.unused(laboratory)
    if table is None:
        result = "there is no score table that can be used; the first submission measures it"
        yield Check(True, subject, result, _to_compare(exercise))
        return
    place = "stored" if table == kept(laboratory.folder, laboratory.store.key) else "carried by the exercise"
    yield Check(True, subject, f"score table {table.key[:DIGITS]} is {place}")
    if table.basis is not None:
        yield Check(True, subject, f"it follows from {_in_words(table.basis)}")


def _to_compare(exercise: Exercise) -> str:
    """Return how to compare the exercise, which nobody has measured here, with publications; empty if it names none."""
    folder = exercises.folder_of(exercise)
    if folder is None or not (folder / FILE_NAME).is_file():
        return ""
    return (
        f"before you grade with it: `grade doctor --exercise {exercise.id}` measures it and compares the heads that "
        f"publications name; then `grade exercises check {folder}` compares `passing`"
    )


def _in_words(basis: Basis) -> str:
    parts = (f"{name} {digest[:DIGITS]}" for name, digest in basis.model_dump(include=DIGESTS).items())
    libraries = (f"{name} {version}" for name, version in basis.libraries.items())
    return ", ".join([*parts, f"{basis.precision} on {basis.device}", *libraries])
