"""The trials of every measure: matched place by place, balanced, within reach, always the same."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from grader import exercises
from grader.kinds.causal import NoTrials, Trial
from grader.kinds.definition import SHARED_MEASURES
from grader.measuring import transformer
from grader.measuring.interventions.measures import MEASURES, measure_of
from grader.measuring.interventions.measures.agreement import VERBS
from grader.measuring.interventions.measures.trial import whole_words
from grader.measuring.probes.tokens import plain_tokens, special_ids
from grader.measuring.probes.vocabulary import ROLES
from grader.schema import ProbeSettings
from tests.support.kinds import every_kind
from tests.support.tiny import word_tokenizer

BPE, WORD_PIECE = (pytest.param(name, marks=pytest.mark.real) for name in ("smollm2-heads", "minilm-heads"))
SHIPPED = ("mini-heads", BPE, WORD_PIECE)
"""Words, byte-level BPE, and WordPiece of an encoder."""
SETTINGS = ProbeSettings(seed=3)
REACH = 256


@cache
def tokenizer_of(name: str) -> PreTrainedTokenizerBase:
    path = transformer.locate(exercises.load(name).transformer, online=False).path
    options: dict[str, Any] = {"gguf_file": path.name} if path.is_file() else {}
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(path.parent if options else path, **options)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def letters() -> PreTrainedTokenizerFast:
    """Every letter is a token: no word is whole."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def causal(name: str) -> bool:
    return name != "minilm-heads"


@cache
def trials(measure: str, name: str, seed: int = 3, reach: int = REACH) -> tuple[Trial, ...]:
    settings = SETTINGS.model_copy(update={"seed": seed})
    return MEASURES[measure].build(tokenizer_of(name), settings, causal(name), reach)


def each_measure(test: Callable[..., None]) -> Callable[..., None]:
    """Run the test for every measure and tokenizer."""
    return pytest.mark.parametrize("measure", list(MEASURES))(pytest.mark.parametrize("name", SHIPPED)(test))


def test_every_measure_that_a_type_may_name_is_there() -> None:
    assert tuple(MEASURES) == SHARED_MEASURES
    assert [name for name, measure in MEASURES.items() if measure.name != name] == []


@each_measure
def test_a_matched_sequence_has_special_tokens_at_the_same_places(measure: str, name: str) -> None:
    special = {*special_ids(tokenizer_of(name)), tokenizer_of(name).mask_token_id}
    for trial in trials(measure, name):
        pairs = list(zip(trial.token_ids, trial.matched, strict=True))

        assert all(one == other for one, other in pairs if {one, other} & special)
        assert trial.token_ids != trial.matched


@each_measure
def test_what_is_asked_lies_within_the_sequence(measure: str, name: str) -> None:
    made = trials(measure, name)

    assert len(made) == SETTINGS.causal_sequences
    assert len({len(trial.token_ids) for trial in made}) <= 3
    for trial in made:
        asked = trial.asked + trial.early
        assert trial.asked
        assert len(trial.token_ids) <= REACH
        assert all(0 <= ask.position < len(trial.token_ids) for ask in asked)
        assert all(ask.right != ask.wrong for ask in asked)
        assert len({ask.wrong is None for ask in asked}) == 1
        assert (asked[0].wrong is None) == (MEASURES[measure].unit == "nats")


@each_measure
def test_an_encoder_is_asked_at_its_mask_and_a_decoder_has_none(measure: str, name: str) -> None:
    mask = tokenizer_of(name).mask_token_id
    for trial in trials(measure, name):
        if causal(name):
            assert mask not in trial.token_ids
        else:
            assert [place for place, token in enumerate(trial.token_ids) if token == mask] == [trial.asked[0].position]


@each_measure
def test_the_seed_alone_decides(measure: str, name: str) -> None:
    once = MEASURES[measure].build(tokenizer_of(name), SETTINGS, causal(name), REACH)

    assert once == trials(measure, name)
    assert once != trials(measure, name, seed=4)


@pytest.mark.parametrize("measure", ["copying", "running_text"])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_short_reach_makes_short_trials(measure: str, name: str) -> None:
    assert {len(trial.token_ids) for trial in trials(measure, name, reach=20)} <= {19, 20}


@each_measure
def test_a_reach_that_is_too_short_is_told(measure: str, name: str) -> None:
    with pytest.raises(NoTrials, match="it reads 5 tokens at most"):
        trials(measure, name, reach=5)


@pytest.mark.parametrize("measure", MEASURES)
def test_an_encoder_without_a_mask_cannot_be_asked(measure: str) -> None:
    with pytest.raises(NoTrials, match="no mask token"):
        MEASURES[measure].build(word_tokenizer("bert"), SETTINGS, False, REACH)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_second_copy_is_the_first_and_the_matched_sequence_has_no_token_twice(name: str) -> None:
    for trial in trials("copying", name):
        front = 1
        length = (len(trial.token_ids) - front) // 2
        first, second = (trial.token_ids[front + start : front + start + length] for start in (0, length))
        hidden = {place for place in range(length) if second[place] == tokenizer_of(name).mask_token_id}
        plain = [token for token in trial.matched if token in plain_tokens(tokenizer_of(name))]

        assert [place for place in range(length) if first[place] != second[place]] == sorted(hidden)
        assert len(set(plain)) == len(plain) == 2 * length - len(hidden)
        assert not set(plain) & set(first)


def test_every_token_of_the_second_copy_but_its_first_is_asked_and_so_it_is_in_the_first() -> None:
    for trial in trials("copying", "mini-heads"):
        late, early = trial.asked, trial.early

        assert [ask.position + 1 for ask in late] == list(range(32, 61))
        assert [(ask.position + 30, ask.right) for ask in early] == [(ask.position, ask.right) for ask in late]
        assert all(trial.token_ids[ask.position + 1] == ask.right for ask in late + early)


@pytest.mark.parametrize("name", ["mini-heads", BPE])
def test_text_is_asked_from_the_third_word_on_and_each_of_its_tokens_elsewhere_too(name: str) -> None:
    for trial in trials("running_text", name):
        places = [ask.position + 1 for ask in trial.asked]

        assert places == list(range(places[0], len(trial.token_ids)))
        assert 3 <= places[0] <= 6
        assert [ask.right for ask in trial.asked] == list(trial.token_ids[places[0] :])
        assert [ask.right for ask in trial.early] == [ask.right for ask in trial.asked]
        assert all(one.position != other.position for one, other in zip(trial.early, trial.asked, strict=True))
        assert sorted(ask.position for ask in trial.early) == [place - 1 for place in places]


@pytest.mark.real
def test_the_hidden_place_takes_turns() -> None:
    for measure in ("copying", "running_text"):
        assert len({trial.asked[0].position for trial in trials(measure, "minilm-heads")}) >= 12


def words_of(name: str, token_ids: tuple[int, ...]) -> list[str]:
    return re.findall(r"\w+", tokenizer_of(name).decode(token_ids, skip_special_tokens=True).lower())


def plural(noun: str) -> bool:
    return any(noun == role.plural for role in ROLES.values())


def nouns_of(name: str, token_ids: tuple[int, ...]) -> list[str]:
    """The persons of a sentence, in their order."""
    known = {word for noun, role in ROLES.items() for word in (noun, role.plural)}
    return [word for word in words_of(name, token_ids) if word in known]


@pytest.mark.parametrize("name", SHIPPED)
def test_half_of_the_nouns_before_a_verb_have_another_number_than_its_subject(name: str) -> None:
    form = {token: word for word, token in whole_words(tokenizer_of(name)).items()}
    numbers = Counter()
    for trial in trials("agreement", name):
        people, swapped = nouns_of(name, trial.token_ids), nouns_of(name, trial.matched)
        (subject,) = [place for place in range(4) if people[place] != swapped[place]]
        of_subject = plural(people[subject])
        numbers[of_subject, plural(people[-1]), plural(people[0])] += 1

        assert len(people) == 4
        assert subject in (1, 2)
        assert plural(swapped[subject]) != of_subject
        for ask in trial.asked:
            assert (form[ask.right], form[ask.wrong])[:: 1 if not of_subject else -1] in VERBS

    assert set(numbers.values()) == {3}
    assert len(numbers) == 8


@pytest.mark.parametrize("name", SHIPPED)
def test_a_pronoun_or_a_deed_fits_one_person_and_in_the_matched_sentence_none(name: str) -> None:
    form = {token: word for word, token in whole_words(tokenizer_of(name)).items()}
    singular = {role.plural: noun for noun, role in ROLES.items()}
    meant = Counter()
    for trial in trials("pronouns", name):
        (ask,) = trial.asked
        right, wrong = form[ask.right], form[ask.wrong]
        people, others = nouns_of(name, trial.token_ids), nouns_of(name, trial.matched)
        genders, instead = ([ROLES[singular.get(each, each)].gender for each in side] for side in (people, others))
        if causal(name):
            pronoun = {"he": "m", "she": "f"}[words_of(name, trial.token_ids)[-1]]
            place = genders.index(pronoun)
            meant[pronoun, place] += 1

            assert [ROLES[each].past for each in people] == ([right, wrong] if place == 0 else [wrong, right])
            assert instead == genders[::-1]
            assert not {right, wrong} & {ROLES[each].past for each in others}
        else:
            meant[right, wrong] += 1

            assert len(set(genders)) == 1
            assert plural(people[0]) == plural(people[1]) == (right == "they")
            assert (instead != genders) == (right != "they")
            assert not any(map(plural, others))

    assert set(meant.values()) == {6}
    assert len(meant) == 4


@pytest.mark.parametrize("measure", ["agreement", "pronouns"])
def test_a_tokenizer_that_splits_words_is_told(measure: str) -> None:
    with pytest.raises(NoTrials, match="its vocabulary has 0 of the nouns as whole words"):
        MEASURES[measure].build(letters(), SETTINGS, True, REACH)


def test_kinds_have_their_measures_and_languages_other_than_english_no_english_sentences() -> None:
    korean = SETTINGS.model_copy(update={"language": "ko"})
    found = {kind.name: measure.name for kind in every_kind() if (measure := measure_of(kind, SETTINGS))}
    left = {kind.name for kind in every_kind() if measure_of(kind, korean)}

    assert found == {
        "positional:-3": "running_text",
        "positional:-1": "running_text",
        "positional:+1": "running_text",
        "induction": "copying",
        "long_prefix_induction": "copying",
        "duplicate_token": "copying",
        "syntactic:verb_subject": "agreement",
        "syntactic:pronoun_antecedent": "pronouns",
    }
    assert left == {name for name in found if not name.startswith("syntactic")}


def test_importing_the_measures_loads_nothing_heavy() -> None:
    script = (
        "import sys, grader.measuring.interventions.measures;"
        "print({'torch', 'transformers', 'numpy', 'tokenizers'} & set(sys.modules))"
    )

    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "set()"
