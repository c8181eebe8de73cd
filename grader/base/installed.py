"""The libraries that measure, which the small installation lacks: what needs them says so, and how to get them."""

from importlib.util import find_spec

from grader.base.errors import NotInstalled
from grader.base.language import N_, _

MEASURE = (
    "gguf",
    "huggingface_hub",
    "jaxtyping",
    "matplotlib",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
    "wordfreq",
)
"""The libraries of the extra `measure` and of these, by the names under which they are imported."""
COMMAND = "python -m pip install 'head-grader[measure]'"
LACKING = N_("{doing}: this needs {library}, which is not installed; install it with: {command}")


def refuse_without(doing: str) -> None:
    """Refuse to measure where the libraries for it are not installed; `doing` is what needs them, in words.

    Raises:
        NotInstalled: They are not.
    """
    if not can_measure():
        raise NotInstalled(_(LACKING, doing=doing, library="torch", command=COMMAND))


def can_measure() -> bool:
    """Return whether the libraries that measure are installed; none of them is imported."""
    return find_spec("torch") is not None


def lacking(error: BaseException, doing: str) -> NotInstalled | None:
    """Return the operator's error if it is such a library that could not be imported, else None."""
    library = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return NotInstalled(_(LACKING, doing=doing, library=library, command=COMMAND)) if library in MEASURE else None
