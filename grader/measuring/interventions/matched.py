"""Matched runs for any probe: other random tokens at every place, so nothing is repeated and nothing is related."""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.tokens import plain_tokens


def matched(tokenizer: PreTrainedTokenizerBase, sequences: Sequence[ProbeSequence], seed: int) -> list[tuple[int, ...]]:
    """Return for each sequence as many random plain tokens, none of them twice, with the special ones in their places.

    In a vocabulary with fewer plain tokens than the sequence has places, they come again after all have come.
    """
    vocabulary, texts = plain_tokens(tokenizer), []
    for number, sequence in enumerate(sequences):
        random = draw.stream(seed, f"matched {number}")
        places = [place for place in range(len(sequence.token_ids)) if place not in sequence.special]
        rounds = -(-len(places) // len(vocabulary))
        drawn = [token for _ in range(rounds) for token in draw.shuffled(random, vocabulary)][: len(places)]
        ids = list(sequence.token_ids)
        for place, token in zip(places, drawn, strict=True):
            ids[place] = token
        texts.append(tuple(ids))
    return texts
