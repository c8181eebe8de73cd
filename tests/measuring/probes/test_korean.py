"""The Korean grammar: particles and endings that fit, arcs that follow them, and no blind head that finds half."""

from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Literal, cast

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from grader.base.errors import ExerciseError
from grader.measuring.probes import frames
from grader.measuring.probes.families import family
from grader.measuring.probes.grammar.korean import ENDINGS, RELATIONS, STATES, TRADES, with_ending, with_particle
from grader.measuring.questions import question
from grader.measuring.statistics.baselines import best_blind_head
from grader.schema import Kind, ProbeSettings, Relation

COUNT = 240
OF_KOREAN: tuple[Relation, ...] = ("verb_subject", "object_verb", "noun_adjective")


def arcs(relation: str) -> list[tuple[frames.Sentence, frames.Arc]]:
    """The arcs of a relation, each with its sentence."""
    return [(each, arc) for each in frames.sentences(relation, 3, COUNT, "ko") for arc in each.arcs]


@pytest.fixture(scope="module")
def bundled() -> PreTrainedTokenizerBase:
    """A byte-level tokenizer that has never read Korean."""
    folder = Path(str(resources.files("grader.measuring.transformer"))) / "bundled" / "mini-gpt2"
    return cast(PreTrainedTokenizerBase, AutoTokenizer.from_pretrained(folder))


@pytest.mark.parametrize(
    ("noun", "forms"),
    [
        ("왕", "왕은 왕이 왕을 왕에서"),
        ("농부", "농부는 농부가 농부를 농부에서"),
        ("비단", "비단은 비단이 비단을 비단에서"),
    ],
)
def test_a_particle_fits_the_final_consonant(noun: str, forms: str) -> None:
    assert [with_particle(noun, particle) for particle in ("top", "nom", "acc", "at")] == forms.split()


@pytest.mark.parametrize(
    ("stem", "forms"),
    [
        ("지휘하", "지휘한다 지휘하면 지휘하고 지휘하지만 지휘하는 지휘한다고"),
        ("잡", "잡는다 잡으면 잡고 잡지만 잡는 잡는다고"),
        ("만들", "만든다 만들면 만들고 만들지만 만드는 만든다고"),
    ],
)
def test_an_ending_fits_the_stem(stem: str, forms: str) -> None:
    assert [with_ending(stem, ending) for ending in ("", *ENDINGS)] == forms.split()


def test_a_subject_has_a_subject_particle_wherever_it_stands() -> None:
    subjects = {with_particle(noun, particle) for noun in TRADES for particle in ("top", "nom")}
    objects_first = 0
    for sentence, arc in arcs("verb_subject"):
        assert sentence.words[arc.target] in subjects
        assert sentence.classes[arc.query] == "VERB"
        objects_first += any(word[-1] in "을를" for word in sentence.words[: arc.target])
    assert 0.3 * COUNT <= objects_first <= COUNT


def test_an_object_has_its_particle_and_a_verb_of_its_trade_or_of_another() -> None:
    verbs = {
        with_ending(trade.verb, ending): with_particle(trade.object, "acc")
        for trade in TRADES.values()
        for ending in ("", *ENDINGS)
    }
    for sentence, arc in arcs("object_verb"):
        own = verbs[sentence.words[arc.query]] == sentence.words[arc.target]
        assert sentence.words[arc.target] in verbs.values()
        assert ("own_trade" in arc.groups, "crossed" in arc.groups) == (own, not own)


def test_an_adjective_belongs_to_its_noun() -> None:
    kinds = Counter[str]()
    for sentence, arc in arcs("noun_adjective"):
        (kind,) = arc.groups
        kinds[kind] += 1
        assert (sentence.words[arc.query] in STATES) == (kind == "predicative")
    assert kinds["attributive"] == kinds["predicative"]


def test_half_of_the_verbs_are_crossed_and_word_association_finds_none_of_their_subjects() -> None:
    persons = {with_particle(noun, particle): noun for noun in TRADES for particle in ("top", "nom")}
    trades = {with_ending(trade.verb, end): noun for noun, trade in TRADES.items() for end in ("", *ENDINGS)}
    groups = Counter[str]()
    for sentence, arc in arcs("verb_subject"):
        groups.update(arc.groups)
        if "crossed" in arc.groups:
            trade = trades[sentence.words[arc.query]]
            before = [persons.get(word) for word in sentence.words[: arc.query]]
            assert trade in before
            assert persons[sentence.words[arc.target]] != trade
    assert groups["crossed"] == groups["own_trade"] == COUNT / 2


@pytest.mark.parametrize("direction", ["backward", "forward"])
@pytest.mark.parametrize("relation", OF_KOREAN)
def test_no_blind_head_gets_half_of_a_korean_relation(
    relation: Relation, direction: Literal["backward", "forward"], bundled: PreTrainedTokenizerBase
) -> None:
    kind = Kind(type="syntactic", relation=relation, direction=direction)
    for seed in (1, 2, 3):
        sequences = family(f"annotated:{relation}", bundled, ProbeSettings(seed=seed, language="ko"))
        questions = [question(kind, each).visible(causal=direction == "backward") for each in sequences]
        asked = sum(int(question.asked.sum()) for question in questions)

        name, right = best_blind_head(questions, offsets_known=False)

        assert asked >= 200
        assert right.sum() / asked < 0.5, name


def test_a_word_keeps_its_tokens(bundled: PreTrainedTokenizerBase) -> None:
    for sequence in family("annotated:verb_subject", bundled, ProbeSettings(seed=3, sentences=20, language="ko")):
        for word, span in zip(sequence.spelled, sequence.words, strict=True):
            assert bundled.decode(list(sequence.token_ids[span.start : span.stop])).strip() == word


def test_running_text_is_korean_too(bundled: PreTrainedTokenizerBase) -> None:
    (first, *_) = family("running_text", bundled, ProbeSettings(seed=3, language="ko"))
    assert all("가" <= word[0] <= "힣" for word in first.spelled if word not in (".", ","))


def test_a_relation_that_the_grammar_lacks_is_refused_with_those_that_it_has(bundled: PreTrainedTokenizerBase) -> None:
    assert set(RELATIONS) == set(OF_KOREAN)
    with pytest.raises(ExerciseError, match="ko has no sentences for noun_determiner, only for: verb_subject"):
        family("annotated:noun_determiner", bundled, ProbeSettings(seed=3, language="ko"))
