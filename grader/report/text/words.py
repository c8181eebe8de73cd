"""What every format says in the same words: outcomes, kinds, ranks, luck, and what is still missing."""

from typing import NamedTuple

from grader.base.language import LANGUAGES, N_, _, ngettext, spoken
from grader.exercises.names import statistic
from grader.exercises.scoring import LUCK_LIMIT
from grader.grading import rationale as reasons
from grader.report.text.labels import visible
from grader.schema import Evidence, Exercise, OtherKind, Outcome, Report, ThresholdResult, Verdict, title


class Sign(NamedTuple):
    """A word with the symbol that stands beside it; colour only ever repeats what they say."""

    symbol: str
    name: str
    """The word in English."""

    @property
    def word(self) -> str:
        """The word in the language that is spoken."""
        return _(self.name)


OUTCOMES: dict[Outcome, Sign] = {
    "confirmed": Sign("\N{CHECK MARK}", N_("confirmed")),
    "refuted": Sign("\N{BALLOT X}", N_("refuted")),
    "not_graded": Sign("\N{WHITE CIRCLE}", N_("not graded")),
}
PASSED = Sign(OUTCOMES["confirmed"].symbol, N_("passed"))
NOT_PASSED = Sign(OUTCOMES["refuted"].symbol, N_("not passed"))
RESULTS: dict[str, Sign] = {
    "over": Sign("\N{CHECK MARK}", N_("over the threshold")),
    "borderline": Sign("\N{ALMOST EQUAL TO}", N_("borderline: the threshold lies inside the interval")),
    "under": Sign("\N{BALLOT X}", N_("under the threshold")),
}
BORDERLINE = N_("Borderline: the threshold lies inside the measured interval.")
MOST_DECIMALS = 6
LEAST_PERCENT = 0.1


def rationale(verdict: Verdict) -> str:
    """What a verdict says: in English as it was kept, in other languages said anew from what it holds."""
    if spoken() == LANGUAGES[0]:
        return verdict.rationale
    if verdict.why_not is not None:
        return _(reasons.WHY_NOT[verdict.why_not])
    if verdict.outcome == "not_graded" or not verdict.threshold:
        return _(verdict.rationale)
    return reasons.rationale(verdict.claim, verdict.outcome == "confirmed", verdict.threshold)


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, ..."""
    if spoken() != LANGUAGES[0]:
        return _("no. {number}", number=number)
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def rank(verdict: Verdict) -> str:
    """`3rd of 144 heads`, or nothing where the rank is not told."""
    if verdict.rank is None:
        return ""
    return _place(verdict.rank, verdict.of)


def looks_like(lookalike: OtherKind, of: int | None) -> str:
    """What the head is instead."""
    place, score = _place(lookalike.rank, of), f"{lookalike.score:.2f}"
    return _("{kind} (score {score}, {place})", kind=title(lookalike.kind), score=score, place=place)


def _place(number: int, of: int | None) -> str:
    place = ordinal(number)
    return _("{place} of {heads} heads", place=place, heads=of) if of else place


def apart(measured: float, needed: float) -> tuple[str, str]:
    """Both numbers with two decimals, or with as many more as it takes to tell them apart."""
    for decimals in range(2, MOST_DECIMALS):
        if measured == needed or round(measured, decimals) != round(needed, decimals):
            break
    return f"{measured:.{decimals}f}", f"{needed:.{decimals}f}"


def scale(check: ThresholdResult) -> float:
    """Where the bar of a check ends: 1, or beyond for what is no fraction (lift)."""
    return 1.0 if check.statistic != "lift" else max(2 * check.at_least, 1.1 * max(check.measured, check.interval[1]))


def interval(check: ThresholdResult) -> str:
    """The 95 % interval of a check."""
    low, high = check.interval
    return _("{low} to {high}", low=f"{low:.2f}", high=f"{high:.2f}")


def sources(verdict: Verdict) -> list[str]:
    """Where the thresholds of a verdict come from, each source once: `share, hit rate: Voita et al. 2019`."""
    statistics: dict[str, list[str]] = {}
    for check in verdict.threshold:
        named = statistics.setdefault(visible(_(check.source)), [])
        if statistic(check.statistic) not in named:
            named.append(statistic(check.statistic))
    return [f"{', '.join(named)}: {source}" for source, named in statistics.items()]


def evidence(of: Evidence) -> str:
    """What was found on the student's own sentence."""
    numbers = [] if of.share is None else [f"{statistic('share')} {of.share:.2f}"]
    if of.hit_rate is not None:
        numbers.append(f"{statistic('hit_rate')} {of.hit_rate:.2f}")
    if not numbers:
        return _("recomputed and drawn; nothing in it tells what such a head ought to look at")
    return ngettext(
        "{found} over {number} query", "{found} over {number} queries", of.queries, found=", ".join(numbers)
    )


def plural(number: int, one: str, many: str) -> str:
    """`1 head`, `2 heads`."""
    return f"{number} {one if number == 1 else many}"


def points(number: float) -> str:
    """Points without needless decimals."""
    return f"{round(number, 2) + 0.0:g}"


def percent(fraction: float) -> str:
    """Two significant digits, never a rounded 0 % or 100 % that is neither."""
    value = 100 * fraction
    if 0 < value < LEAST_PERCENT:
        return _("less than {percent} %", percent=LEAST_PERCENT)
    if 100 - LEAST_PERCENT < value < 100:
        return _("more than {percent} %", percent=100 - LEAST_PERCENT)
    return f"{value:.0f} %" if value >= 10 or value == round(value) else f"{value:.1f} %"


def luck(report: Report) -> str:
    """How far the score may be due to guessing; a chance that was rounded to 0 is still one."""
    if not report.gradable:
        return ""
    chance = report.luck or LEAST_PERCENT / 200
    return _("Random claims of the same kinds would do this well {percent} of the time.", percent=percent(chance))


def who(report: Report) -> str:
    """The student's name, on one line; nothing where it is not known."""
    return visible(report.student or "")


def standing(report: Report) -> Sign:
    """Passed, not passed, or not graded at all."""
    if not report.gradable:
        return OUTCOMES["not_graded"]
    return PASSED if report.passed else NOT_PASSED


def missing(report: Report, exercise: Exercise | None) -> str:
    """What a submission that has not passed lacks; nothing for one that has."""
    if not report.gradable:
        return _("None of the claims could be measured, so there is no grade and no attempt is used up.")
    if report.passed or exercise is None:
        return ""
    lacking = []
    if report.score < exercise.pass_at:
        lacking.append(_("a score of {percent}", percent=percent(exercise.pass_at)))
    if report.kinds_confirmed < exercise.kinds_needed:
        more = exercise.kinds_needed - report.kinds_confirmed
        lacking.append(
            ngettext("a confirmed head of {number} more kind", "a confirmed head of {number} more kinds", more)
        )
    if report.luck > LUCK_LIMIT:
        message = N_("more than luck (random claims may do this well {percent} of the time at most)")
        lacking.append(_(message, percent=percent(LUCK_LIMIT)))
    return _("Still needed to pass: {lacking}.", lacking="; ".join(lacking)) if lacking else ""


def worth(verdict: Verdict, report: Report, exercise: Exercise | None) -> str:
    """What one claim earned or cost; nothing where it is neither, or not told."""
    if report.feedback != "all":
        return ""
    if verdict.outcome == "refuted" and exercise is not None:
        return _("costs {points}", points=plural_points(exercise.wrong_costs))
    return f"+{plural_points(verdict.points)}" if verdict.points > 0 else ""


def plural_points(number: float) -> str:
    """`1 point`, `2.5 points`."""
    return ngettext("{points} point", "{points} points", 1 if number == 1 else 2, points=points(number))


def result(report: Report) -> str:
    """Score and points in one line."""
    got, of = points(report.points), points(report.possible)
    return _("score {percent}, {points} of {possible} points", percent=percent(report.score), points=got, possible=of)


def earned(report: Report) -> str:
    """Kinds confirmed and XP, in one line."""
    return ngettext(
        "{number} kind confirmed; {xp} XP (a claim earns it once)",
        "{number} kinds confirmed; {xp} XP (a claim earns it once)",
        report.kinds_confirmed,
        xp=report.xp,
    )


def remarks(verdict: Verdict) -> list[tuple[str, str]]:
    """What stands beside the numbers, each with its label; nothing that is not told."""
    told = []
    if place := rank(verdict):
        told.append((_("Rank"), place))
    if verdict.looks_like:
        told.append((_("Looks like"), looks_like(verdict.looks_like, verdict.of)))
    if verdict.evidence:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{visible(verdict.evidence.text)}\N{RIGHT DOUBLE QUOTATION MARK}"
        told.append((_("Your sentence"), f"{quoted}: {evidence(verdict.evidence)}"))
    if verdict.claim.note:
        told.append((_("Your note"), visible(verdict.claim.note)))
    if verdict.help:
        told.append((_("Hint"), visible(_(verdict.help))))
    return told


def account(verdict: Verdict) -> list[str]:
    """A verdict as plain lines, for platforms that show text and nothing else."""
    lines = [visible(rationale(verdict))]
    if verdict.borderline:
        lines.append(_(BORDERLINE))
    for check in verdict.threshold:
        measured, needed = apart(check.measured, check.at_least)
        lines.append(
            _(
                "{statistic} on {slice}: measured {measured}, needed {needed} ({result}; 95 % interval {interval})",
                statistic=statistic(check.statistic),
                slice=visible(_(check.on)),
                measured=measured,
                needed=needed,
                result=RESULTS[check.result].word,
                interval=interval(check),
            )
        )
    lines += [f"{label}: {text}" for label, text in remarks(verdict)]
    return lines + [_("Threshold for {source}", source=source) for source in sources(verdict)]
