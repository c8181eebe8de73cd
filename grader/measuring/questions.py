"""The question that a kind asks of a sequence: its type's mask, with the kind's parameters."""

from dataclasses import replace

from grader.kinds.masks import Question
from grader.kinds.sequence import ProbeSequence
from grader.schema import Kind


def question(kind: Kind, sequence: ProbeSequence) -> Question:
    """Return the keys that each query of the sequence ought to look at, if the head is of the kind."""
    asked = kind.head_type.ask(sequence, **kind.parameters)
    return asked if sequence.queries is None else replace(asked, queries=sequence.queries)
