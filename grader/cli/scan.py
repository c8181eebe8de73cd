"""`grade scan`: every head's scores, or one recorded pattern's."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import exercises
from grader.cli.options import AsJson, TransformerPath, laboratory
from grader.errors import InvalidInput, Problem
from grader.schema import Kind
from grader.wording import title


def scan(
    exercise_id: Annotated[str | None, typer.Argument(help="Which exercise's kinds.", metavar="EXERCISE")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="One kind only, such as induction or positional:-1.", metavar="T")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="The best N heads of each kind.", metavar="N")] = None,
    pattern: Annotated[
        Path | None, typer.Option(help="A recorded pattern (.npz with token_ids and attn) instead.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
    transformer: TransformerPath = None,
) -> None:
    """Score every head under every kind that an exercise asks for."""
    if (exercise_id is None) == (pattern is None):
        raise InvalidInput("grade scan", [Problem("usage", "give either an exercise's id or --pattern FILE")])
    if pattern is not None:
        from grader.recorded import scan_file

        found: dict[str, Any] = scan_file(pattern, _kind(type_ or "positional:-1"))
    else:
        from grader.listing import listing

        exercise = exercises.load(str(exercise_id))
        with laboratory(exercise, transformer) as bench:
            found = listing(exercise, bench.table, _kind(type_).name if type_ else None)
    if top is not None:
        found["heads"] = [row for row in found["heads"] if row["rank"] <= top]
    typer.echo(json.dumps(found, indent=2) if as_json else _text(found))


def _kind(name: str) -> Kind:
    """The kind that a name such as `positional:+1` or `syntactic:verb_subject:forward` means."""
    parts = name.split(":")
    data: dict[str, Any] = {"type": parts[0]}
    if len(parts) > 1:
        data["offset" if parts[0] == "positional" else "relation"] = parts[1]
    if len(parts) > 2:
        data["direction"] = parts[2]
    if "offset" in data:
        data["offset"] = _whole(data["offset"], name)
    from pydantic import ValidationError

    try:
        return Kind.model_validate(data)
    except ValidationError as error:
        said = "; ".join(problem["msg"] for problem in error.errors())
        raise InvalidInput("--type", [Problem("unknown-type", f"`{name}`: {said}")]) from None


def _whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInput("--type", [Problem("wrong-type", f"`{name}`: `{text}` is no whole number")]) from None


def _text(found: dict[str, Any]) -> str:
    lines = [f"{found['exercise'] or 'recorded'}: {found['transformer']}"]
    before = ""
    for row in found["heads"]:
        kind = Kind.model_validate({key: row[key] for key in ("type", "offset", "relation", "direction")})
        if kind.name != before:
            lines.append(f"\n{title(kind)}  (baseline {row['baseline']:.2f}, {row['queries']} queries)")
            before = kind.name
        low, high = row["interval"]
        mark = "confirmed" if row["confirmed"] else ""
        lines.append(
            f"  L{row['layer']}H{row['head']:<3} {row['score']:.3f}  [{low:.2f}, {high:.2f}]  "
            f"share {row['share']:.2f}  hit rate {row['hit_rate']:.2f}  {mark}".rstrip()
        )
    return "\n".join(lines)
