"""What every format says in the same words: outcomes, kinds, ranks, luck, and what is still missing."""

from typing import NamedTuple

from grader.report.labels import visible
from grader.schema import Check, Evidence, Exercise, Lookalike, Outcome, Report, Verdict
from grader.scoring import LUCK_LIMIT
from grader.wording import STATISTICS, title


class Sign(NamedTuple):
    """A word with the symbol that stands beside it; colour only ever repeats what they say."""

    symbol: str
    word: str


OUTCOMES: dict[Outcome, Sign] = {
    "confirmed": Sign("\N{CHECK MARK}", "confirmed"),
    "refuted": Sign("\N{BALLOT X}", "refuted"),
    "not_graded": Sign("\N{WHITE CIRCLE}", "not graded"),
}
RESULTS: dict[str, Sign] = {
    "over": Sign("\N{CHECK MARK}", "over the threshold"),
    "borderline": Sign("\N{ALMOST EQUAL TO}", "borderline: the threshold lies inside the interval"),
    "under": Sign("\N{BALLOT X}", "under the threshold"),
}
BORDERLINE = "Borderline: the threshold lies inside the measured interval."
MOST_DECIMALS = 6
LEAST_PERCENT = 0.1


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, ..."""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def rank(verdict: Verdict) -> str:
    """`3rd of 144 heads`, or nothing where the rank is not told."""
    if verdict.rank is None:
        return ""
    return f"{ordinal(verdict.rank)} of {verdict.of} heads" if verdict.of else ordinal(verdict.rank)


def looks_like(lookalike: Lookalike, of: int | None) -> str:
    """What the head is instead."""
    place = f"{ordinal(lookalike.rank)} of {of} heads" if of else ordinal(lookalike.rank)
    return f"{title(lookalike.kind)} (score {lookalike.score:.2f}, {place})"


def apart(measured: float, needed: float) -> tuple[str, str]:
    """Both numbers with two decimals, or with as many more as it takes to tell them apart."""
    for decimals in range(2, MOST_DECIMALS):
        if measured == needed or round(measured, decimals) != round(needed, decimals):
            break
    return f"{measured:.{decimals}f}", f"{needed:.{decimals}f}"


def scale(check: Check) -> float:
    """Where the bar of a check ends: 1, or beyond for what is no fraction (lift)."""
    return 1.0 if check.statistic != "lift" else max(2 * check.at_least, 1.1 * max(check.measured, check.interval[1]))


def interval(check: Check) -> str:
    """The 95 % interval of a check."""
    return f"{check.interval[0]:.2f} to {check.interval[1]:.2f}"


def sources(verdict: Verdict) -> list[str]:
    """Where the thresholds of a verdict come from, each source once: `share, hit rate: Voita et al. 2019`."""
    statistics: dict[str, list[str]] = {}
    for check in verdict.threshold:
        named = statistics.setdefault(visible(check.source), [])
        if STATISTICS[check.statistic] not in named:
            named.append(STATISTICS[check.statistic])
    return [f"{', '.join(named)}: {source}" for source, named in statistics.items()]


def evidence(of: Evidence) -> str:
    """What was found on the student's own sentence."""
    numbers = [
        f"{name} {value:.2f}" for name, value in (("share", of.share), ("hit rate", of.hit_rate)) if value is not None
    ]
    if not numbers:
        return "recomputed and drawn; this kind is not measured on a single sentence"
    return f"{', '.join(numbers)} over {plural(of.queries, 'query', 'queries')}"


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
        return f"less than {LEAST_PERCENT} %"
    if 100 - LEAST_PERCENT < value < 100:
        return f"more than {100 - LEAST_PERCENT} %"
    return f"{value:.0f} %" if value >= 10 or value == round(value) else f"{value:.1f} %"


def luck(report: Report) -> str:
    """How far the score may be due to guessing."""
    if not report.gradable:
        return ""
    return f"Random claims of the same kinds would do this well {percent(report.luck)} of the time."


def who(report: Report) -> str:
    """The student's name, on one line; nothing where it is not known."""
    return visible(report.student or "")


def standing(report: Report) -> Sign:
    """Passed, not passed, or not graded at all."""
    if not report.gradable:
        return OUTCOMES["not_graded"]
    return (
        Sign(OUTCOMES["confirmed"].symbol, "passed")
        if report.passed
        else Sign(OUTCOMES["refuted"].symbol, "not passed")
    )


def missing(report: Report, exercise: Exercise | None) -> str:
    """What a submission that has not passed lacks; nothing for one that has."""
    if not report.gradable:
        return "None of the claims could be measured, so there is no grade and no attempt is used up."
    if report.passed or exercise is None:
        return ""
    lacking = []
    if report.score < exercise.pass_at:
        lacking.append(f"a score of {percent(exercise.pass_at)}")
    if report.kinds_confirmed < exercise.kinds_needed:
        more = exercise.kinds_needed - report.kinds_confirmed
        lacking.append(f"a confirmed head of {plural(more, 'more kind', 'more kinds')}")
    if report.luck > LUCK_LIMIT:
        lacking.append(f"more than luck (random claims may do this well {percent(LUCK_LIMIT)} of the time at most)")
    return f"Still needed to pass: {'; '.join(lacking)}." if lacking else ""


def worth(verdict: Verdict, report: Report, exercise: Exercise | None) -> str:
    """What one claim earned or cost; nothing where it is neither, or not told."""
    if report.feedback != "all":
        return ""
    if verdict.outcome == "refuted" and exercise is not None:
        return f"costs {plural_points(exercise.wrong_costs)}"
    return f"+{plural_points(verdict.points)}" if verdict.points > 0 else ""


def plural_points(number: float) -> str:
    """`1 point`, `2.5 points`."""
    return f"{points(number)} {'point' if number == 1 else 'points'}"


def result(report: Report) -> str:
    """Score and points in one line."""
    return f"score {percent(report.score)}, {points(report.points)} of {points(report.possible)} points"


def earned(report: Report) -> str:
    """Kinds confirmed and XP, in one line."""
    kinds = plural(report.kinds_confirmed, "kind", "kinds")
    return f"{kinds} confirmed; {report.xp} XP (a claim earns it once)"


def remarks(verdict: Verdict) -> list[tuple[str, str]]:
    """What stands beside the numbers, each with its label; nothing that is not told."""
    told = []
    if place := rank(verdict):
        told.append(("Rank", place))
    if verdict.looks_like:
        told.append(("Looks like", looks_like(verdict.looks_like, verdict.of)))
    if verdict.evidence:
        quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{visible(verdict.evidence.text)}\N{RIGHT DOUBLE QUOTATION MARK}"
        told.append(("Your sentence", f"{quoted}: {evidence(verdict.evidence)}"))
    if verdict.claim.note:
        told.append(("Your note", visible(verdict.claim.note)))
    if verdict.help:
        told.append(("Hint", visible(verdict.help)))
    return told


def account(verdict: Verdict) -> list[str]:
    """A verdict as plain lines, for platforms that show text and nothing else."""
    lines = [visible(verdict.rationale)]
    if verdict.borderline:
        lines.append(BORDERLINE)
    for check in verdict.threshold:
        measured, needed = apart(check.measured, check.at_least)
        found = f"{STATISTICS[check.statistic]} on {visible(check.on)}: measured {measured}, needed {needed}"
        lines.append(f"{found} ({RESULTS[check.result].word}; 95 % interval {interval(check)})")
    lines += [f"{label}: {text}" for label, text in remarks(verdict)]
    return lines + [f"Threshold for {source}" for source in sources(verdict)]
