"""The report on a terminal: good at 80 columns, in a pipe, without colour and without Unicode."""

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TextIO

from grader.base.language import _
from grader.exercises.names import STATISTICS, statistic
from grader.report.formats import Material
from grader.report.text import words
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
"""What stands in where the encoding has no Unicode."""
NARROWEST, WIDEST = 32, 100
LONGEST_BAR, SHORTEST_BAR, INDENT, SLICE_CELLS = 24, 6, 4, 22
BESIDE = 3
"""Columns beside a bar: two spaces, and one more where the sign for "at least" is written with two letters."""


def show(material: Material) -> str:
    """Return the report as text, as suits a file or the terminal."""
    write = render if material.to_file else for_stream
    return write(material.report, material.exercise)


def render(
    report: Report,
    exercise: Exercise | None = None,
    *,
    width: int | None = None,
    colour: bool = False,
    encoding: str = "utf-8",
) -> str:
    """The report as text that `encoding` can carry; with the exercise it also says what a pass still needs."""
    columns = max(NARROWEST, min(width or 80, WIDEST))
    lines = (line for block in _blocks(report, exercise, columns) for line in block.lines(columns, colour=colour))
    return fit("\n".join(lines) + "\n", encoding)


def for_stream(report: Report, exercise: Exercise | None = None, stream: TextIO | None = None) -> str:
    """The report as suits `stream` (standard output): colour on a terminal without NO_COLOR, none in a pipe."""
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
    """`text` with everything that `encoding` cannot carry replaced, symbols by their plain likenesses."""
    if unicode_works(encoding):
        return text
    return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)


def unicode_works(encoding: str) -> bool:
    """Whether our symbols can be written in `encoding`."""
    try:
        "".join(map(chr, PLAIN)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _blocks(report: Report, exercise: Exercise | None, columns: int) -> Iterator[Text]:
    yield Text((visible(_(exercise.title) if exercise else report.exercise), "bold"))
    told = [
        _("{exercise} version {version}", exercise=report.exercise, version=report.exercise_version),
        _("transformer {name}", name=visible(report.transformer)),
    ]
    if name := words.who(report):
        told.append(_("student {name}", name=name))
    yield Text((" \N{MIDDLE DOT} ".join(told), "dim"))
    if report.feedback != "score":
        for verdict in report.verdicts:
            yield Text()
            yield from _verdict(verdict, report, exercise, columns)
    yield Text()
    yield from _total(report, exercise)
    yield from _sources(report)


def _sources(report: Report) -> Iterator[Text]:
    """Where the thresholds come from, each source once."""
    told: dict[str, dict[str, None]] = {}
    for verdict in report.verdicts if report.feedback != "score" else ():
        for check in verdict.threshold:
            name = f"{title(verdict.claim)} ({statistic(check.statistic)})"
            told.setdefault(visible(_(check.source)), {})[name] = None
    if told:
        yield Text()
        yield Text((_("Where the thresholds come from"), "bold dim"))
    for source, names in told.items():
        yield _indented(f"{'; '.join(names)}: {source}", "dim")


def _verdict(verdict: Verdict, report: Report, exercise: Exercise | None, columns: int) -> Iterator[Text]:
    sign = words.OUTCOMES[verdict.outcome]
    headline = Text(
        (f"{sign.symbol} {verdict.claim.place}  {sign.word}", STYLES[sign.name]), f"  {title(verdict.claim)}"
    )
    if worth := words.worth(verdict, report, exercise):
        headline = Text(headline, (f"  ({worth})", "dim"))
    yield headline
    yield _indented(visible(words.rationale(verdict)))
    if verdict.borderline:
        yield _indented(_(words.BORDERLINE), STYLES["borderline"])
    yield from _checks(verdict, columns)
    for label, text in words.remarks(verdict):
        yield _indented(Text((f"{label}: ", "bold"), text))


def _checks(verdict: Verdict, columns: int) -> Iterator[Text]:
    """One line for each check: name, measured, bar with threshold, needed, interval; two where it is narrow."""
    on = max((min(cells(visible(_(check.on))), SLICE_CELLS) for check in verdict.threshold), default=0)
    rows = [(check, *_beside_bar(check, on)) for check in verdict.threshold]
    taken = max((cells(before) + cells(after) for _, before, after in rows), default=0)
    room = min(columns - INDENT - taken - BESIDE, LONGEST_BAR)
    for check, before, after in rows:
        start = (before, STYLES[check.result])
        if room >= SHORTEST_BAR:
            yield _indented(Text(start, " ", _bar(check, room), " ", after))
        else:
            yield _indented(Text(start))
            yield _indented(Text(after), indent=INDENT + 2)


def _beside_bar(check: ThresholdResult, on: int) -> tuple[str, str]:
    """What stands left and right of a bar; the slice of the probe takes `on` cells."""
    slice_ = padded(shorten(visible(_(check.on)), on), on)
    measured, needed = words.apart(check.measured, check.at_least)
    name = padded(statistic(check.statistic), max(cells(statistic(each)) for each in STATISTICS))
    before = f"{words.RESULTS[check.result].symbol} {name} {slice_} {measured:>5}"
    return before, f"\N{GREATER-THAN OR EQUAL TO} {needed}  {words.interval(check)}"


def _bar(check: ThresholdResult, length: int) -> Text:
    """Filled up to what was measured, with a heavy line where the threshold lies."""
    end = words.scale(check)
    filled = round(length * min(max(check.measured / end, 0), 1))
    mark = min(int(length * check.at_least / end), length - 1)
    drawn = ["\N{FULL BLOCK}" if place < filled else "\N{LIGHT SHADE}" for place in range(length)]
    bar, style = "".join(drawn), STYLES[check.result]
    return Text((bar[:mark], style), ("\N{BOX DRAWINGS HEAVY VERTICAL}", "bold"), (bar[mark + 1 :], style))


def _total(report: Report, exercise: Exercise | None) -> Iterator[Text]:
    sign = words.standing(report)
    line = Text((f"{sign.symbol} {sign.word}", STYLES[sign.name]))
    if report.gradable:
        line = Text(line, (f"  {words.result(report)}", STYLES[sign.name]))
    yield line
    told = [words.missing(report, exercise), words.earned(report) if report.gradable else "", words.luck(report)]
    for text in filter(None, told):
        yield _indented(text)
    if report.content_hash:
        proof = _("report {hash}, grader {version}", hash=report.content_hash[:12], version=report.grader_version)
        yield _indented(proof, "dim")


def _indented(text: str | Text, style: str = "", indent: int = INDENT) -> Text:
    return Text((text, style) if isinstance(text, str) else text, indent=indent)
