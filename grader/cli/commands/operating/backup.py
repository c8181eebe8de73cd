"""`grade backup` and `grade restore`: everything that cannot be made again, into one file and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import say
from grader.ledger import Ledger
from grader.report.text.words import plural

if TYPE_CHECKING:
    from grader.service.backups.manifest import Manifest
    from grader.service.backups.restoring import Restored

SECRETS_ARE_MISSING = "not in it, without --with-secrets: passwords, platforms' signing keys and webhook secrets"
KEEP_IT_SAFE = "This file has every name and grade in it, and our LTI keys: keep it encrypted, and on another machine."


def backup(
    out: Annotated[Path, typer.Option("--out", help="The new file.", metavar="FILE", show_default=False)],
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help="Also passwords, signing keys and webhook secrets."),
    ] = False,
) -> None:
    """Write the ledger and all else that cannot be made again into one file, while the service runs."""
    from grader.service.backups.writing import write

    with Ledger() as ledger:
        manifest = write(ledger, out, with_secrets=with_secrets)
        say(f"{out}: {ledger.where} as it was at {manifest.made_at:%Y-%m-%dT%H:%M:%SZ}")
    for line in _contents(manifest):
        say(f"  {line}")
    say(KEEP_IT_SAFE)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", metavar="FILE", show_default=False)],
    force: Annotated[
        bool, typer.Option("--force", help="Put it in the place of a ledger that has rows, and of other keys.")
    ] = False,
    only_check: Annotated[bool, typer.Option("--check", help="Only check the file; change nothing.")] = False,
) -> None:
    """Put a backup back: everything in it, or nothing if something is wrong with it."""
    from grader.service.backups.restoring import checked

    with checked(file) as opened:
        manifest = opened.manifest
        say(f"{file}: whole; made at {manifest.made_at:%Y-%m-%dT%H:%M:%SZ} by grader {manifest.grader}")
        for line in _contents(manifest):
            say(f"  {line}")
        if only_check:
            return
        with Ledger() as ledger:
            restored = opened.restore(ledger, force=force)
            say(f"put back into {ledger.where}")
    for line in _placed(restored):
        say(line)


def _contents(manifest: "Manifest") -> Iterator[str]:
    rows = ", ".join(f"{count} {table}" for table, count in manifest.rows.items() if count)
    yield f"ledger: {rows or 'no rows'}"
    for part in manifest.files:
        yield part.name
    if not manifest.has_secrets:
        yield SECRETS_ARE_MISSING


def _placed(restored: "Restored") -> Iterator[str]:
    """Yield where things are now, and what is left to do."""
    from grader.service.backups.contents import ERASURES, IN_EXERCISES, PLATFORMS, place

    for path in restored.in_place:
        yield f"put back: {path}"
    if (folder := restored.elsewhere) is not None:
        number = sum(1 for path in folder.rglob("*") if path.is_file())
        yield f"{plural(number, 'file', 'files')} that you keep elsewhere: {folder}"
        if (folder / IN_EXERCISES).is_dir():
            yield f"  name its exercises: GRADER_EXERCISES={folder / IN_EXERCISES}"
        if (folder / PLATFORMS).is_file():
            yield f"  name its platforms: GRADER_PLATFORMS={folder / PLATFORMS}"
    if restored.rows.get("tokens"):
        yield "Tokens that were revoked after this backup are good again; look at: grade platforms list"
    if place(ERASURES).is_file():
        yield "Students who were erased after this backup are in the ledger again; erase them with:"
        yield "  grade students erase --again --yes"
