"""Modules joined into one script: a page opened from a file may not load modules, and a notebook takes only one.

The modules keep to four rules, so that cutting out lines is enough: an import names what it takes (`import { a } from
"./b.js";`), an export stands before what it exports, nothing is exported as default except by a first module, and no
two modules use the same name at their top level.
"""

import re
from functools import cache
from pathlib import Path, PurePosixPath

from grader.explorer.rules import filled

STATIC = Path(__file__).with_name("static")
IMPORT = re.compile(r"^import \{[^}]*\} from \"(\.[^\"]+)\";\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(async |function|class|const|let))", re.MULTILINE)
NOTHING = re.compile(r"^export \{\};\n", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


@cache
def joined(entry: str) -> str:
    """Return one script with the module of this name, such as `main.js`, behind all that it needs.

    Raises:
        ValueError: Two modules use the same name at their top level.
    """
    owners: dict[str, str] = {}
    parts = []
    for name in needed(entry):
        source = text_of(name)
        for used in NAME.findall(source):
            if used in owners:
                raise ValueError(f"`{used}` stands in {owners[used]} and in {name}; give one of them another name")
            owners[used] = name
        parts.append(NOTHING.sub("", EXPORT.sub("", IMPORT.sub("", source))))
    return "\n".join(parts)


def needed(entry: str) -> list[str]:
    """Return the names of all modules that a module needs, itself last, each behind those that it needs."""
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in order or name in above:
            return
        for path in IMPORT.findall(text_of(name)):
            visit(_resolved(name, path), (*above, name))
        order.append(name)

    visit(entry, ())
    return order


def text_of(name: str) -> str:
    """Return the text of a file beside the modules, with the rules of the types in the one that is for them."""
    text = (STATIC / name).read_text(encoding="utf-8")
    return filled(text) if name == "rules.js" else text


def _resolved(module: str, path: str) -> str:
    """Return the name of the module that a path in another one means."""
    parts: list[str] = []
    for part in (PurePosixPath(module).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
