"""The transformer that a word means: an exercise's, one on the hub, a folder, or a `.gguf` file."""

import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from grader import documents, exercises
from grader.base.errors import ExerciseError, InvalidInput, Problem, TransformerNotFound
from grader.base.language import N_, _
from grader.measuring.transformer.files import lacks
from grader.measuring.transformer.find import BY_PATH, Say, locate, silent
from grader.measuring.transformer.hub import commit_of
from grader.measuring.transformer.stated import unread
from grader.schema import TransformerSource

ON_HUB = re.compile(r"([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")
DEFAULT_REVISION = "main"
COMMAND = "grade atlas PATH"
"""The command that takes a local copy here."""
ALLOWED = N_(
    "name an exercise, a transformer on the hub (owner/name@revision), a folder with config.json, *.safetensors and "
    "tokenizer.json, or a .gguf file"
)


class Named(NamedTuple):
    """The transformer that a word means."""

    source: TransformerSource
    path: Path | None
    """The folder or file, if the word is one."""
    is_stated: bool
    """True if the source states layers, heads and family; else its files do."""


def named(word: str, say: Say = silent) -> Named:
    """Return the transformer that the word means; one on the hub with its commit.

    An exercise goes before a folder of the same name, and a folder before the hub.

    Raises:
        InvalidInput: It means none, or the hub has no such transformer or revision.
        TransformerNotFound: It is on the hub, and the hub and its cache say nothing of it.
    """
    if source := _of_exercise(word):
        return Named(source, None, is_stated=True)
    path = Path(word).expanduser()
    if (word and path.is_dir()) or (path.is_file() and path.suffix == ".gguf"):
        if missing := lacks(path):
            message = _(
                "it lacks {files}, so it is not a transformer; {allowed}", files=", ".join(missing), allowed=_(ALLOWED)
            )
            raise InvalidInput(word, [Problem("not-a-transformer", message)])
        return Named(unread(path.resolve().stem if path.is_file() else path.resolve().name), path, is_stated=False)
    if not word.startswith((".", "/", "~")) and (on_hub := ON_HUB.fullmatch(word)) and not word.endswith(".gguf"):
        return Named(_on_hub(on_hub[1], on_hub[2] or DEFAULT_REVISION, say), None, is_stated=False)
    hint = documents.hint(word, exercises.available())
    message = _(
        "there is no transformer `{name}`; {allowed}", name=documents.shown(word), allowed=f"{_(ALLOWED)}{hint}"
    )
    raise InvalidInput("TRANSFORMER", [Problem("unknown-transformer", message)])


def _of_exercise(word: str) -> TransformerSource | None:
    """Return the transformer of the exercise with this id, or the one of this name that an exercise has."""
    known = exercises.available()
    if word in known:
        return exercises.load(word, graded=False).transformer
    for name in known:
        with suppress(ExerciseError):
            if (source := exercises.load(name, graded=False).transformer).name == word:
                return source
    return None


def _on_hub(hub: str, revision: str, say: Say) -> TransformerSource:
    """Return the source on the hub, at the commit that the revision means, fetched if it is not on this machine.

    Raises:
        TransformerNotFound: It is not here and cannot be fetched, with the ways to supply it.
    """
    commit = commit_of(hub, revision, say)
    source = unread(hub.partition("/")[2]).model_copy(update={"hub": hub, "revision": commit})
    try:
        located = locate(source, say=say)
    except TransformerNotFound as error:
        raise TransformerNotFound(str(error).replace(BY_PATH, COMMAND)) from None
    if commit is None and located.origin != "given":
        message = N_("{hub}: neither the hub nor its cache says which commit `{revision}` is; name the commit")
        raise TransformerNotFound(_(message, hub=hub, revision=revision))
    return source
