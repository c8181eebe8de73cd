"""The hub and its local cache: only the files that are read, at the pinned revision."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.base.errors import InvalidInput, Problem
from grader.base.installed import can_measure
from grader.base.language import N_, _
from grader.measuring.transformer.files import is_read
from grader.schema import TransformerSource

MEGABYTE = 1_000_000
STATED = "config.json"
"""The file that every transformer on the hub has."""
ANSWER_SECONDS = 10
"""The most seconds until the hub's first answer."""


@contextmanager
def quiet(library: str) -> Iterator[None]:
    """Limit a library's log to errors: messages of ours go through captions and exceptions."""
    logger = logging.getLogger(library)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def cached(source: TransformerSource) -> Path | None:
    """Return the folder (or `.gguf` file) in the hub's local cache, complete or not; nothing is fetched."""
    if source.hub is None or not can_measure():  # without the hub's library, nothing can be used from its cache
        return None
    from huggingface_hub import try_to_load_from_cache

    place = try_to_load_from_cache(source.hub, source.gguf or "config.json", revision=source.revision)
    if not isinstance(place, str):
        return None
    return Path(place) if source.gguf else Path(place).parent


def commit_of(hub: str, revision: str, say: Callable[[str], None]) -> str | None:
    """Return the commit that a branch, a tag or a commit means: asked of the hub, else as its cache has it.

    None if neither says.

    Raises:
        InvalidInput: The hub has no such transformer, or no such revision of it.
    """
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        EntryNotFoundError,
        HTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    here = try_to_load_from_cache(hub, STATED, revision=revision)
    known = Path(here).parent.name if isinstance(here, str) else None
    if known == revision or constants.HF_HUB_OFFLINE:
        return known
    say(_("asking the hub for {name}", name=hub))
    try:
        with quiet("huggingface_hub"):
            # Unlike a question alone, it is remembered in the cache which commit a branch means.
            return Path(hf_hub_download(hub, STATED, revision=revision, etag_timeout=ANSWER_SECONDS)).parent.name
    except RepositoryNotFoundError:
        problem = Problem("unknown-transformer", _("`{hub}` is not on the hub, or it is not public", hub=hub))
    except RevisionNotFoundError:
        message = N_("`{hub}` has no revision `{revision}` on the hub; name a branch, a tag or a commit")
        problem = Problem("unknown-revision", _(message, hub=hub, revision=revision))
    except (OSError, ValueError, HTTPError) as error:
        if not isinstance(error, EntryNotFoundError) or known:
            return known
        problem = Problem("not-a-transformer", _("`{hub}` has no {file} on the hub", hub=hub, file=STATED))
    raise InvalidInput(f"{hub}@{revision}", [problem])


def fetch(source: TransformerSource, say: Callable[[str], None]) -> str | None:
    """Fetch the files that are read and missing into the hub's cache; return the reason in words if that fails."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # httpx's own, under any httpx

    if constants.HF_HUB_OFFLINE:
        return _("HF_HUB_OFFLINE is set, so it was not asked")
    try:
        with quiet("huggingface_hub"):
            _fetch(source, say)
    except (OSError, ValueError, HTTPError) as error:
        reason = (str(error) or _("no answer")).splitlines()[0]
        return _("{address} failed ({reason})", address=constants.ENDPOINT, reason=f"{type(error).__name__}: {reason}")
    return None


def _fetch(source: TransformerSource, say: Callable[[str], None]) -> None:
    from huggingface_hub import HfApi, hf_hub_download

    say(_("asking the hub for {name}", name=source.hub))
    hub = str(source.hub)
    info = HfApi().model_info(hub, revision=source.revision, timeout=ANSWER_SECONDS, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    wanted = [source.gguf] if source.gguf else [name for name in sizes if is_read(name)]
    for name in sorted(wanted, key=lambda name: (name.endswith(".safetensors"), name)):  # small files first
        hf_hub_download(hub, name, revision=source.revision, tqdm_class=_captions(name, say))


def _captions(name: str, say: Callable[[str], None]) -> type:
    """Return a class of progress bar for the hub's library that draws nothing and reports the progress of one file."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]  # documented, though not in `__all__`

    class Captions(tqdm):
        def __init__(self, *args: object, **options: object) -> None:
            options |= {"disable": False, "file": io.StringIO()}
            super().__init__(*args, **options)  # type: ignore[no-untyped-call]  # tqdm has no types

        def display(self, *_given: object, **_named: object) -> None:
            done = f"{self.n / MEGABYTE:.1f}"
            if self.total:
                done = _("{done} of {whole}", done=done, whole=f"{self.total / MEGABYTE:.1f}")
            say(_("downloading {name}: {done} MB", name=name, done=done))

    return Captions
