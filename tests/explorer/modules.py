"""Modules of the page, run by themselves with Deno."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from grader.explorer import joined

DENO = Path(sys.executable).with_name("deno")


def run(folder: Path, program: str, given: object = None) -> object:
    """Return what a program puts out as JSON; it imports the page's modules from `./`, and may read `given`."""
    for name in (path.relative_to(joined.STATIC) for path in joined.STATIC.rglob("*.js")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(joined.text_of(name.as_posix()), encoding="utf-8")
    (folder / "program.js").write_text(program, encoding="utf-8")
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    deno = DENO if DENO.exists() else shutil.which("deno")
    done = subprocess.run(
        [str(deno), "run", "--quiet", "--no-remote", "--no-config", f"--allow-read={folder}", "program.js"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
