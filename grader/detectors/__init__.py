"""Detectors: one file for each kind of head, strangers to each other."""

from collections.abc import Callable
from typing import NamedTuple

from grader.detectors import duplicate_token, induction, positional, rare_token, semantic, syntactic
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import HeadType, Kind, Statistic


class Detector(NamedTuple):
    """What turns a probe into targets, and the statistic that decides."""

    ask: Callable[[Sequence, Kind], Question]
    decides: Statistic
    probes: tuple[str, ...]
    """Families of probes; the slices of all of them are measured."""


DETECTORS: dict[HeadType, Detector] = {
    "positional": Detector(positional.ask, "share", ("random_tokens", "running_text")),
    "induction": Detector(induction.ask, "share", ("repeats",)),
    "duplicate_token": Detector(duplicate_token.ask, "share", ("repeats", "running_text")),
    "syntactic": Detector(syntactic.ask, "hit_rate", ("annotated",)),
    "semantic": Detector(semantic.ask, "share", ("categories",)),
    "rare_token": Detector(rare_token.ask, "hit_rate", ("rare_words",)),
}

FROM_TOKENS: tuple[HeadType, ...] = ("positional", "induction", "duplicate_token")
"""The kinds whose targets are known for any text; the others need annotations."""
