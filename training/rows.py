"""Batches of training rows: the families, their shares, and their stages.

Every step has its own random stream, so an interrupted run continues exactly as it would have.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from grader.measuring.probes.rare_words import common_split_words, rare_vocabulary, rare_whole_words
from grader.measuring.probes.tokens import BEGINNINGS
from grader.measuring.probes.vocabulary import COMMON_WORDS
from training import frames
from training.lists import Lists
from training.sentences import Row, Sentences
from training.tokenizer import END_OF_TEXT, token_of

TOKENS = 1536
"""Tokens in a batch: many short rows, or a few long ones."""
HELD_OUT_LENGTHS = frozenset({8, 13, 20, 29, 40})
"""Lengths of repeated runs that only the probes have; their longer runs are longer than any run here."""
EVERY_OTHER_RARE_WORD = 2

GRAMMAR = {
    "verb": 0.09, "clauses": 0.04, "object": 0.05, "pronoun": 0.13, "state": 0.03,
    "attribute": 0.04, "predicate": 0.04, "determiner": 0.03, "owner": 0.04,
}  # fmt: skip
"""Shares of the families of sentences: together about half."""
SHORT = {"repeats": 0.9, "pairs": 0.1}
"""In a short row few tokens compete, so attending to the right one pays from the start."""
LONGER = {"repeats": 0.75, "counting": 0.20, "pairs": 0.05}
TEXT = GRAMMAR | {"story": 0.10, "repeats": 0.15, "counting": 0.09, "kin": 0.12, "echo": 0.06, "marked": 0.02}
"""Shares of families while every word of a sentence counts in the loss; later only the decided words count."""
BRIDGE = GRAMMAR | {
    "story": 0.02, "repeats": 0.14, "counting": 0.10,
    "marked": 0.04, "kin": 0.12, "marked_categories": 0.03, "echo": 0.07,
}  # fmt: skip
MOST = GRAMMAR | {"story": 0.05, "repeats": 0.15, "counting": 0.11, "kin": 0.13, "echo": 0.08}
ALL = GRAMMAR | {
    "story": 0.03, "repeats": 0.13, "counting": 0.05, "threes": 0.06, "kin": 0.12, "echo": 0.08, "again": 0.05,
}  # fmt: skip
LATE = GRAMMAR | {
    "story": 0.02, "repeats": 0.12, "alike": 0.10, "kin": 0.04, "kindred": 0.11, "echo": 0.08, "again": 0.05,
}  # fmt: skip
LATER = {
    "verb": 0.08, "clauses": 0.03, "object": 0.03, "pronoun": 0.12, "state": 0.02,
    "attribute": 0.06, "predicate": 0.04, "determiner": 0.05, "owner": 0.05,
    "story": 0.02, "repeats": 0.18, "alike": 0.10, "kin": 0.03, "kindred": 0.12, "echo": 0.08, "again": 0.03,
}  # fmt: skip
NEARLY = {
    "verb": 0.07, "clauses": 0.03, "object": 0.04, "pronoun": 0.13, "state": 0.01,
    "attribute": 0.06, "predicate": 0.05, "determiner": 0.05, "owner": 0.04,
    "repeats": 0.18, "alike": 0.06, "kin": 0.03, "distant_kindred": 0.17, "echo": 0.08, "again": 0.03,
}  # fmt: skip
FINER = {
    "verb": 0.05, "clauses": 0.02, "object": 0.03, "pronoun": 0.08,
    "attribute": 0.12, "predicate": 0.04, "determiner": 0.12, "owner": 0.10,
    "repeats": 0.16, "alike": 0.04, "kin": 0.03, "distant_kindred": 0.13, "echo": 0.07, "again": 0.06,
}  # fmt: skip
LAST = {
    "verb": 0.09, "clauses": 0.04, "object": 0.05, "pronoun": 0.08, "attribute": 0.03, "more_attributes": 0.10,
    "predicate": 0.05, "determiner": 0.02, "more_determiners": 0.05, "owner": 0.03, "more_owners": 0.08,
    "repeats": 0.14, "alike": 0.02, "kin": 0.02, "distant_kindred": 0.12, "echo": 0.07, "again": 0.06,
}  # fmt: skip

"""From TEXT on, each mix gives more room to heads that had not formed yet, as decided at checkpoints."""
DRILLS = frozenset({"repeats", "pairs", "counting"})
"""Families in which nearly every token is determined by earlier ones."""


@dataclass(frozen=True)
class Stage:
    """A stage of the training: its first step, the length of its rows, and the shares of the families."""

    first_step: int
    name: str
    length: int
    """Tokens in a row, with the end-of-text token at its beginning."""
    longest_run: int
    least_weight: float
    """The least weight in the loss of any word that counts at all."""
    drill_weight: float
    """The factor of the drills' weights."""
    embedding_part: float
    """The learning rate of the word embeddings, divided by that of the other vectors."""
    shares: dict[str, float]


STAGES = (
    Stage(0, "short", 16, 6, 0.0, 1.0, 0.3, SHORT),
    Stage(350, "longer", 32, 12, 0.0, 1.0, 0.3, LONGER),
    Stage(550, "long", 64, 24, 0.0, 1.0, 0.3, LONGER),
    Stage(750, "text", 96, 24, 1.0, 1.0, 1.5, TEXT),
    Stage(1150, "bridge", 96, 24, 0.1, 1.0, 1.0, BRIDGE),
    Stage(1250, "most", 96, 24, 0.1, 0.3, 1.0, MOST),
    Stage(1750, "all", 96, 24, 0.1, 0.3, 1.0, ALL),
    Stage(2250, "late", 96, 24, 0.1, 0.3, 1.0, LATE),
    Stage(2500, "later", 96, 46, 0.1, 0.6, 1.0, LATER),
    Stage(3250, "nearly", 96, 46, 0.1, 0.6, 1.0, NEARLY),
    Stage(3750, "finer", 96, 46, 0.1, 0.6, 1.0, FINER),
    Stage(4500, "last", 96, 46, 0.1, 0.6, 1.0, LAST),
)
STEPS = 5600


def stage_of(step: int) -> Stage:
    """Return the stage of a step."""
    return [stage for stage in STAGES if stage.first_step <= step][-1]


class Rows:
    """All families, for one tokenizer."""

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        """Prepare rows that depend only on tokenizer, seed and step."""
        self.seed, self.stage = seed, STAGES[0]
        self.random = Random(0)  # noqa: S311 - drawn to be repeatable
        self.end = tokenizer.get_vocab()[END_OF_TEXT]
        token = token_of(tokenizer)
        plain = tuple(index for index in range(tokenizer.get_vocab_size()) if index != self.end)
        sentences = Sentences(token, self.random)
        lists = Lists(token, plain, self.random, reserved=HELD_OUT_LENGTHS)
        common = tuple(token[word] for word in COMMON_WORDS)

        def pieces(word: str) -> list[int]:
            return list(tokenizer.encode(word).ids)

        whole = [token[1:] for token in tokenizer.get_vocab() if token.startswith(BEGINNINGS)]
        split = [pieces(word) for word in common_split_words(pieces)]
        rare = [
            [pieces(word) for word in words[::EVERY_OTHER_RARE_WORD]]
            for words in (rare_vocabulary(), rare_whole_words(whole))
        ]
        self.families: dict[str, Callable[[], Row]] = {
            "story": sentences.story,
            "verb": sentences.verb,
            "clauses": sentences.clauses,
            "object": sentences.object,
            "pronoun": sentences.pronoun,
            "state": sentences.state,
            "attribute": sentences.attribute,
            "predicate": sentences.predicate,
            "determiner": sentences.determiner,
            "owner": sentences.owner,
            "more_attributes": lambda: sentences.attribute(frames.MORE_ATTRIBUTES),
            "more_determiners": lambda: sentences.determiner(frames.MORE_DETERMINERS),
            "more_owners": lambda: sentences.owner(frames.MORE_OWNERS),
            "repeats": lambda: lists.repeats(self.stage.length, longest=self.stage.longest_run),
            "pairs": lambda: lists.short_runs(self.stage.length, 2),
            "counting": lambda: lists.counting(self.stage.length),
            "marked": lambda: lists.marked(self.stage.length),
            "threes": lambda: lists.counting(self.stage.length, voices=(3,)),
            "alike": lambda: lists.alike(self.stage.length),
            "kindred": lambda: lists.kindred(self.stage.length),
            "distant_kindred": lambda: lists.kindred(self.stage.length, nearest=3),
            "again": lambda: lists.again(self.stage.length),
            "kin": lambda: lists.kin(self.stage.length),
            "marked_categories": lambda: lists.marked_categories(self.stage.length),
            "category_pairs": lambda: lists.category_pairs(self.stage.length),
            "echo": lambda: lists.echo(self.stage.length, common, split, rare),
        }

    def batch(self, step: int) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Return tokens and weights [row, position] of one step, and the position at which each row starts."""
        self.random.seed(f"{self.seed}:{step}")
        self.stage = stage_of(step)
        length, shares = self.stage.length, self.stage.shares
        tokens = np.zeros((TOKENS // length, length), np.int64)
        weights = np.zeros((TOKENS // length, length), np.float32)
        for number, name in enumerate(self.random.choices(list(shares), list(shares.values()), k=len(tokens))):
            row: Row = [(self.end, 0.0)]
            while len(row) < length:
                row += self.families[name]()
            tokens[number] = [token for token, _ in row[:length]]
            weights[number] = [weight and max(weight, self.stage.least_weight) for _, weight in row[:length]]
            if name in DRILLS:
                weights[number] *= self.stage.drill_weight
        starts = [self.random.randrange(256 - length) if self.random.random() < 0.3 else 0 for _ in tokens]
        return tokens, weights, np.array(starts)
