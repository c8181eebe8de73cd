"""Induction head: each query attends to the key just after an earlier copy of its own token.

Probe: distinct random tokens, repeated, several run lengths.
Source: Olsson et al. 2022, "In-context Learning and Induction Heads" (prefix-matching score).
Confound: a head that looks back a fixed distance scores 1 on one length and 0 on the next. A token that
comes again at distance 2 makes the previous token the target: such pairs are dropped.
"""

from grader.masks import all_but_special, same_token
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """Targets are the keys just after earlier copies of the query's token, at distance 2 or more."""
    after_copy = same_token(sequence).roll(1, dims=1)  # key -> key + 1
    after_copy[:, 0] = False
    eligible = all_but_special(sequence)
    return Question(after_copy.tril(-2) & eligible, eligible)
