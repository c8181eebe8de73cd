"""Duplicate-token head: each query attends to earlier copies of its own token.

Probe: distinct random tokens, repeated (this one decides), and natural-looking text beside it.
Source: Wang et al. 2022, "Interpretability in the Wild" (duplicate token heads of the IOI circuit).
Confound: the input matters. GPT-2's L0H1, which the IOI paper names, pays 0.13 on random repeats and 0.42 to
0.64 on natural text. A copy at distance 1 is the previous token: such pairs are dropped.
"""

from grader.masks import all_but_special, same_token
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """Targets are earlier copies of the query's token, at distance 2 or more."""
    return Question(same_token(sequence).tril(-2), all_but_special(sequence))
