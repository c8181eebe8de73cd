"""The scores that an exercise carries, held against what is measured on this machine."""

from collections.abc import Iterator
from pathlib import Path

from grader.base.errors import NotInstalled, TransformerNotFound
from grader.checkup.check import Check
from grader.laboratory import Laboratory
from grader.laboratory.comparing import differences
from grader.laboratory.publishing import measured
from grader.measuring.tables.carried import FILE_NAME, TABLE, Carried
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Basis

MOST_SHOWN = 20
"""The most differences that are listed."""


def has_scores(folder: Path) -> bool:
    """Return whether an exercise's folder carries scores."""
    return (folder / FILE_NAME).is_file()


def unused(lab: Laboratory) -> Iterator[Check]:
    """Yield that the exercise carries scores which are not used here, and what they differ in; nothing else."""
    if lab.carried is None or not lab.carried.path.is_file() or lab.store.fitting() is not None:
        return
    subject, misfits = f"exercise {lab.exercise.id}", lab.store.misfits()
    what = f"are of another {' and '.join(misfits)}" if misfits else "are damaged"
    advice = f"write them anew with `grade exercises publish {lab.exercise.id}`"
    yield Check(False, subject, f"the scores that it carries {what}, and so are not used", advice, is_optional=True)


def compared(lab: Laboratory, folder: Path) -> Iterator[Check]:
    """Yield what measuring again shows of the scores in an exercise's folder."""
    exercise, path = lab.exercise, folder / FILE_NAME
    subject, again = f"scores of {exercise.id}", f"write them anew with `grade exercises publish {exercise.id}`"
    if not has_scores(folder):
        yield Check(False, subject, f"there is no {path}", again)
        return
    carried = Carried(path)
    entries, table = carried.entries(), carried.table
    if table is None or table.basis is None:
        yield Check(False, subject, f"{path} is damaged", again)
        return
    yield Check(True, subject, f"carried scores were measured with {versions(table.basis)}")
    try:
        now = measured(lab, folder)
    except (NotInstalled, TransformerNotFound) as error:
        yield Check(False, subject, f"they cannot be measured here: {error}", is_optional=True, is_unknown=True)
        return
    yield from _against(subject, again, entries, now)
    yield from unused(lab)


def _against(subject: str, again: str, entries: dict[str, bytes], now: dict[str, bytes]) -> Iterator[Check]:
    basis = ScoreTable.model_validate_json(now[TABLE]).basis
    here = versions(basis) if basis else ""
    found = list(differences(entries, now))
    for each in found[:MOST_SHOWN]:
        yield Check(False, subject, str(each))
    if found:
        yield Check(False, subject, f"differences from what was measured with {here}: {len(found)}", again)
    else:
        yield Check(True, subject, f"measured again with {here}: equal to four decimals")


def versions(basis: Basis) -> str:
    """Return the versions with which something was measured, in words."""
    return ", ".join([*(f"{name} {version}" for name, version in basis.libraries.items()), basis.precision])
