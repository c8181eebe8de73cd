"""The question that a kind asks of a sequence: its type's mask, with the kind's parameters."""

from dataclasses import replace

from grader.kinds.masks import Question
from grader.kinds.sequence import ProbeSequence
from grader.schema import Kind


def question(kind: Kind, sequence: ProbeSequence) -> Question:
    """Return the keys that each query of the sequence ought to look at, if the head is of the kind."""
    if sequence.queries is None:
        return kind.head_type.ask(sequence, **kind.parameters)
    if not sequence.words:
        return replace(kind.head_type.ask(sequence, **kind.parameters), queries=sequence.queries)
    whole = kind.head_type.ask(sequence._replace(queries=None), **kind.parameters)  # by words: a row for every position
    rows = list(sequence.queries)
    groups = {name: members[rows] for name, members in whole.groups.items()}
    return Question(whole.targets[rows], whole.eligible[rows], groups, whole.rivals, sequence.queries)
