"""`grade atlas`: every head of any transformer under all kinds that apply, without an exercise; or two compared."""

import shutil
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from grader.base import home
from grader.cli.options import FORMAT, Device, OutPath, print_or_write, progress
from grader.exercises.usual import named
from grader.schema import Kind, ProbeSettings

if TYPE_CHECKING:
    from grader.laboratory.atlas import AtlasLaboratory

KINDS = "--kinds"


class AtlasFormat(StrEnum):
    """The formats of an atlas."""

    text = "text"
    json = "json"
    csv = "csv"
    html = "html"


KindNames = Annotated[
    list[str] | None,
    typer.Option(KINDS, help="Only these kinds, such as induction,positional:-1; can be repeated.", metavar="K,..."),
]


def atlas(
    transformer: Annotated[
        str,
        typer.Argument(
            help="One on the hub (owner/name@revision), a folder, a .gguf file, or an exercise.",
            metavar="TRANSFORMER",
            show_default=False,
        ),
    ],
    kinds: KindNames = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Show instead which heads came, went and moved from TRANSFORMER to this.", metavar="OTHER"),
    ] = None,
    device: Device = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The seed of the probes.")] = 0,
    top: Annotated[int, typer.Option(min=1, help="The best N heads of each kind, in text.", metavar="N")] = 3,
    form: Annotated[AtlasFormat, FORMAT] = AtlasFormat.text,
    out: OutPath = None,
) -> None:
    """Score every head of any transformer under all kinds that apply, without an exercise."""
    asked = named_kinds(kinds)
    with progress() as shown:
        from grader.laboratory.atlas import AtlasLaboratory

        folder, settings = home.writable_folder(home.TABLES), ProbeSettings.model_validate({"seed": seed})
        laboratories = [
            AtlasLaboratory(
                word, folder, kinds=asked, settings=settings, kinds_source=KINDS, device=device, **shown._asdict()
            )
            for word in (transformer, *(() if compare is None else (compare,)))
        ]
        show = _atlas if compare is None else _comparison
        result = show(laboratories, form, top)
    print_or_write(result, out)


def named_kinds(words: Sequence[str] | None) -> list[Kind] | None:
    """Return the kinds that the option names, joined by commas or repeated; None if it is left out.

    Raises:
        InvalidInput: A name means no kind.
    """
    if words is None:
        return None
    return named((name for word in words for name in map(str.strip, word.split(",")) if name), KINDS)


def _atlas(laboratories: Sequence["AtlasLaboratory"], form: AtlasFormat, top: int) -> str:
    """Return the atlas of the one laboratory."""
    from grader.grading.atlas import atlas_of
    from grader.report.text import atlas as text

    (lab,) = laboratories
    if form is AtlasFormat.html:
        from grader.report.pages import atlas as page
        from grader.report.pages import scan

        drawn = {place: lab.picture(kind, place) for place, kind in scan.worth_drawing(lab.standings).items()}
        return page.render(lab.standings, drawn, lab.left_out)
    whole = atlas_of(lab.standings, lab.left_out)
    if form is AtlasFormat.json:
        return whole.model_dump_json(indent=2)
    if form is AtlasFormat.csv:
        return text.table(whole)
    return text.text(whole, lab.standings, shutil.get_terminal_size().columns, top)


def _comparison(laboratories: Sequence["AtlasLaboratory"], form: AtlasFormat, top: int) -> str:
    """Return the comparison of the two laboratories."""
    from grader.grading.atlas import atlas_of, compare
    from grader.report.text import atlas as text

    comparison = compare(*(atlas_of(lab.standings, lab.left_out) for lab in laboratories))
    if form is AtlasFormat.html:
        from grader.report.pages import atlas as page

        return page.compared(comparison, *(lab.standings for lab in laboratories))
    if form is AtlasFormat.json:
        return comparison.model_dump_json(indent=2)
    return text.compared_table(comparison) if form is AtlasFormat.csv else text.compared_text(comparison, top)
