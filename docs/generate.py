"""The parts of the documentation that follow from the code: `make generated`.

`docs/detectors.md` and the glossary's line on types follow from the registry of head types, `docs/schema` from the
records, and the variables in `docs/operations.md` from the settings. A test compares; what stands between the marks of
a page is written here, the rest by hand.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from grader.cli.commands.schema import RECORDS, rendered
from grader.exercises.thresholds import defaults
from grader.kinds import TYPES
from grader.kinds.definition import HeadType
from grader.schema import Threshold
from grader.service.settings import VARIABLES

DOCS = Path(__file__).parent
OF_TYPES, OF_VARIABLES = "grader/kinds/types", "grader/service/settings.py"
"""The sources of the generated parts, which their first marks name."""
END = "<!-- end of the generated part -->"
STATISTICS = {"share": "share", "hit_rate": "hit rate", "lead": "lead", "lift": "lift"}


def generated() -> dict[Path, str]:
    """Return each file with the content that it ought to have."""
    detectors, glossary, operations = (DOCS / f"{name}.md" for name in ("detectors", "glossary", "operations"))
    schemas = {DOCS / "schema" / f"{name}.json": rendered(name) + "\n" for name in RECORDS}
    return {
        detectors: between_marks(detectors, OF_TYPES, "\n" + "\n".join(map(section, TYPES.values()))),
        operations: between_marks(operations, OF_VARIABLES, variables()),
        glossary: re.sub(r"^\| type \|.*$", type_line(), glossary.read_text(encoding="utf-8"), flags=re.MULTILINE),
        **schemas,
    }


def between_marks(page: Path, source: str, text: str) -> str:
    """Return the page with this text between the marks of the part that is generated from the source."""
    begin = f"<!-- generated from {source} -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n{text}\n{END}{after}"


def variables() -> str:
    """Return the table of the service's environment variables."""
    rows = (f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items())
    return "\n".join(["| variable | meaning |", "|---|---|", *rows])


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
    yield f"\n**Look-alikes.** {' '.join(f'A *{each.name}*: {each.knows}' for each in of.lookalikes)}\n"
    yield f"**Confound.** {of.confound}\n"
    yield f"**Literature.** {of.literature}\n"
    if of.remark:
        yield f"{of.remark}\n"


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
