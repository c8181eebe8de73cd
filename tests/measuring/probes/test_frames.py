from collections import Counter
from itertools import combinations

import pytest

from grader.measuring.probes import frames, vocabulary
from grader.measuring.probes.frames import Arc, Sentence

SEEDS = range(10)
COUNT = 240
MOST_BLIND, MOST_LUCK = 0.45, 0.06
"""The highest hit rate of a blind rule, and its range over the seeds."""


def shares(sentences: tuple[Sentence, ...], backward: bool) -> dict[str, float]:
    """How often a head blind to the relation would find the other end, by what it would go by."""
    offsets, places = Counter[int](), Counter[int]()
    by_rule = Counter[str]()
    for sentence in sentences:
        for arc in sentence.arcs:
            start, end = (arc.query, arc.target) if backward else (arc.target, arc.query)
            side = range(start) if backward else range(start + 1, len(sentence.words))
            found = [index for index in side if sentence.classes[index] == sentence.classes[end]]
            offsets[end - start] += 1
            places[end] += 1
            by_rule["first"] += found[0] == end
            by_rule["second"] += found[1:2] == [end]
            by_rule["last"] += found[-1] == end
    best = {"offset": offsets.most_common(1)[0][1], "place": places.most_common(1)[0][1]}
    asked = sum(len(sentence.arcs) for sentence in sentences)
    return {rule: count / asked for rule, count in (best | by_rule).items()}


@pytest.mark.parametrize("backward", [True, False])
@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_no_blind_rule_finds_half_of_the_targets_whatever_the_seed(relation: str, backward: bool) -> None:
    found = [shares(frames.sentences(relation, seed, COUNT), backward) for seed in SEEDS]
    for rule in found[0]:
        rates = [each[rule] for each in found]
        assert max(rates) <= MOST_BLIND, rule
        assert max(rates) - min(rates) <= MOST_LUCK, rule


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_the_same_seed_gives_the_same_sentences_and_another_seed_others(relation: str) -> None:
    sentences = frames.sentences(relation, 7, 60)
    assert sentences == frames.sentences(relation, 7, 60)
    assert sentences != frames.sentences(relation, 8, 60)
    assert sentences[:20] == frames.sentences(relation, 7, 20)


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_sentences_are_well_formed(relation: str) -> None:
    for sentence in frames.sentences(relation, 3, COUNT):
        words = sentence.words
        assert sentence.arcs
        assert len(words) == len(sentence.classes)
        assert words[0][0].isupper()
        assert words[-1] == "."
        assert all(word == word.strip() and " " not in word for word in words)
        assert {arc.relation for arc in sentence.arcs} == {relation}
        assert all(0 <= arc.target < arc.query < len(words) - 1 for arc in sentence.arcs)
        assert all(arc.query > 1 for arc in sentence.arcs)
        assert len({arc.query for arc in sentence.arcs} | {arc.target for arc in sentence.arcs}) == 2 * len(
            sentence.arcs
        )


ENDS = {
    "verb_subject": {("VERB", "NOUN")},
    "noun_adjective": {("NOUN", "ADJ"), ("ADJ", "NOUN")},
    "pronoun_antecedent": {("PRON", "NOUN"), ("PRON", "PROPN")},
    "object_verb": {("NOUN", "VERB")},
    "noun_determiner": {("NOUN", "DET")},
    "possessive_noun": {("NOUN", "NOUN")},
}


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_arcs_join_words_of_the_right_classes(relation: str) -> None:
    ends = {
        (sentence.classes[arc.query], sentence.classes[arc.target])
        for sentence in frames.sentences(relation, 3, COUNT)
        for arc in sentence.arcs
    }
    assert ends == ENDS[relation]


def arcs(relation: str) -> list[tuple[Sentence, Arc]]:
    """The arcs of a relation, each with its sentence."""
    return [(sentence, arc) for sentence in frames.sentences(relation, 3, COUNT) for arc in sentence.arcs]


def counted(relation: str) -> Counter[str]:
    """The number of arcs in each slice."""
    return Counter(group for _, arc in arcs(relation) for group in arc.groups)


TRADES = {
    word: noun
    for noun, role in vocabulary.ROLES.items()
    for word in (noun, role.plural, role.verb_s, role.verb, role.past, role.object)
}


def test_a_verb_agrees_with_its_subject() -> None:
    deeds = (*vocabulary.ROLES.values(), *vocabulary.TRANSITIVE, *vocabulary.INTRANSITIVE, *vocabulary.SPEECH)
    plural_verb = {deed.verb_s: False for deed in deeds} | {deed.verb: True for deed in deeds}
    plural_noun = dict.fromkeys(vocabulary.ROLES, False) | {role.plural: True for role in vocabulary.ROLES.values()}
    for sentence, arc in arcs("verb_subject"):
        assert plural_verb[sentence.words[arc.query]] == plural_noun[sentence.words[arc.target]]


@pytest.mark.parametrize(
    ("relation", "slices"),
    [
        ("verb_subject", ("same_number", "other_number")),
        ("verb_subject", ("own_trade", "crossed")),
        ("object_verb", ("own_trade", "crossed")),
        ("noun_adjective", ("attributive", "predicative")),
        ("pronoun_antecedent", ("first", "second", "third")),
    ],
)
def test_slices_are_of_one_size(relation: str, slices: tuple[str, ...]) -> None:
    sizes = [counted(relation)[name] for name in slices]
    assert min(sizes) >= 75
    assert max(sizes) - min(sizes) <= 0.05 * COUNT


def test_crossed_verbs_have_subjects_of_either_number_and_in_either_clause() -> None:
    joint = Counter(pair for _, arc in arcs("verb_subject") for pair in combinations(sorted(arc.groups), 2))
    for one, other in (("same_number", "other_number"), ("main", "embedded")):
        for name in (one, other):
            both = joint[tuple(sorted((name, "crossed")))], joint[tuple(sorted((name, "own_trade")))]
            assert min(both) >= 30
            assert abs(both[0] - both[1]) <= 8


def associated(sentence: Sentence, arc: Arc) -> int | None:
    """The last word before the query that is of its trade, if there is one."""
    trade = TRADES[sentence.words[arc.query]]
    return next((place for place in reversed(range(arc.query)) if TRADES.get(sentence.words[place]) == trade), None)


@pytest.mark.parametrize("relation", ["verb_subject", "object_verb"])
def test_word_association_finds_the_target_of_no_crossed_arc(relation: str) -> None:
    for sentence, arc in arcs(relation):
        if "crossed" in arc.groups:
            assert associated(sentence, arc) not in (None, arc.target)
        if "own_trade" in arc.groups:
            assert associated(sentence, arc) == arc.target


def test_neither_the_main_subject_nor_the_nearest_noun_is_right_in_every_slice() -> None:
    right, asked = Counter[tuple[str, str]](), Counter[str]()
    for sentence in frames.sentences("verb_subject", 3, COUNT):
        main = next(arc.target for arc in sentence.arcs if "main" in arc.groups)
        for arc in sentence.arcs:
            (clause,) = {"main", "embedded"} & set(arc.groups)
            asked[clause] += 1
            right[clause, "main subject"] += arc.target == main
            right[clause, "nearest"] += "NOUN" not in sentence.classes[arc.target + 1 : arc.query]
            assert clause == "main" or main < arc.query
    assert right["main", "main subject"] == asked["main"]
    assert right["embedded", "main subject"] == 0
    assert right["main", "nearest"] < 0.1 * asked["main"]


def test_main_and_embedded_verbs_are_of_the_same_kinds() -> None:
    kinds = (vocabulary.TRANSITIVE, vocabulary.SPEECH, tuple(vocabulary.ROLES.values()))
    for clause in ("main", "embedded"):
        verbs = {sentence.words[arc.query] for sentence, arc in arcs("verb_subject") if clause in arc.groups}
        assert all(verbs & {form for deed in kind for form in (deed.verb, deed.verb_s)} for kind in kinds)


def test_number_groups_say_what_stands_before_the_verb() -> None:
    plurals = {role.plural for role in vocabulary.ROLES.values()} | {*map(vocabulary.plural, vocabulary.PLACES)}
    plurals |= {role.object for role in vocabulary.ROLES.values() if role.object.endswith("s")}
    for sentence, arc in arcs("verb_subject"):
        nouns = [index for index in range(arc.query) if sentence.classes[index] == "NOUN" and index != arc.target]
        of_target = sentence.words[arc.target] in plurals
        same = {(sentence.words[index] in plurals) == of_target for index in nouns}
        named = {"same_number", "other_number"} & set(arc.groups)
        assert not named or same == {named == {"same_number"}}


def test_the_pronoun_fits_only_its_antecedent() -> None:
    gender = {noun: role.gender for noun, role in vocabulary.ROLES.items()}
    gender |= dict.fromkeys(vocabulary.THINGS, "n")
    gender |= dict.fromkeys(vocabulary.NAMES_M, "m") | dict.fromkeys(vocabulary.NAMES_F, "f")
    pronouns = {"he": "m", "she": "f", "it": "n"}
    for sentence, arc in arcs("pronoun_antecedent"):
        fits = pronouns[sentence.words[arc.query]]
        candidates = [index for index in range(arc.query) if sentence.classes[index] in ("NOUN", "PROPN")]
        assert [index for index in candidates if gender[sentence.words[index].lower()] == fits] == [arc.target]
        assert arc.groups == (("first", "second", "third")[candidates.index(arc.target)],)


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_every_word_is_in_the_lexicon(relation: str) -> None:
    known = {*vocabulary.ALL_WORDS, ",", "."}
    said = {word.lower().removesuffix("'s") for item in frames.sentences(relation, 3, COUNT) for word in item.words}
    assert said <= known


def test_an_stands_before_vowels_only() -> None:
    for relation in frames.RELATIONS:
        for sentence in frames.sentences(relation, 3, COUNT):
            for word, after in zip(sentence.words, sentence.words[1:], strict=False):
                if word.lower() in ("a", "an"):
                    assert (word.lower() == "an") == (after[0] in "aeiou")


def test_roles_share_no_verb_and_no_object_and_categories_no_word() -> None:
    for names in ("plural", "verb_s", "verb", "past", "object"):
        values = [getattr(role, names) for role in vocabulary.ROLES.values()]
        assert len(set(values)) == len(values) == len(vocabulary.ROLES)
    words = [word for category in vocabulary.CATEGORIES.values() for word in category]
    assert len(set(words)) == len(words)
    assert len(vocabulary.CATEGORIES) >= 12
    assert min(map(len, vocabulary.CATEGORIES.values())) >= 14
