"""A planted head of each kind scores exactly 1, its look-alikes exactly 0."""

import pytest

from grader.kinds.sequence import Link, ProbeSequence, Span
from grader.measuring.questions import question
from grader.schema import Kind
from tests.kinds.planted import looking, measured, sentence, tokens, words

REPEAT = tokens(5, 6, 7, 8, 9, 5, 6, 7, 8, 9)
LONGER = tokens(5, 6, 7, 8, 9, 10, 11, 5, 6, 7, 8, 9, 10, 11)


def sink(_: int) -> int:
    return 0


def earlier_copy(sequence: ProbeSequence, shift: int) -> "list[int]":
    """For each query, the key `shift` behind the earlier copy of its token; the first position where there is none."""
    ids = sequence.token_ids
    return [ids[:q].index(ids[q]) + shift if ids[q] in ids[:q] else 0 for q in range(len(ids))]


@pytest.mark.parametrize("offset", [-1, -2, -3, -4, 1, 2])
def test_positional(offset: int) -> None:
    kind, causal = Kind(type="positional", offset=offset), offset < 0
    sequence = words(12)

    assert measured(kind, sequence, looking(sequence, lambda q: q + offset), causal=causal) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: q + 2 * offset), causal=causal) == (0, 0)
    assert measured(kind, sequence, looking(sequence, sink), causal=causal) == (0, 0)


@pytest.mark.parametrize("sequence", [REPEAT, LONGER])
def test_induction(sequence: ProbeSequence) -> None:
    kind = Kind(type="induction")
    behind, copy = earlier_copy(sequence, 1), earlier_copy(sequence, 0)

    assert measured(kind, sequence, looking(sequence, behind.__getitem__)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, copy.__getitem__)) == (0, 0)
    assert measured(kind, sequence, looking(sequence, sink)) == (0, 0)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1)) == (0, 0)


def test_a_fixed_distance_is_induction_on_one_length_only() -> None:
    kind = Kind(type="induction")

    assert measured(kind, REPEAT, looking(REPEAT, lambda q: q - 4)) == (1, 1)
    assert measured(kind, LONGER, looking(LONGER, lambda q: q - 4)) == (0, 0)


def test_duplicate_token() -> None:
    kind = Kind(type="duplicate_token")
    behind, copy = earlier_copy(REPEAT, 1), earlier_copy(REPEAT, 0)

    assert measured(kind, REPEAT, looking(REPEAT, copy.__getitem__)) == (1, 1)
    assert measured(kind, REPEAT, looking(REPEAT, behind.__getitem__)) == (0, 0)
    assert measured(kind, REPEAT, looking(REPEAT, sink)) == (0, 0)


def test_long_prefix_induction() -> None:
    kind = Kind(type="long_prefix_induction")
    sequence = tokens(1, 2, 9, 3, 4, 5, 9, 6, 7, 8, 9, 10, 4, 5, 9)  # the last 9 is behind 4 and 5, as the second was

    assert measured(kind, sequence, looking(sequence, {15: 8}.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, {15: 12}.get)) == (0, 0)  # after the latest copy
    assert measured(kind, sequence, looking(sequence, {15: 4}.get)) == (0, 0)  # after the first copy
    assert measured(kind, sequence, looking(sequence, {15: 7}.get)) == (0, 0)  # the copy itself


def test_where_something_simply_comes_twice_long_prefix_induction_is_not_asked() -> None:
    assert not question(Kind(type="long_prefix_induction"), REPEAT).asked.any()


def test_current_token() -> None:
    kind = Kind(type="current_token")
    copy = earlier_copy(REPEAT, 0)

    assert measured(kind, REPEAT, looking(REPEAT, lambda q: q)) == (1, 1)
    assert measured(kind, REPEAT, looking(REPEAT, lambda q: q - 1)) == (0, 0)
    assert measured(kind, REPEAT, looking(REPEAT, copy.__getitem__)) == (0, 0)
    assert measured(kind, REPEAT, looking(REPEAT, sink)) == (0, 0)


@pytest.mark.parametrize("special", [frozenset({0}), frozenset(), frozenset({0, 8})])
def test_attention_sink(special: frozenset[int]) -> None:
    """The first position is the target whether a special token stands there or a word, and none that is behind it."""
    kind, sequence = Kind(type="attention_sink"), ProbeSequence(tuple(range(9)), special, "random")

    assert measured(kind, sequence, looking(sequence, sink)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda _: 1)) == (0, 0)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1)) == (0, 0)
    assert measured(kind, sequence, looking(sequence, lambda _: 8), causal=False) == (0, 0)


def test_repeats_too_near_are_not_asked() -> None:
    """At distance 2 the induction target is the previous token, at distance 1 the copy itself is."""
    near = tokens(5, 6, 5, 7, 7)

    assert not question(Kind(type="induction"), near).asked.any()
    assert question(Kind(type="duplicate_token"), near).asked.nonzero().tolist() == [[3]]


def test_verb_to_subject() -> None:
    kind = Kind(type="syntactic", relation="verb_subject")
    sequence = sentence()

    assert measured(kind, sequence, looking(sequence, {7: 2}.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1)) == (0, 0)  # the nearest noun: the attractor


def test_a_previous_token_head_finds_only_the_adjective_before_its_noun() -> None:
    kind = Kind(type="syntactic", relation="noun_adjective")
    sequence = sentence()

    assert measured(kind, sequence, looking(sequence, {6: 5, 8: 2}.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1)) == (0.5, 0.5)


def test_forward_asks_the_earlier_word() -> None:
    kind = Kind(type="syntactic", relation="verb_subject", direction="forward")
    sequence = sentence()

    assert measured(kind, sequence, looking(sequence, {2: 7}.get), causal=False) == (1, 1)
    assert measured(kind, sequence, looking(sequence, {7: 2}.get), causal=False)[0] == 0


def test_ahead_a_target_behind_another_word_of_its_class_is_in_the_open_slice() -> None:
    kind = Kind(type="syntactic", relation="noun_determiner", direction="forward")
    link = (Link("noun_determiner", 4, 0),)
    garden = words(5, classes=("DET", "NOUN", "X", "X", "NOUN"), spelled=("the", "garden", *"--", "table"), links=link)
    commas = words(5, classes=("DET", "X", "NOUN", "X", "NOUN"), spelled=("the", ",", "king", ",", "table"), links=link)

    assert question(kind, garden).groups["open"].nonzero().tolist() == [[1]]
    assert "open" not in question(kind, commas).groups


def test_a_split_word_is_asked_at_its_last_token_and_found_at_any() -> None:
    whole = sentence()
    spans = (
        Span(1, 2),
        Span(2, 4),
        *(Span(s.start + 1, s.stop + 1) for s in whole.words[2:6]),
        Span(8, 10),
        Span(10, 11),
    )
    sequence = ProbeSequence(tuple(range(11)), whole.special, "all", spans, classes=whole.classes, links=whole.links)
    kind = Kind(type="syntactic", relation="verb_subject")

    for token_of_subject in (2, 3):
        assert measured(kind, sequence, looking(sequence, {9: token_of_subject}.get)) == (1, 1)


def test_semantic() -> None:
    kind = Kind(type="semantic")
    names = ("metal", "fruit", "tool", "fruit", "metal", "tool", "fruit", "metal")
    sequence = words(8, categories=names)
    own = {5: 1, 6: 3, 7: 2, 8: 1}  # the second fruit, at 4, has its like too near

    assert measured(kind, sequence, looking(sequence, own.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1))[0] == 0
    assert measured(kind, sequence, looking(sequence, sink))[0] == 0


def test_semantic_other() -> None:
    kind = Kind(type="semantic_other")
    names = ("fruit", "tool", "fruit", "metal", "tool", "metal", "fruit")
    spelled = ("apple", "saw", "pear", "tin", "drill", "zinc", "apple")
    sequence = words(7, categories=names, spelled=spelled, asked=range(6, 7))

    assert measured(kind, sequence, looking(sequence, {7: 3}.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, {7: 1}.get)) == (0, 0)  # its copy
    assert measured(kind, sequence, looking(sequence, lambda q: q)) == (0, 0)  # itself
    assert measured(kind, sequence, looking(sequence, sink)) == (0, 0)


def test_word_joining() -> None:
    """`joined words, here`: two split words, a comma and a whole one; from a first token anything else is right."""
    spans = (Span(1, 4), Span(4, 6), Span(6, 7), Span(7, 8))
    spelled = ("joined", "words", ",", "here")
    sequence = ProbeSequence(tuple(range(8)), frozenset({0}), "all", spans, spelled)
    kind = Kind(type="word_joining")
    own = {2: 1, 3: 1, 5: 4}

    assert measured(kind, sequence, looking(sequence, own.get)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: {2: 0, 3: 0, 5: 0}.get(q, q - 1))) == (0, 0)
    for name, before in (("inside", 1), ("boundary", 0), ("mark", 0)):  # what looks one back is wrong at each boundary
        asking = question(kind, sequence).visible(causal=True)
        members = asking.groups[name].nonzero().flatten().tolist()
        assert members, name
        assert {int(asking.targets[query, query - 1]) for query in members} == {before}, name


@pytest.mark.parametrize("special", [frozenset({0}), frozenset({0, 9})])
def test_delimiter(special: frozenset[int]) -> None:
    """Two marks before the word that is asked; an encoder's last token, `[SEP]`, is one as well."""
    spelled = ("one", ",", "two", "three", ".", "four", "five", "six", "seven")
    spans = tuple(Span(place, place + 1) for place in range(1, 10))[: len(spelled) - (9 in special)]
    sequence = ProbeSequence(tuple(range(10)), special, "list", spans, spelled[: len(spans)])
    kind, causal = Kind(type="delimiter"), 9 not in special

    assert measured(kind, sequence, looking(sequence, lambda _: 5), causal=causal) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda _: 2), causal=causal) == (0, 0)  # the first mark
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1), causal=causal) == (0, 0)
    assert measured(kind, sequence, looking(sequence, sink), causal=causal) == (0, 0)
    assert (measured(kind, sequence, looking(sequence, lambda _: 9), causal=causal) == (1, 1)) == (9 in special)


def test_rare_token() -> None:
    kind = Kind(type="rare_token")
    sequence = words(10, rare=2)

    assert measured(kind, sequence, looking(sequence, lambda _: 3)) == (1, 1)
    assert measured(kind, sequence, looking(sequence, lambda q: q - 1)) == (0, 0)
    assert measured(kind, sequence, looking(sequence, sink)) == (0, 0)


def test_an_induction_head_is_no_rare_token_head() -> None:
    """The rare word comes once, so a head that looks for copies rests on the first position."""
    sequence = words(10, rare=2)
    behind = earlier_copy(sequence, 1)

    assert measured(Kind(type="rare_token"), sequence, looking(sequence, behind.__getitem__)) == (0, 0)


def test_always_the_second_noun_is_right_half_of_the_time_on_pronouns() -> None:
    kind = Kind(type="syntactic", relation="pronoun_antecedent")
    classes = ("NOUN", "CCONJ", "NOUN", "VERB", "PRON")
    found = [
        measured(
            kind,
            words(5, classes=classes, links=(Link("pronoun_antecedent", 4, antecedent, slot),)),
            looking(words(5), lambda _: 3),
        )
        for antecedent, slot in ((0, "first"), (2, "second"))
    ]

    assert found == [(0, 0), (1, 1)]
