"""Lists of common words with marks between them: words that are split into pieces, and clauses without grammar."""

from functools import lru_cache
from itertools import islice

from transformers import PreTrainedTokenizerBase

from grader.base.errors import ExerciseError
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.rare_words import COARSE, FEWEST, PIECES, common_split_words, pieces_of
from grader.measuring.probes.tokens import encode
from grader.measuring.probes.vocabulary import COMMON_WORDS
from grader.schema import ProbeSettings

WHOLE, SPLIT = 10, 8
"""The numbers of whole and of split words in a list."""
ONE_IN = 3
"""One word in this many is followed by a comma."""

CLAUSES, SHORTEST, LONGEST = 5, 4, 9
"""The number of clauses in a list, and the fewest and most words of one."""
DELIMITERS = (".", ",", ";", ":")


@lru_cache(maxsize=4)
def _whole(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Return the common words that are one token."""
    pieces = pieces_of(tokenizer)
    return _enough("whole", [word for word in COMMON_WORDS if len(pieces(word)) == 1])


@lru_cache(maxsize=4)
def _split(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Return common words of two or three pieces."""
    pieces = pieces_of(tokenizer)
    split = (word for word in common_split_words(pieces) if word not in COARSE)
    return _enough("split", [word for word in split if len(pieces(word)) in PIECES])


def _enough(name: str, words: list[str]) -> tuple[str, ...]:
    if len(words) < FEWEST:
        message = f"the tokenizer has {len(words)} common words that are {name}; {FEWEST} are needed"
        raise ExerciseError(f"{message}; do not ask for kinds that are measured on lists of such words")
    return tuple(words)


def split_words(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of whole and split words in a random order, with commas after some of them; slice `all`."""
    random = draw.stream(settings.seed, "split_words")
    sequences = []
    for _ in range(settings.random_sequences):
        chosen = draw.some(random, _whole(tokenizer), WHOLE) + draw.some(random, _split(tokenizer), SPLIT)
        words: list[str] = []
        for word in draw.shuffled(random, chosen):
            words += [word, ","] if draw.below(random, ONE_IN) == 0 else [word]
        ids, spans, special = encode(tokenizer, words)
        sequences.append(ProbeSequence(ids, special, "all", spans, tuple(words)))
    return tuple(sequences)


def clauses(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of common words, none of them twice, with a delimiter after each clause; slice `list`."""
    random = draw.stream(settings.seed, "clauses")
    sequences = []
    for _ in range(settings.random_sequences):
        lengths = [SHORTEST + draw.below(random, LONGEST - SHORTEST + 1) for _ in range(CLAUSES)]
        chosen = iter(draw.some(random, _whole(tokenizer), sum(lengths)))
        words: list[str] = []
        for length in lengths:
            words += [*islice(chosen, length), draw.one(random, DELIMITERS)]
        classes = tuple("PUNCT" if word in DELIMITERS else "NOUN" for word in words)
        ids, spans, special = encode(tokenizer, words)
        sequences.append(ProbeSequence(ids, special, "list", spans, tuple(words), classes))
    return tuple(sequences)
