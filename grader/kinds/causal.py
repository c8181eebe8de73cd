"""Measures of what gets worse without heads of a type, and the trials on which they are taken."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from grader.base.errors import GraderError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from grader.schema import ProbeSettings
    from grader.schema.causal import Unit


class NoTrials(GraderError):
    """A measure cannot be taken of this transformer; the message says why."""


class AskedToken(NamedTuple):
    """One token that is asked of the transformer."""

    position: int
    """The position whose state is read: in a decoder the one before the asked token, in an encoder the mask's."""
    right: int
    """The id of the asked token."""
    wrong: int | None = None
    """The id of the token that its logit is compared with; without it, the loss is read."""


class Trial(NamedTuple):
    """One sequence on which a behaviour shows, and a matched one on which it cannot."""

    token_ids: tuple[int, ...]
    matched: tuple[int, ...]
    """The same number of ids, with special tokens at the same places: a run without the behaviour."""
    asked: tuple[AskedToken, ...]
    """The tokens with which the behaviour helps."""
    early: tuple[AskedToken, ...] = ()
    """The same tokens where it cannot help yet: not knowing. Empty: uniform over the vocabulary for a loss, and 0 for a
    logit difference."""


class Measure(NamedTuple):
    """The thing that gets worse when heads are replaced."""

    name: str
    unit: "Unit"
    says: str
    """A noun phrase, marked for translation, such as `loss on the second copy of repeated random tokens`."""
    build: "Callable[[PreTrainedTokenizerBase, ProbeSettings, bool, int], tuple[Trial, ...]]"
    """A pure function of the tokenizer, the probe's settings, true for a decoder, and the most tokens of a sequence.

    It raises `NoTrials` where it can build none.
    """
