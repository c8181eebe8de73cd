"""Positional head: each query attends to the key at a fixed offset, most often the previous token (-1).

Probe: distinct random tokens, where nothing but the place tells a key from another, and natural-looking
text, where a head might do it for another reason; it must hold on both.
Source: Voita et al. 2019, "Analyzing Multi-Head Self-Attention" (positional heads); GPT-2 small's L4H11.
Confound: hit rate alone makes weak heads look strong (GPT-2's L5H6 hits -1 for 91 % of the queries and pays
it 0.19 of its attention, the rest lying on the sink), so the share is asked for too.
"""

import torch

from grader.masks import all_but_special, blank
from grader.patterns import Question
from grader.probes.sequence import Sequence
from grader.schema import Kind


def ask(sequence: Sequence, kind: Kind) -> Question:
    """Every query's target is the key at `kind.offset`, where there is one that is no special token."""
    offset = kind.offset or -1
    queries = torch.arange(len(sequence.token_ids))
    keys = queries + offset
    inside = (keys >= 0) & (keys < len(queries))
    targets = blank(sequence)
    targets[queries[inside], keys[inside]] = True
    eligible = all_but_special(sequence)
    return Question(targets & eligible, eligible)
