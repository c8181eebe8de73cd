"""Carried scores that are not of what the exercise is here: where nothing can be measured, the reason and a remedy."""

from grader.base.errors import NotInstalled
from grader.base.installed import COMMAND, can_measure
from grader.base.language import N_, _
from grader.measuring.tables.score_table import TableStore

OTHER_CODE = N_(
    "{doing}: the scores in {path} were measured by other code, and are not used; install the version of head-grader "
    "that published them, or what measures the heads here: {command}"
)
OTHER_SCORES = N_(
    "{doing}: the scores in {path} are of other {parts}, and are not used; have the exercise's author write them anew "
    "with `grade exercises publish {exercise}`, or install what measures the heads here: {command}"
)
PARTS = {
    "transformer": N_("weights"),
    "code": N_("code"),
    "precision": N_("precision"),
    "device": N_("device"),
    "exercise": N_("probes or kinds"),
}
"""The words for what keeps carried scores from being used."""


def refuse_misfits(store: TableStore, doing: str) -> None:
    """Refuse to measure where nothing can be measured, if the exercise carries scores that do not fit.

    Raises:
        NotInstalled: It does; the message says in what they do not fit, and what to do.
    """
    if can_measure() or store.carried is None or not (misfits := store.misfits()):
        return
    path, exercise = store.carried.path, store.exercise.id
    if misfits == ["code"]:
        raise NotInstalled(_(OTHER_CODE, doing=doing, path=path, command=COMMAND))
    parts = ", ".join(_(PARTS[part]) for part in misfits)
    raise NotInstalled(_(OTHER_SCORES, doing=doing, path=path, parts=parts, exercise=exercise, command=COMMAND))
