"""The words that all formats of the report share: outcomes, ranks, numbers, luck, and what a pass still needs."""

from typing import NamedTuple

from grader.base.language import LANGUAGES, N_, _, ngettext, spoken
from grader.base.numbers import LEAST_PERCENT, measured_and_needed, number, percent
from grader.exercises.names import statistic
from grader.exercises.scoring import LUCK_LIMIT, circuit_points_each, deciding_score, points_each
from grader.grading import rationale as reasons
from grader.report.text import causal
from grader.report.text.labels import visible
from grader.schema import Basis, Evidence, Exercise, Fit, OtherKind, Outcome, Report, ThresholdResult, Verdict, title

DEVICES = {"cpu": N_("the CPU"), "cuda": N_("a GPU (cuda)"), "mps": N_("a GPU (mps)")}
"""The kinds of devices in words."""


class Remark(NamedTuple):
    """A fact beside the numbers of a verdict."""

    label: str
    quote: str
    """The student's own words; may be empty."""
    text: str
    """Our words, which come after the quote; may be empty."""


class Sign(NamedTuple):
    """A word with its symbol; colour only repeats what they say."""

    symbol: str
    name: str
    """The word in English."""

    @property
    def word(self) -> str:
        """The word in the present language."""
        return _(self.name)


OUTCOMES: dict[Outcome, Sign] = {
    "confirmed": Sign("\N{CHECK MARK}", N_("confirmed")),
    "refuted": Sign("\N{BALLOT X}", N_("refuted")),
    "not_graded": Sign("\N{WHITE CIRCLE}", N_("not graded")),
}
TOO_CLOSE = Sign("\N{ALMOST EQUAL TO}", N_("not confirmed yet"))
STANDINGS: dict[Outcome, Sign] = {
    "confirmed": OUTCOMES["confirmed"],
    "refuted": Sign("\N{MIDDLE DOT}", N_("not confirmed")),
    "not_graded": TOO_CLOSE,
}
"""The sign of a measured head that nobody claims."""
PASSED = Sign(OUTCOMES["confirmed"].symbol, N_("passed"))
NOT_PASSED = Sign(OUTCOMES["refuted"].symbol, N_("not passed"))
RESULTS: dict[str, Sign] = {
    "over": Sign("\N{CHECK MARK}", N_("over the threshold")),
    "borderline": Sign("\N{ALMOST EQUAL TO}", N_("borderline: the threshold lies inside the interval")),
    "under": Sign("\N{BALLOT X}", N_("under the threshold")),
}
BORDERLINE = N_("Borderline: the threshold lies inside the measured interval.")
COUNTS_FROM_ONE = N_(
    "Did you count from 1? Layers and heads are counted from 0: with 1 less in each layer and each head, at least half "
    "of these claims would be confirmed."
)


def sign(verdict: Verdict) -> Sign:
    """Return the sign of a verdict: that of its outcome, or `not confirmed yet`."""
    return TOO_CLOSE if verdict.why_not == "too_close" else OUTCOMES[verdict.outcome]


def rationale(verdict: Verdict) -> str:
    """Return a verdict's rationale: the stored text in English, a new one from the same numbers in other languages."""
    return verdict.rationale if spoken() == LANGUAGES[0] else reasons.in_words(verdict)


def borderline(verdict: Verdict) -> str:
    """Return the remark on a borderline verdict; empty text if there is none, or if the rationale says it already."""
    return _(BORDERLINE) if verdict.borderline and verdict.why_not is None else ""


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `3rd`, `11th`, ..."""
    if spoken() != LANGUAGES[0]:
        return _("no. {number}", number=number)
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def rank(verdict: Verdict) -> str:
    """Return `3rd of 144 heads`, or empty text if the report has no ranks."""
    if verdict.rank is None:
        return ""
    return _place(verdict.rank, verdict.of)


def looks_like(lookalike: OtherKind, of: int | None) -> str:
    """Return the kind that the head has instead, with score and rank."""
    place, score = _place(lookalike.rank, of), f"{lookalike.score:.2f}"
    return _("{kind} (score {score}, {place})", kind=title(lookalike.kind), score=score, place=place)


def fits(fit: Fit) -> str:
    """Return the look-alike that the head fits best, and what that knows."""
    return _(
        "the look-alike {name}, on {percent} of the queries. {knows}",
        name=_(fit.lookalike),
        percent=percent(fit.agreement),
        knows=_(fit.knows),
    )


def _place(number: int, of: int | None) -> str:
    place = ordinal(number)
    return _("{place} of {heads} heads", place=place, heads=of) if of else place


def bar_end(check: ThresholdResult) -> float:
    """Return the value at the end of a check's bar: 1, or more for a lift, which is not a fraction."""
    return 1.0 if check.statistic != "lift" else max(2 * check.at_least, 1.1 * max(check.measured, check.interval[1]))


def interval(check: ThresholdResult) -> str:
    """Return the 95 % interval of a check."""
    low, high = check.interval
    return _("{low} to {high}", low=number(low, check.at_least), high=number(high, check.at_least))


def sources(verdict: Verdict) -> list[str]:
    """Return each source of a verdict's thresholds once: `share, hit rate: Voita et al. 2019`."""
    statistics: dict[str, list[str]] = {}
    for check in verdict.threshold:
        of_source = statistics.setdefault(visible(_(check.source)), [])
        if statistic(check.statistic) not in of_source:
            of_source.append(statistic(check.statistic))
    return [f"{', '.join(of_source)}: {source}" for source, of_source in statistics.items()]


def evidence_result(evidence: Evidence) -> str:
    """Return the numbers that were measured on the student's own sentence, or why there are none."""
    if evidence.missing:
        return _("not looked at: the transformer, or what measures it, was not installed where this was graded")
    numbers = [] if evidence.share is None else [f"{statistic('share')} {evidence.share:.2f}"]
    if evidence.hit_rate is not None:
        numbers.append(f"{statistic('hit_rate')} {evidence.hit_rate:.2f}")
    if not numbers:
        return _("recomputed and drawn, but not measured: we do not know the targets of this kind in this sentence")
    return ngettext(
        "{numbers} over {number} query",
        "{numbers} over {number} queries",
        evidence.queries,
        numbers=", ".join(numbers),
    )


def plural(number: int, singular: str, plural_form: str) -> str:
    """Return `1 head`, `2 heads`."""
    return f"{number} {singular if number == 1 else plural_form}"


def points(number: float) -> str:
    """Return points without needless decimals."""
    return f"{round(number, 2) + 0.0:g}"


def luck(report: Report) -> str:
    """Return the chance that random claims do as well; a chance that was rounded to 0 is shown as a small one."""
    if not report.gradable:
        return ""
    chance = report.luck or LEAST_PERCENT / 200
    return _("Random claims of the same kinds would do this well {percent} of the time.", percent=percent(chance))


def student_name(report: Report) -> str:
    """Return the student's name on one line, or empty text if it is not known."""
    return visible(report.student or "")


def total_sign(report: Report) -> Sign:
    """Return the sign for passed, not passed or not graded."""
    if not report.gradable:
        return OUTCOMES["not_graded"]
    return PASSED if report.passed else NOT_PASSED


def still_needed(report: Report, exercise: Exercise | None) -> str:
    """Return what a submission still needs to pass, and if it seems to count from 1; empty text if it has passed."""
    counting = _(COUNTS_FROM_ONE) if report.counts_from_one else ""
    return " ".join(filter(None, [_lacking(report, exercise), counting]))


def _lacking(report: Report, exercise: Exercise | None) -> str:
    if not report.gradable:
        return _("None of the claims could be decided, so there is no grade and no attempt is used up.")
    if report.passed or exercise is None:
        return ""
    lacking = []
    if deciding_score(report, exercise) < exercise.pass_at:
        lacking.append(_("a score of {percent}", percent=percent(exercise.pass_at, report.score)))
    if report.kinds_confirmed < exercise.kinds_needed:
        more = exercise.kinds_needed - report.kinds_confirmed
        lacking.append(
            ngettext("a confirmed head of {number} more kind", "a confirmed head of {number} more kinds", more)
        )
    if report.luck > LUCK_LIMIT:
        message = N_("a result that is more than luck (random claims may do this well at most {percent} of the time)")
        lacking.append(_(message, percent=percent(LUCK_LIMIT)))
    return _("Still needed to pass: {lacking}.", lacking="; ".join(lacking)) if lacking else ""


def points_of(verdict: Verdict, report: Report, exercise: Exercise | None) -> str:
    """Return what one claim, with its circuit, earned and cost; empty text if nothing, or if feedback hides points."""
    if report.feedback != "all":
        return ""
    parts = [f"+{plural_points(earned(verdict))}"] if earned(verdict) > 0 else []
    wrong = [verdict.outcome, verdict.circuit.result if verdict.circuit else None].count("refuted")
    if wrong and exercise is not None:
        parts.append(_("costs {points}", points=plural_points(wrong * exercise.wrong_costs)))
    return ", ".join(parts)


def earned(verdict: Verdict) -> float:
    """Return the points for the claim and for the circuit in it."""
    return verdict.points + (verdict.circuit.points if verdict.circuit else 0.0)


def worth(verdict: Verdict, exercise: Exercise) -> float:
    """Return the most points for such a claim and for the circuit in it; 0 if its kind is not asked for."""
    asked = exercise.asked(verdict.claim.kind)
    if asked is None:
        return 0.0
    fed = exercise.asked(verdict.circuit.kind) if verdict.circuit else None
    return points_each(asked) + (circuit_points_each(fed.circuits) if fed and fed.circuits else 0.0)


def heading(verdict: Verdict) -> str:
    """Return a claim and its outcome in one line."""
    return f"{verdict.claim.place} {title(verdict.claim)}: {sign(verdict).word}"


def plural_points(number: float) -> str:
    """Return `1 point`, `2.5 points`."""
    return ngettext("{points} point", "{points} points", 1 if number == 1 else 2, points=points(number))


def score(report: Report, exercise: Exercise | None) -> str:
    """Return the score that counts, so that it differs from the one that it misses."""
    return percent(report.score, exercise.pass_at if exercise else None)


def late(report: Report) -> str:
    """Return the part of the score that lateness leaves, in a sentence; empty text if it is not late."""
    return _("Late: {credit} of the score counts.", credit=percent(report.credit)) if report.credit < 1 else ""


def score_line(report: Report, exercise: Exercise | None = None) -> str:
    """Return score and points in one line."""
    return _(
        "score {percent}, {points} of {possible} points",
        percent=score(report, exercise),
        points=points(report.points),
        possible=points(report.possible),
    )


def kinds_and_xp(report: Report) -> str:
    """Return the number of confirmed kinds and the XP in one line."""
    return ngettext(
        "{number} kind confirmed; {xp} XP (each claim earns XP once)",
        "{number} kinds confirmed; {xp} XP (each claim earns XP once)",
        report.kinds_confirmed,
        xp=report.xp,
    )


def result_lines(report: Report, exercise: Exercise | None) -> list[str]:
    """Return what is said of a whole report below its score: what is lacking, kinds, XP, luck, and causal evidence."""
    lines = [late(report), still_needed(report, exercise), kinds_and_xp(report) if report.gradable else ""]
    return [line for line in (*lines, luck(report), *causal.without(report)) if line]


def summary(report: Report, exercise: Exercise | None) -> str:
    """Return what is said of a whole report, for platforms that show a number beside it whatever happens."""
    message = f"{score_line(report, exercise)}." if report.gradable else _("this 0 is not a grade.")
    return "\n".join([f"{total_sign(report).word.capitalize()}: {message}", *result_lines(report, exercise)])


def remarks(verdict: Verdict) -> list[Remark]:
    """Return the facts beside the numbers: rank, other kind, causal evidence, own sentence and note, and the hint."""
    facts = []
    if place := rank(verdict):
        facts.append(Remark(_("Rank"), "", place))
    if verdict.looks_like:
        facts.append(Remark(_("Looks like"), "", looks_like(verdict.looks_like, verdict.of)))
    if verdict.fits:
        facts.append(Remark(_("Fits"), "", fits(verdict.fits)))
    facts += [Remark(label, "", text) for label, text in causal.facts(verdict)]
    if verdict.evidence:
        quote = f"\N{LEFT DOUBLE QUOTATION MARK}{visible(verdict.evidence.text)}\N{RIGHT DOUBLE QUOTATION MARK}"
        facts.append(Remark(_("Your sentence"), f"{quote}: ", evidence_result(verdict.evidence)))
    if verdict.claim.note:
        facts.append(Remark(_("Your note"), visible(verdict.claim.note), ""))
    if verdict.help:
        facts.append(Remark(_("Hint"), "", visible(_(verdict.help))))
    return facts


def verdict_lines(verdict: Verdict) -> list[str]:
    """Return a verdict as plain lines, for platforms that show only text."""
    return [*conclusion(verdict), *check_lines(verdict), *remark_lines(verdict), *source_lines(verdict)]


def conclusion(verdict: Verdict) -> list[str]:
    """Return what was found and, of a head near a threshold, what that means."""
    return [visible(rationale(verdict)), *filter(None, [borderline(verdict)])]


def check_lines(verdict: Verdict) -> list[str]:
    """Return a line for each threshold: what was measured, and what was needed."""
    lines = []
    for check in verdict.threshold:
        measured, needed = measured_and_needed(check.measured, check.at_least)
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
    return lines


def remark_lines(verdict: Verdict) -> list[str]:
    """Return the facts beside the numbers, each on a line."""
    return [f"{label}: {quote}{text}" for label, quote, text in remarks(verdict)]


def source_lines(verdict: Verdict) -> list[str]:
    """Return where each threshold comes from."""
    return [_("Threshold for {source}", source=source) for source in sources(verdict)]


def measured_on(basis: Basis) -> str:
    """Return where heads were measured, and in which precision."""
    device = _(DEVICES[basis.device]) if basis.device in DEVICES else visible(basis.device)
    return f"{device}, {basis.precision}"
