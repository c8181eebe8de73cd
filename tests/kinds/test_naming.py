"""Names of kinds as people write them: read, led to what to write, or explained; never led to another meaning."""

import pytest

from grader.kinds import SPELLINGS, TYPES, naming
from grader.kinds.naming import NameFault, advice, as_keys, as_name, as_value, parsed
from grader.kinds.unmeasured import UNMEASURED
from grader.schema import Kind

CALLED = {
    word: {"type": each.name, **values}
    for each in TYPES.values()
    for words, values in each.also_called.items()
    for word in words.split(", ")
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("positional:-1", "positional:-1"),
        ("positional:+1", "positional:+1"),
        ("previous_token", "positional:-1"),
        ("verb_subject", "syntactic:verb_subject"),
        ("syntactic:verb_subject:forward", "syntactic:verb_subject:forward"),
        ("positional, offset: -2", "positional:-2"),
        ("type: syntactic, relation: object_verb", "syntactic:object_verb"),
        ("{type: syntactic, relation: object_verb}", "syntactic:object_verb"),
    ],
)
def test_a_name_is_read_as_commands_and_claims_write_it(name: str, kind: str) -> None:
    assert Kind.model_validate(parsed(name)).name == kind


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("a:b", "unknown-type", "there is no type `a:b`; known: positional, "),
        ("induction:2", "wrong-type", "induction takes nothing after `induction`"),
        ("positional:x", "wrong-type", "`x` is not a whole number"),
        ("positional, steps: 1", "wrong-type", "`steps` is not a part of a kind; allowed: offset, relation, direction"),
        ("syntactic:subject_verb", "wrong-type", "; write `verb_subject`"),
        ("syntactic, relation: nsubj", "wrong-type", "; write `verb_subject`"),
        ("nsubj:pass", "unknown-type", "; write `syntactic:verb_subject`"),
    ],
)
def test_a_name_that_is_none_says_why(name: str, code: str, said: str) -> None:
    with pytest.raises(NameFault) as fault:
        parsed(name)

    assert fault.value.code == code
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("prev-token", "previous_token"),
        ("Previous Token Head", "previous_token"),
        ("coreference", "syntactic:pronoun_antecedent"),
        ("nsubj", "syntactic:verb_subject"),
        ("subject_verb", "syntactic:verb_subject"),
        ("verb_object", "syntactic:object_verb"),
        ("dobj", "syntactic:object_verb"),
        ("obj", "syntactic:object_verb"),
        ("amod", "syntactic:noun_adjective"),
        ("det", "syntactic:noun_determiner"),
        ("prefix matching", "induction"),
        ("inductive head", "induction"),
        ("repeated token", "duplicate_token"),
        ("같은 토큰", "duplicate_token"),
        ("이전토큰", "previous_token"),
        ("유도 헤드", "induction"),
        ("동사-주어", "syntactic:verb_subject"),
        ("대명사", "syntactic:pronoun_antecedent"),
        ("BOS head", "attention_sink"),
        ("첫 토큰", "attention_sink"),
        ("self", "current_token"),
        ("punctuation", "delimiter"),
        ("[SEP]", "delimiter"),
        ("detokenization", "word_joining"),
    ],
)
def test_a_word_of_the_literature_leads_to_what_to_write(word: str, name: str) -> None:
    assert advice(word, as_name) == f"; write `{name}`"


def test_the_form_is_that_of_the_place() -> None:
    assert advice("nsubj", as_keys) == "; write `type: syntactic, relation: verb_subject`"
    assert advice("nsubj", as_value("relation")) == "; write `verb_subject`"
    assert advice("prev token", as_keys) == "; write `type: previous_token`"
    assert advice("induktion", as_keys) == "; did you mean `induction`?"


@pytest.mark.parametrize("word", ["name mover", "backup", "local", "successor head", "S-inhibition", "이름 이동"])
def test_what_is_not_measured_is_said_with_what_is_nearest(word: str) -> None:
    told = advice(word, as_name)

    assert "write" not in told.partition("writes")[0]
    assert "nearest" in told


def test_every_word_of_the_tables_leads_where_its_table_says() -> None:
    wrong = {word: advice(word, as_name) for word, said in CALLED.items() if as_name(said) not in advice(word, as_name)}

    assert wrong == {}
    for words, why in UNMEASURED.items():
        assert [word for word in words.split(", ") if advice(word, as_name) != f"; {why}"] == []


def test_what_is_advised_can_be_written() -> None:
    for said in CALLED.values():
        assert parsed(as_name(said)).items() >= said.items()
        assert parsed(as_keys(said)).items() >= said.items()


def test_a_slip_of_one_letter_never_leads_to_another_meaning() -> None:
    meant = {**CALLED, **{name: {"type": name} for name in TYPES}}
    meant |= {word: {"type": of, **values} for word, (of, values) in SPELLINGS.items()}
    wrong = []
    for word, said in meant.items():
        for place in range(0, len(word), 3):
            slip = word[:place] + word[place + 1 :]
            told = advice(slip, as_name)
            if (told and as_name(said) not in told and as_name(said) != as_name(CALLED.get(slip, said))) or (
                told and f"`{as_name(said)}`" not in told and naming.known(slip) == ""
            ):
                wrong.append((slip, told))

    assert wrong == []
