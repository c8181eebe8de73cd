from collections import Counter

import pytest

from grader.measuring.probes import frames, vocabulary
from grader.measuring.probes.frames import Arc, Sentence

SEEDS = range(5)
COUNT = 240


def shares(sentences: tuple[Sentence, ...], forward: bool = True) -> dict[str, float]:
    """How often a head blind to the relation would find the other end, by what it would go by."""
    offsets, places = Counter[int](), Counter[int]()
    by_rule = Counter[str]()
    for sentence in sentences:
        (arc,) = sentence.arcs
        start, end = (arc.query, arc.target) if forward else (arc.target, arc.query)
        side = range(start) if forward else range(start + 1, len(sentence.words))
        found = [index for index in side if sentence.classes[index] == sentence.classes[end]]
        offsets[end - start] += 1
        places[end] += 1
        by_rule["nearest"] += found[-1 if forward else 0] == end
        by_rule["first"] += found[0] == end
        by_rule["second"] += found[1:2] == [end]
    best = {"offset": offsets.most_common(1)[0][1], "place": places.most_common(1)[0][1]}
    return {rule: count / len(sentences) for rule, count in (best | by_rule).items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_no_blind_rule_finds_half_of_the_targets(relation: str, seed: int) -> None:
    found = shares(frames.sentences(relation, seed, COUNT))
    assert max(found.values()) < 0.5, found


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_the_same_seed_gives_the_same_sentences_and_another_seed_others(relation: str) -> None:
    sentences = frames.sentences(relation, 7, 60)
    assert sentences == frames.sentences(relation, 7, 60)
    assert sentences != frames.sentences(relation, 8, 60)
    assert sentences[:20] == frames.sentences(relation, 7, 20)


@pytest.mark.parametrize("relation", frames.RELATIONS)
def test_sentences_are_well_formed(relation: str) -> None:
    for sentence in frames.sentences(relation, 3, COUNT):
        words, (arc,) = sentence.words, sentence.arcs
        assert len(words) == len(sentence.classes)
        assert words[0][0].isupper()
        assert words[-1] == "."
        assert all(word == word.strip() and " " not in word for word in words)
        assert arc.relation == relation
        assert 0 <= arc.target < arc.query < len(words) - 1
        assert arc.query > 1


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
    """The sentences of a relation, each with its arc."""
    return [(sentence, sentence.arcs[0]) for sentence in frames.sentences(relation, 3, COUNT)]


def test_the_verb_is_its_subjects_own_and_agrees_with_it() -> None:
    forms = {noun: role.verb_s for noun, role in vocabulary.ROLES.items()}
    forms |= {role.plural: role.verb for role in vocabulary.ROLES.values()}
    for sentence, arc in arcs("verb_subject"):
        assert sentence.words[arc.query] == forms[sentence.words[arc.target]]


def test_half_of_the_subjects_stand_among_nouns_of_their_own_number() -> None:
    groups = Counter(group for _, arc in arcs("verb_subject") for group in arc.groups)
    assert set(groups) == {"same_number", "other_number"}
    assert abs(groups["same_number"] - groups["other_number"]) <= 0.1 * COUNT


def test_number_groups_say_what_stands_before_the_verb() -> None:
    plurals = {role.plural for role in vocabulary.ROLES.values()} | {*map(vocabulary.plural, vocabulary.PLACES)}
    for sentence, arc in arcs("verb_subject"):
        nouns = [index for index in range(arc.query) if sentence.classes[index] == "NOUN" and index != arc.target]
        of_target = sentence.words[arc.target] in plurals
        same = {(sentence.words[index] in plurals) == of_target for index in nouns}
        assert same == {"same_number" in arc.groups}


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


def test_half_of_the_adjectives_are_attributive() -> None:
    groups = Counter(group for _, arc in arcs("noun_adjective") for group in arc.groups)
    assert groups["attributive"] == groups["predicative"] == COUNT / 2


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
