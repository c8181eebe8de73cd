"""No probe sentence and no repeated run of any shipped exercise is in the training text.

The whole training text is generated again, which takes less than a minute; it depends only on the seed.
"""

from functools import lru_cache

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from grader import exercises
from grader.measuring.probes.annotated import MOST_SENTENCES
from grader.measuring.probes.frames import RELATIONS, sentences
from grader.measuring.probes.repeats import LENGTHS, repeats
from grader.schema import ProbeSettings
from training import tokenizer
from training.rows import HELD_OUT_LENGTHS, STAGES, STEPS, Rows
from training.run import BUNDLED_SEED

OTHER_SEEDS = range(1, 6)
SHORTEST = 4
"""The number of words of the shortest sentence that is compared."""


@lru_cache(maxsize=1)
def byte_pairs() -> Tokenizer:
    return tokenizer.build()


def fast() -> PreTrainedTokenizerFast:
    end = tokenizer.END_OF_TEXT
    return PreTrainedTokenizerFast(tokenizer_object=byte_pairs(), bos_token=end, eos_token=end, unk_token=end)


def settings() -> list[ProbeSettings]:
    shipped = [exercises.load(folder).probes for folder in exercises.available().values()]
    return shipped + [ProbeSettings(seed=seed) for seed in OTHER_SEEDS]


@lru_cache(maxsize=1)
def training_rows() -> tuple[tuple[int, ...], ...]:
    rows = Rows(byte_pairs(), BUNDLED_SEED)
    return tuple(tuple(row) for step in range(STEPS) for row in rows.batch(step)[0].tolist())


def spoken(ids: tuple[int, ...], lower: dict[int, str]) -> list[str]:
    return [lower[token] for token in ids]


def test_no_probe_sentence_is_a_training_sentence() -> None:
    probes = {
        tuple(word.lower() for word in sentence.words)
        for each in settings()
        for relation in RELATIONS
        for sentence in sentences(relation, each.seed, max(each.sentences, each.random_sequences * MOST_SENTENCES))
    }
    assert len(probes) > 10_000
    lower = {number: token.removeprefix("Ġ").lower() for token, number in byte_pairs().get_vocab().items()}
    trained = set[tuple[str, ...]]()
    for row in training_rows():
        sentence: list[str] = []
        for word in spoken(row[1:], lower):
            sentence.append(word)
            if word == ".":
                trained.add(tuple(sentence))
                sentence = []
    assert len([sentence for sentence in trained if len(sentence) >= SHORTEST]) > 10_000
    assert not probes & trained


def test_the_lengths_of_the_probes_runs_are_in_no_training_row_by_construction() -> None:
    longest = max(stage.longest_run for stage in STAGES)
    assert all(length in HELD_OUT_LENGTHS or length > longest for length in LENGTHS)


def test_no_repeated_run_of_a_probe_is_in_a_training_row() -> None:
    shortest = min(LENGTHS)
    beginnings = set[tuple[int, ...]]()
    for each in settings():
        for sequence in repeats(fast(), each):
            ids = sequence.token_ids
            beginnings |= {ids[start : start + shortest] for start in range(1, len(ids) - shortest + 1)}
    assert len(beginnings) > 1_000
    for row in training_rows():
        windows = {row[start : start + shortest] for start in range(len(row) - shortest + 1)}
        assert not windows & beginnings
