"""Everything that a score follows from: the weights, the code that measures, and the libraries that it calls.

The code is known by its syntax trees without docstrings and comments: rewording changes nothing, a moved helper whose
constant changed does. It is all of `grader/measuring` and `grader/kinds`, and of a type's own file what its mask and
its own probes are made of; hints and titles are not measured with.

Libraries are known by their versions. `basis_of` puts all of it together; only the digest of the probes is added once
they are built.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePath

from grader.base.files import read_cache, write_cache
from grader.schema import REFERENCE, Basis, Precision

LIBRARIES = ("gguf", "numpy", "tokenizers", "torch", "transformers", "wordfreq")
"""The libraries on which numbers depend: how weights are unpacked, products computed, samples drawn, probes built."""

PACKAGE = Path(__file__).parents[2]
MEASURING = ("kinds", "measuring")
"""The folders whose code measures."""
TYPES = "kinds/types"
"""The folder of the types: only the types that are asked for count, and of their files only the part that measures."""
REGISTRY = ("kinds/__init__.py", "kinds/definition.py")
"""The registry and its record: what a score follows from in them stands in the types' own files."""
SHORT = 16
"""The hexadecimal digits of a short name."""
FACTS = ("ask", "probes", "decides", "is_place", "from_tokens", "causal")
"""The fields of a type from which a score or an effect follows."""


def basis_of(
    transformer: str, types: Iterable[str], precision: Precision, kept: Path | None = None, *, device: str = REFERENCE
) -> Basis:
    """Return all that heads of these types follow from, as it is installed now.

    Args:
        transformer: The transformer's digest.
        types: Names of types of head.
        precision: The precision of weights and products.
        kept: As in `code_digest`.
        device: The kind of device that measures.
    """
    code = code_digest(types, kept)
    return Basis(transformer=transformer, code=code, libraries=versions(), precision=precision, device=device)


def unversioned(basis: Basis) -> str:
    """Return the basis as text, without versions of libraries and without probes, which are built later.

    Scores whose bases are equal so far are of the same transformer and were measured by the same code.
    """
    return basis.model_dump_json(exclude={"libraries", "probes"})


def versions_key(basis: Basis) -> str:
    """Return a short name for the versions of the libraries."""
    told = "\n".join(f"{name} {version}" for name, version in sorted(basis.libraries.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:SHORT]


def digest_of(files: Mapping[str, str]) -> str:
    """Return the digest that stands for a transformer: 64 hexadecimal digits, whatever the order of its files.

    Args:
        files: The SHA-256 of each file, by the file's name.
    """
    lines = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


@cache
def versions() -> dict[str, str]:
    """Return the version of each library that numbers depend on and that is installed, for whatever machine."""
    return {name: version.partition("+")[0] for name in LIBRARIES if (version := _version(name))}


def _version(library: str) -> str:
    """Return a library's version, empty if it is not installed.

    It is read from the metadata; `importlib.metadata.version` would import the parser of mail.
    """
    try:
        installed = distribution(library)
    except PackageNotFoundError:
        return ""
    for line in (installed.read_text("METADATA") or "").splitlines():
        if line.startswith("Version: "):
            return line.removeprefix("Version: ").strip()
    return installed.version


def code_digest(types: Iterable[str], kept: Path | None = None) -> str:
    """Return the digest of the code that measures heads of these types, 64 hexadecimal digits.

    Args:
        types: Names of types of head.
        kept: A folder for digests of files that were read before. Taking a syntax tree apart takes as long as the
            rest of a warm submission, so its digest is kept there under the SHA-256 of the files' bytes.
    """
    return _code_digest(tuple(sorted(set(types))), kept)


@cache
def _code_digest(names: tuple[str, ...], kept: Path | None) -> str:
    files = [file for file in _sums() if _measures(file, names)]
    raw = hashlib.sha256("\n".join(names).encode())
    for file in files:
        raw.update(f"\n{file}\n".encode() + _sums()[file])
    note = kept / f"{raw.hexdigest()}.code" if kept else None
    if note and (known := _known(note)):
        return known
    trees = hashlib.sha256("\n".join(map(_told, files)).encode()).hexdigest()
    if note and note.parent.is_dir():
        write_cache(note, trees.encode())
    return trees


def _known(note: Path) -> str:
    """Return the digest that was kept in a file; empty if there is none that can be read."""
    with suppress(OSError):
        return (read_cache(note) or b"").decode("ascii")
    return ""


@cache
def _sums() -> dict[str, bytes]:
    """Return the SHA-256 of every file in the folders whose code measures, in the order of their paths."""
    files = (file for folder in MEASURING for file in sorted((PACKAGE / folder).rglob("*.py")))
    return {file.relative_to(PACKAGE).as_posix(): hashlib.sha256(file.read_bytes()).digest() for file in files}


def _measures(file: str, types: Collection[str]) -> bool:
    """Return whether heads of these types are measured with the code in a file."""
    return file not in REGISTRY and (not file.startswith(TYPES) or PurePath(file).stem in types)


def _told(file: str) -> str:
    tree = ast.parse((PACKAGE / file).read_bytes())
    of_type = file.startswith(TYPES)
    return f"{file} {''.join(map(_text, _measured_with(tree) if of_type else [tree]))}"


def _measured_with(tree: ast.Module) -> list[ast.AST]:
    """Return the parts of a type's file that its mask and its own probes are made of, and its facts."""
    defined: dict[str, ast.AST] = {}
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                defined[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                defined[name] = statement
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                defined |= {alias.asname or alias.name: statement for alias in names}
    facts = [
        keyword
        for call in ast.walk(defined["TYPE"])
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg in FACTS
    ]
    return [*facts, *_reached(facts, defined)]


def _reached(roots: Iterable[ast.AST], defined: Mapping[str, ast.AST]) -> list[ast.AST]:
    """Return every definition in the file that these parts need, in the order of their names."""
    reached: dict[str, ast.AST] = {}
    waiting = list(roots)
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Name) and node.id in defined and node.id not in reached:
                reached[node.id] = defined[node.id]
                waiting.append(defined[node.id])
    return [reached[name] for name in sorted(reached)]


def _text(node: object) -> str:
    """Return a syntax tree as text, the same in every version of Python: empty fields and docstrings are left out."""
    match node:
        case ast.AST():
            told = [f" {name}={text}" for name in node._fields if (text := _text(getattr(node, name, None)))]
            return f"({type(node).__name__}{''.join(told)})"
        case list():
            return f"[{''.join(_text(each) for each in node if not _is_docstring(each))}]" if node else ""
        case None:
            return ""
    return repr(node)


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
