"""Lists of common words with marks between them: words that are split into pieces, and clauses without grammar.

Delimiters are short and frequent tokens with low ids, and no space is in front of them: so within a clause there are
other tokens that are so, and what goes by one of these marks finds them first.
"""

from functools import lru_cache
from itertools import islice

from transformers import PreTrainedTokenizerBase

from grader.base.errors import ExerciseError
from grader.kinds.sequence import ProbeSequence
from grader.measuring.probes import draw
from grader.measuring.probes.rare_words import COARSE, FEWEST, PIECES, common_split_words, pieces_of
from grader.measuring.probes.tokens import CLOSING_MARKS, encode, special_ids
from grader.measuring.probes.vocabulary import COMMON_WORDS
from grader.schema import ProbeSettings

WHOLE, SPLIT = 10, 8
"""The numbers of whole and of split words in a list."""
ONE_IN = 3
"""One word in this many is followed by a comma."""

CLAUSES, SHORTEST, LONGEST = 5, 4, 7
"""The number of clauses in a list, and the fewest and most words of one."""
DELIMITERS = (".", ",", ";", ":")
SLICES = ("symbols", "small")
SYMBOLS = ("%", "*", "+", "=", "/", "#", "&", "@", "$", "~")
"""Marks that stand behind a word without a space, as delimiters do, and are none."""
SMALL_WORDS = (("the", "of", "and", "to", "in"), (*"bcdefgh", *"23456789"))
"""Words as frequent as delimiters, and as short as they."""


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


@lru_cache(maxsize=4)
def _symbols(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    """Return the symbols that are one known token behind a word."""

    def ids(text: str) -> list[int]:
        return list(tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)

    word = ids("time")
    unknown = {*special_ids(tokenizer), tokenizer.unk_token_id}
    known = tuple(
        symbol for symbol in SYMBOLS if (read := ids(f"time{symbol}"))[:-1] == word and read[-1] not in unknown
    )
    if not known:
        message = f"the tokenizer knows none of the symbols {' '.join(SYMBOLS)} behind a word"
        raise ExerciseError(f"{message}; do not ask for kinds that are measured on clauses")
    return known


def clauses(tokenizer: PreTrainedTokenizerBase, settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return lists of common words, none of them twice, with a delimiter after each clause.

    Behind each other word stands something that is like a delimiter, in turn a symbol and a small word; the slices'
    names are `symbols` and `small`.
    """
    random = draw.stream(settings.seed, "clauses")
    sequences = []
    for number in range(len(SLICES) * settings.random_sequences):
        slice_name = SLICES[number % len(SLICES)]
        groups = SMALL_WORDS if slice_name == "small" else (_symbols(tokenizer),)
        lengths = [SHORTEST + draw.below(random, LONGEST - SHORTEST + 1) for _ in range(CLAUSES)]
        chosen = iter(draw.some(random, _whole(tokenizer), sum(lengths)))
        words: list[str] = []
        for length in lengths:
            for word in islice(chosen, length - 1):
                words += [word, draw.one(random, draw.one(random, groups))]
            words += [next(chosen), draw.one(random, DELIMITERS)]
        classes = tuple(_class(word) for word in words)
        ids, spans, special = encode(tokenizer, words, CLOSING_MARKS.union(SYMBOLS))
        sequences.append(ProbeSequence(ids, special, slice_name, spans, tuple(words), classes))
    return tuple(sequences)


def _class(word: str) -> str:
    return "PUNCT" if word in DELIMITERS else "SYM" if word in SYMBOLS else "NOUN" if len(word) > 3 else "X"
