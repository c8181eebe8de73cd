"""Probes of thousands of tokens: few queries, repeats near and far, masks with a row for each asked query alone."""

from importlib import resources
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from grader.base.errors import UnsupportedTransformer
from grader.kinds import LOOKALIKES, TYPES
from grader.kinds.masks import Question
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention import rows
from grader.measuring.battery import planted
from grader.measuring.probes.families import families_of, family
from grader.measuring.probes.long_texts import QUERIES
from grader.measuring.questions import question
from grader.measuring.scan import scan
from grader.measuring.tables.score_table import KindScores
from grader.schema import Kind, ProbeSettings
from tests.support.tiny import word_tokenizer

LONG = ProbeSettings(seed=1, random_sequences=4, repeat_sequences=6, grows_to=1, long_context=600)
CONTEXT = 4096
KINDS = (Kind(type="positional", offset=-1), Kind(type="induction"), Kind(type="duplicate_token"))
FAMILIES = ("random_tokens", "repeats")
USUAL = [Kind(type=name) for name, each in TYPES.items() if each.from_tokens]
"""A kind of each type whose targets follow from the tokens, so that it can be asked in any text."""

ANNOTATED = [
    *(Kind(type=name) for name, each in TYPES.items() if not each.parameters and not each.every_key),
    Kind(type="syntactic", relation="verb_subject"),
    Kind(type="syntactic", relation="noun_determiner", direction="forward"),
]
"""A kind of each type that asks words or what stands behind the same tokens."""


def sequences(name: str, tokenizer: str = "gpt2", **settings: int) -> tuple[ProbeSequence, ...]:
    return family(name, word_tokenizer(tokenizer), LONG.model_copy(update=settings))


@pytest.mark.parametrize("tokenizer", ["gpt2", "bert"])
@pytest.mark.parametrize("name", FAMILIES)
def test_they_are_as_long_as_is_asked_for_and_few_queries_are_asked(name: str, tokenizer: str) -> None:
    for sequence in sequences(name, tokenizer):
        assert len(sequence.token_ids) == LONG.long_context
        assert sequence.queries is not None
        assert len(sequence.queries) == QUERIES
        assert sorted({*sequence.queries}) == [*sequence.queries]


def test_repeats_are_near_and_far_and_nothing_else_is_a_copy() -> None:
    distances = []
    for sequence in sequences("repeats"):
        assert sequence.queries is not None
        ids, run = sequence.token_ids, [sequence.token_ids[query] for query in sequence.queries]
        assert [ids.count(token) for token in run] == [2] * QUERIES
        distances.append(sequence.queries[0] - ids.index(run[0]))

    assert distances == sorted(distances)
    assert distances[0] < 300 - QUERIES
    assert distances[-1] > 500 - QUERIES


def test_a_small_vocabulary_is_taken_again_but_for_what_is_repeated() -> None:
    words = len(word_tokenizer("gpt2"))
    (sequence, *_) = sequences("repeats", long_context=3 * words)

    assert sequence.queries is not None
    assert len({*sequence.token_ids}) < len(sequence.token_ids) / 2
    assert [sequence.token_ids.count(sequence.token_ids[query]) for query in sequence.queries] == [2] * QUERIES


def whole(kind: Kind, sequence: ProbeSequence) -> Question:
    """The question with a row for every position."""
    return question(kind, sequence._replace(queries=None))


@pytest.mark.parametrize("kind", USUAL, ids=lambda kind: kind.name)
@pytest.mark.parametrize("name", FAMILIES)
def test_the_rows_of_each_type_are_those_of_its_whole_mask(kind: Kind, name: str) -> None:
    """A type whose mask takes the number of a row for its query's position would ask for other keys."""
    for sequence in sequences(name)[:2]:
        for causal in (True, False):
            some, every = question(kind, sequence).visible(causal=causal), whole(kind, sequence).visible(causal=causal)
            places = list(sequence.queries or ())

            assert some.targets.shape == (QUERIES, LONG.long_context)
            assert some.targets.equal(every.targets[places])
            assert some.eligible.equal(every.eligible[places])
            assert some.places[some.asked].tolist() == [place for place in places if every.asked[place]]


@pytest.fixture(scope="module")
def bundled() -> PreTrainedTokenizerBase:
    folder = Path(str(resources.files("grader.measuring.transformer"))) / "bundled" / "mini-gpt2"
    return PreTrainedTokenizerFast.from_pretrained(folder)


@pytest.mark.parametrize("kind", ANNOTATED, ids=lambda kind: kind.name)
def test_where_some_queries_are_asked_of_any_text_their_rows_are_those_of_the_whole_mask(
    kind: Kind, bundled: PreTrainedTokenizerBase
) -> None:
    few = ProbeSettings(seed=1, sentences=20, random_sequences=4, repeat_sequences=6, category_sequences=10)
    for name in families_of(kind):
        sequence = family(name, bundled, few)[-1]
        every = question(kind, sequence)
        places = [place for place in range(1, len(sequence.token_ids)) if place % 3]  # the first row is no position 0
        some = question(kind, sequence._replace(queries=tuple(places)))

        assert some.places[some.asked].tolist() == [place for place in places if every.asked[place]] != []
        assert some.targets.equal(every.targets[places])
        assert some.eligible.equal(every.eligible[places])
        assert some.groups.keys() == every.groups.keys()
        assert all(some.groups[group].equal(every.groups[group][places]) for group in some.groups)


def test_no_look_alike_passes_over_four_thousand_tokens() -> None:
    far = LONG.model_copy(update={"long_context": CONTEXT})
    names = ["copy head", "token after the copy", "previous-token head", "fixed-distance head"]
    lookalikes = {name: LOOKALIKES[name] for name in names}
    shares = {}
    for kind in KINDS[1:]:
        found = planted(word_tokenizer("gpt2"), far, kind, causal=True, lookalikes=lookalikes)
        (column,) = (c for c in found.slices[0].statistics if c.statistic == "share")
        shares[kind.name] = dict(zip(names, column.value[0], strict=True))

    right = {"duplicate_token": "copy head", "induction": "token after the copy"}
    assert {kind: {name for name in names if of[name] > 0.5} for kind, of in shares.items()} == {
        kind: {name} for kind, name in right.items()
    }
    assert all(shares[kind][name] == 1 for kind, name in right.items())


def scored(length: int, positions: int, layers: int = 1, heads: int = 2) -> KindScores:
    """Random heads under induction; a Llama without grouped keys reads as far as its settings say."""
    tokenizer = word_tokenizer("llama")
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": layers, "num_attention_heads": heads, "hidden_size": 8 * heads}
    sizes |= {"vocab_size": len(tokenizer), "intermediate_size": 8, "max_position_embeddings": positions}
    model = LlamaModel(LlamaConfig(**sizes)).eval().requires_grad_(False)
    for weights in model.parameters():
        weights.mul_(9)
    settings = LONG.model_copy(update={"long_context": length})
    (scores,) = scan(model, tokenizer, settings, KINDS[1:2], causal=True)
    return scores


def test_the_scores_are_those_of_whole_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    without = scored(600, 600, layers=3, heads=4)
    monkeypatch.setattr("grader.measuring.scan.LONG", 10_000)
    assert rows.LONG <= 600
    whole = scored(600, 600, layers=3, heads=4)

    assert (without.baseline, without.blind_head) == (whole.baseline, whole.blind_head)
    for column, expected in zip(without.slices[0].statistics, whole.slices[0].statistics, strict=True):
        torch.testing.assert_close(  # a last digit of four may be rounded to either side
            torch.tensor(column.value), torch.tensor(expected.value), rtol=0, atol=1.01e-4
        )


def test_four_thousand_tokens_are_read() -> None:
    (part,) = scored(CONTEXT, CONTEXT).slices

    assert (part.name, part.queries) == ("repeats", LONG.repeat_sequences * QUERIES)


def test_a_text_that_is_longer_than_the_transformer_reads_is_refused() -> None:
    with pytest.raises(UnsupportedTransformer, match="reads 2048 tokens at most, but a probe has 4096"):
        scored(CONTEXT, 2048)


def test_the_setting_is_left_out_where_it_is_not_set() -> None:
    assert "long_context" not in ProbeSettings(seed=1).model_dump_json()
    assert "long_context" in LONG.model_dump_json()
    assert LONG.short == LONG.model_copy(update={"long_context": None})
    assert families_of(KINDS[1]) == ("repeats",)
