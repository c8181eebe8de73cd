"""The parts of the documentation that follow from the code: `make generated`.

`docs/detectors.md` and the glossary's line on types follow from the registry of head types, `docs/schema` from the
records and the web door, the tables of variables, metrics and alarms in `docs/operations.md` from the service, and the
output in the README from the demo itself. A test compares. Only these parts of a page are written here, the rest by
hand.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from grader.cli.commands.schema import RECORDS, rendered
from grader.doors.web import openapi
from grader.exercises.thresholds import defaults
from grader.kinds import LOOKALIKES, TYPES
from grader.kinds.causal import Measure
from grader.kinds.definition import HeadType, OneOf
from grader.measuring.interventions.measures import MEASURES
from grader.measuring.probes.frames import RELATIONS
from grader.measuring.transformer.families import AT_MOST, FAMILIES, Family
from grader.schema import Kind, Threshold
from grader.service.settings import LOOPBACK, VARIABLES, WEB_PORT
from workers.metrics import METRICS

DOCS = Path(__file__).parent
BEGIN, END = "<!-- generated from grader/kinds/types -->", "<!-- end of the generated part -->"
DEMO_BEGIN, DEMO_END = "<!-- demo output -->", "<!-- end of demo output -->"
VARIABLE_MARKS = ("<!-- variables -->", "<!-- end of variables -->")
FAMILY_MARKS = ("<!-- families -->", "<!-- end of families -->")
WAYS = {
    "interface": "attention interface",
    "modules": "its own modules",
    "encoder": "attention interface, of the encoder alone",
    "refused": "none",
}
WEB = f"http://{LOOPBACK}:{WEB_PORT}"
ALARM_MARKS = ("<!-- alarms -->", "<!-- end of alarms -->")
ALARMS = DOCS.parent / "deploy" / "alerts.yaml"
METRIC = re.compile(r"^(\| `(grader_\w+)`(?: by `\w+`)? \| )(.*) \|$", re.MULTILINE)
EXAMPLE = DOCS.parent / "exercises" / "mini-heads" / "my_heads.yaml"
GUESS = "L2H5"
"""The only head of the example that the README shows: it passes for no kind, so that it gives no answer away."""
STATISTICS = {"share": "share", "hit_rate": "hit rate", "lead": "lead", "lift": "lift"}


def generated() -> dict[Path, str]:
    """Return each file with the content that it ought to have."""
    detectors, glossary, readme = DOCS / "detectors.md", DOCS / "glossary.md", DOCS.parent / "README.md"
    operations, families = DOCS / "operations.md", DOCS / "families.md"
    schemas = {DOCS / "schema" / f"{name}.json": rendered(name) + "\n" for name in RECORDS}
    schemas[DOCS / "schema" / "openapi.json"] = openapi.rendered(WEB) + "\n"
    sections = "\n" + "\n".join([*map(section, TYPES.values()), *_matrix()])
    return {
        detectors: between_marks(detectors.read_text(encoding="utf-8"), (BEGIN, END), sections),
        readme: between_marks(readme.read_text(encoding="utf-8"), (DEMO_BEGIN, DEMO_END), demo()),
        glossary: re.sub(r"^\| type \|.*$", type_line(), glossary.read_text(encoding="utf-8"), flags=re.MULTILINE),
        operations: with_tables(operations.read_text(encoding="utf-8")),
        families: between_marks(families.read_text(encoding="utf-8"), FAMILY_MARKS, family_table()),
        **schemas,
    }


def between_marks(page: str, marks: tuple[str, str], text: str) -> str:
    """Return the page with this text between its two marks."""
    begin, end = marks
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{text}\n{end}{after}"


def demo() -> str:
    """Return the part of the demo's output that the README shows: the title, one refuted claim, and the total."""
    with TemporaryDirectory() as home:
        told = {"GRADER_HOME": home, "GRADER_DATABASE_URL": "", "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        command = [sys.executable, "-m", "grader.cli", "submit", str(EXAMPLE)]
        printed = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=True).stdout  # noqa: S603
    title, *claims, total, _sources, _words = printed.strip().split("\n\n")
    (guess,) = (claim for claim in claims if GUESS in claim)
    shown = (title.splitlines()[0], guess, "\n".join(total.splitlines()[:-2]))
    return "\n".join(["```text", "\n\n...\n\n".join(shown), "```"])


def with_tables(page: str) -> str:
    """Return the page on operations with the variables, metrics and alarms that the service has."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    page = between_marks(page, VARIABLE_MARKS, "\n".join(["| variable | meaning |", "|---|---|", *rows]))
    (group,) = yaml.safe_load(ALARMS.read_text("utf-8"))["groups"]
    alarms = [f"| `{a['expr']}` | {a.get('for', '')} | {a['annotations']['summary']} |" for a in group["rules"]]
    page = between_marks(page, ALARM_MARKS, "\n".join(["| alarm | for | meaning |", "|---|---|---|", *alarms]))
    return METRIC.sub(lambda row: f"{row[1]}{METRICS.get(row[2], row[3])} |", page)


def family_table() -> str:
    """Return the families, how the attention of each is reached, and how near it is to the library's own."""
    rows = [
        f"| {family.name} | `{key}` | {WAYS[family.way]} | {', '.join(family.special)} | {_outcome(family)} |"
        for key, family in FAMILIES.items()
    ]
    head = "| family | `model_type` | read through | special, each tested | difference from `output_attentions` |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _outcome(family: Family) -> str:
    return f"refused: {family.why}" if family.way == "refused" else f"at most {AT_MOST:.6f}"


def type_line() -> str:
    """Return the glossary's line on types."""
    names = ", ".join(f"`{name}`" for name in TYPES)
    return f"| type | what a head does: {names} | |"


def section(of: HeadType) -> str:
    """Return what `detectors.md` says of one type."""
    return "\n".join(_lines(of))


def _lines(of: HeadType) -> Iterator[str]:
    yield f"## `{of.name}`\n"
    yield f"**Definition.** {of.definition}\n"
    yield f"**Probe.** {of.probe}\n"
    if of.details:
        yield f"{of.details}\n"
    yield f"**Decides:** {STATISTICS[of.decides]}, on the worst slice.\n"
    yield "| statistic | at least | source |\n|---|---|---|"
    yield from map(_row, defaults(of.name))
    yield f"\n**Look-alikes.** {' '.join(map(_lookalike, of.lookalikes))}\n"
    yield f"**Confound.** {of.confound}\n"
    yield f"**Measure without it.** {'; '.join(_measures(of)) or 'none can be stated'}.\n"
    yield f"**Literature.** {of.literature}\n"
    if of.remark:
        yield f"{of.remark}\n"


def _measures(of: HeadType) -> Iterator[str]:
    """Yield what gets worse without heads of the type, each with the kinds that it belongs to if not to all."""
    choices = [each.values.words if isinstance(each.values, OneOf) else (each.default,) for each in of.parameters]
    keys = [each.name for each in of.parameters]
    kinds = [Kind(type=of.name, **dict(zip(keys, chosen, strict=True))) for chosen in product(*choices)]
    said: dict[str, list[str]] = {}
    for kind in kinds:
        if measure := kind.causal:
            says = measure.says if isinstance(measure, Measure) else MEASURES[measure].says
            said.setdefault(says, []).append(kind.name)
    for says, names in said.items():
        yield says if len(names) == len(kinds) else f"{', '.join(f'`{name}`' for name in names)}: {says}"


def _lookalike(name: str) -> str:
    return f"*{name}*: {LOOKALIKES[name].knows}"


def _matrix() -> Iterator[str]:
    """Yield the table of all look-alikes against all kinds, with the expected outcome of each pair."""
    names = [name for each in LOOKALIKES.values() for name in (*each.rightly, *each.in_decoders)]
    columns = [*dict.fromkeys(names), *(f"syntactic:{relation}" for relation in RELATIONS)]
    yield "## Look-alikes\n"
    yield (
        "Each of these heads is planted in place of a transformer's heads and measured on the probes of every kind, "
        "with the tokenizers of all shipped exercises; `grade calibrate EXERCISE --lookalikes` does it for any "
        "exercise. "
        "+ means that it must be confirmed, because what it knows is the kind; - that it must not.\n"
    )
    yield f"| look-alike | knows | {' | '.join(f'`{name}`' for name in columns)} |"
    yield "|---|---|" + ":-:|" * len(columns)
    for name, each in LOOKALIKES.items():
        cells = ["+" if each.is_of(column, causal=True) else "-" for column in columns]
        yield f"| {name} | {each.knows} | {' | '.join(cells)} |"
    yield ""


def _row(threshold: Threshold) -> str:
    on = f" on {', '.join(f'`{name}`' for name in threshold.slices)}" if threshold.slices else ""
    return f"| `{threshold.statistic}`{on} | {threshold.at_least:g} | {threshold.source} |"


def main() -> None:
    """Write the files that differ."""
    for file, text in generated().items():
        if file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"written: {file.relative_to(DOCS.parent)}")  # noqa: T201 - what `make generated` says


if __name__ == "__main__":
    main()
