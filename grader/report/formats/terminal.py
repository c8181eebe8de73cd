"""The report for a terminal: readable in 80 columns, in a pipe, without colour and without Unicode."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TextIO

from grader.base.language import _
from grader.base.numbers import measured_and_needed
from grader.base.screen import Clean
from grader.exercises.names import STATISTICS, statistic
from grader.report.formats import Failure, Material
from grader.report.text import causal, glossary, words
from grader.report.text.labels import cells, padded, shorten, visible
from grader.report.text.styled import Text
from grader.schema import Exercise, Report, ThresholdResult, Verdict, title

STYLES = {
    "confirmed": "bold green",
    "passed": "bold green",
    "over": "green",
    "refuted": "bold red",
    "not passed": "bold red",
    "under": "red",
    "not graded": "bold yellow",
    "not confirmed yet": "bold yellow",
    "borderline": "yellow",
}
PLAIN = str.maketrans(
    {
        "\N{CHECK MARK}": "+",
        "\N{BALLOT X}": "x",
        "\N{WHITE CIRCLE}": "o",
        "\N{ALMOST EQUAL TO}": "~",
        "\N{FULL BLOCK}": "#",
        "\N{LIGHT SHADE}": ".",
        "\N{BOX DRAWINGS HEAVY VERTICAL}": "|",
        "\N{MIDDLE DOT}": "-",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{HORIZONTAL ELLIPSIS}": "~",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{OPEN BOX}": "_",
        "\N{MEDIUM SHADE}": "=",
        "\N{DARK SHADE}": "%",
    }
)
"""The ASCII signs for an encoding without Unicode."""
NARROWEST, WIDEST = 32, 100
LONGEST_BAR, SHORTEST_BAR, INDENT, SLICE_CELLS = 24, 6, 4, 22
BESIDE = 3
"""The columns for two spaces beside a bar, and for ">=", which is one letter longer than the sign for it."""


def show(material: Material) -> str:
    """Return the report as text, as suits a file or the terminal."""
    write = render if material.to_file else for_stream
    return write(material.report, material.exercise)


def failed(failure: Failure) -> str:
    """Return the state and all problems as text."""
    return "\n".join(failure.lines) + "\n"


def render(
    report: Report,
    exercise: Exercise | None = None,
    *,
    width: int | None = None,
    colour: bool = False,
    encoding: str = "utf-8",
) -> str:
    """Return the report as text in `encoding`; with the exercise, it also says what a pass still needs."""
    columns = max(NARROWEST, min(width or 80, WIDEST))
    lines = (line for block in _blocks(report, exercise, columns) for line in block.lines(columns, colour=colour))
    return Clean(fit("\n".join(lines) + "\n", encoding))


def for_stream(report: Report, exercise: Exercise | None = None, stream: TextIO | None = None) -> str:
    """Return the report for `stream` (standard output): in colour on a terminal unless NO_COLOR is set."""
    stream = stream or sys.stdout
    on_terminal = stream.isatty()
    return render(
        report,
        exercise,
        width=shutil.get_terminal_size().columns if on_terminal else None,
        colour=on_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        encoding=getattr(stream, "encoding", None) or "ascii",
    )


def fit(text: str, encoding: str) -> str:
    """Return `text` in characters that `encoding` has; symbols become ASCII signs."""
    if unicode_works(encoding):
        return text
    return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)


def unicode_works(encoding: str) -> bool:
    """Return whether `encoding` has our symbols."""
    try:
        "".join(map(chr, PLAIN)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _blocks(report: Report, exercise: Exercise | None, columns: int) -> Iterator[Text]:
    yield Text((visible(_(exercise.title) if exercise else report.exercise), "bold"))
    facts = [
        _("{exercise} version {version}", exercise=report.exercise, version=report.exercise_version),
        _("transformer {name}", name=visible(report.transformer)),
    ]
    if name := words.student_name(report):
        facts.append(_("student {name}", name=name))
    yield Text((" \N{MIDDLE DOT} ".join(facts), "dim"))
    for line in causal.without(report):
        yield Text(line)
    if report.feedback != "score":
        for verdict in report.verdicts:
            yield Text()
            yield from _verdict(verdict, report, exercise, columns)
    yield Text()
    yield from _total(report, exercise)
    if report.feedback != "score":
        yield from _sources(report)
        yield from _definitions(report)


def _sources(report: Report) -> Iterator[Text]:
    """Yield each source of a threshold once, with the kinds that it is for."""
    sources: dict[str, dict[str, None]] = {}
    for verdict in report.verdicts:
        for check in verdict.threshold:
            name = f"{title(verdict.claim)} ({statistic(check.statistic)})"
            sources.setdefault(visible(_(check.source)), {})[name] = None
    if sources:
        yield Text()
        yield Text((_("Where the thresholds come from"), "bold dim"))
    for source, names in sources.items():
        yield _indented(f"{'; '.join(names)}: {source}", "dim")


def _definitions(report: Report) -> Iterator[Text]:
    """Yield a definition for each statistic in the report."""
    if statistics := glossary.statistics_in(report):
        yield Text()
        yield Text((_("How to read this"), "bold dim"))
        for line in glossary.lines(statistics):
            yield _indented(line, "dim")


def _verdict(verdict: Verdict, report: Report, exercise: Exercise | None, columns: int) -> Iterator[Text]:
    sign = words.sign(verdict)
    headline = Text(
        (f"{sign.symbol} {verdict.claim.place}  {sign.word}", STYLES[sign.name]), f"  {title(verdict.claim)}"
    )
    if points := words.points_of(verdict, report, exercise):
        headline = Text(headline, (f"  ({points})", "dim"))
    yield headline
    yield _indented(visible(words.rationale(verdict)))
    if remark := words.borderline(verdict):
        yield _indented(remark, STYLES["borderline"])
    yield from _checks(verdict, columns)
    for label, quote, text in words.remarks(verdict):
        yield _indented(Text((f"{label}: ", "bold"), quote, text))


def _checks(verdict: Verdict, columns: int) -> Iterator[Text]:
    """Yield a line for each check: name, measured, bar with threshold, needed, interval; two in a narrow window."""
    slice_cells = max((min(cells(visible(_(check.on))), SLICE_CELLS) for check in verdict.threshold), default=0)
    rows = [(check, *_beside_bar(check, slice_cells)) for check in verdict.threshold]
    used = max((cells(before) + cells(after) for _, before, after in rows), default=0)
    room = min(columns - INDENT - used - BESIDE, LONGEST_BAR)
    for check, before, after in rows:
        start = (before, STYLES[check.result])
        if room >= SHORTEST_BAR:
            yield _indented(Text(start, " ", _bar(check, room), " ", after))
        else:
            yield _indented(Text(start))
            yield _indented(Text(after), indent=INDENT + 2)


def _beside_bar(check: ThresholdResult, slice_cells: int) -> tuple[str, str]:
    """Return the texts left and right of a bar; the name of the slice takes `slice_cells` cells."""
    slice_ = padded(shorten(visible(_(check.on)), slice_cells), slice_cells)
    measured, needed = measured_and_needed(check.measured, check.at_least)
    name = padded(statistic(check.statistic), max(cells(statistic(name)) for name in STATISTICS))
    before = f"{words.RESULTS[check.result].symbol} {name} {slice_} {measured:>5}"
    return before, f"\N{GREATER-THAN OR EQUAL TO} {needed}  {words.interval(check)}"


def _bar(check: ThresholdResult, length: int) -> Text:
    """Return a bar that is filled up to the measured value and has a heavy line at the threshold."""
    end = words.bar_end(check)
    filled = round(length * min(max(check.measured / end, 0), 1))
    mark = min(int(length * check.at_least / end), length - 1)
    drawn = ["\N{FULL BLOCK}" if place < filled else "\N{LIGHT SHADE}" for place in range(length)]
    bar, style = "".join(drawn), STYLES[check.result]
    return Text((bar[:mark], style), ("\N{BOX DRAWINGS HEAVY VERTICAL}", "bold"), (bar[mark + 1 :], style))


def _total(report: Report, exercise: Exercise | None) -> Iterator[Text]:
    sign = words.total_sign(report)
    line = Text((f"{sign.symbol} {sign.word}", STYLES[sign.name]))
    if report.gradable:
        line = Text(line, (f"  {words.score_line(report, exercise)}", STYLES[sign.name]))
    yield line
    lines = [words.late(report), words.still_needed(report, exercise)]
    lines += [words.kinds_and_xp(report) if report.gradable else "", words.luck(report)]
    for text in filter(None, lines):
        yield _indented(text)
    if report.basis is not None:
        yield _indented(_("measured on {device}", device=words.measured_on(report.basis)), "dim")
    if report.content_hash:
        proof = _("report {hash}, grader {version}", hash=report.content_hash[:12], version=report.grader_version)
        yield _indented(proof, "dim")


def _indented(text: str | Text, style: str = "", indent: int = INDENT) -> Text:
    return Text((text, style) if isinstance(text, str) else text, indent=indent)
