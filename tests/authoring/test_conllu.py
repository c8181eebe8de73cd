"""CoNLL-U as arcs: relations, words written together, and every mistake with its line."""

import pytest

from grader.authoring import conllu
from grader.base.errors import InvalidInput
from grader.schema import OwnSentence
from tests.support.annotated_text import HOUSE, KEYS, columns


def read(text: str) -> conllu.AnnotatedFile:
    return conllu.read(text.encode(), "own.conllu")


def arcs(sentence: OwnSentence) -> set[tuple[str, str, str, str]]:
    """Return relation, query and target as words, and the group."""
    return {(a.relation, sentence.words[a.query], sentence.words[a.target], a.group) for a in sentence.arcs}


def mistakes(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return caught.value.lines()


def test_each_relation_becomes_an_arc_from_the_later_word_to_the_earlier() -> None:
    (sentence,) = read(columns(KEYS)).sentences

    assert sentence.words[:5] == ("The", "keys", "near", "the", "old")
    assert sentence.classes[:5] == ("DET", "NOUN", "ADP", "DET", "ADJ")
    assert arcs(sentence) == {
        ("noun_determiner", "keys", "The", ""),
        ("noun_determiner", "door", "the", ""),
        ("noun_determiner", "chest", "a", ""),
        ("noun_adjective", "door", "old", "attributive"),
        ("noun_adjective", "chest", "heavy", "attributive"),
        ("verb_subject", "open", "keys", ""),
        ("object_verb", "chest", "open", ""),
        ("pronoun_antecedent", "they", "keys", ""),
    }


def test_a_predicate_finds_its_noun_and_a_possessor_its_possession() -> None:
    (sentence,) = read(columns(HOUSE)).sentences

    assert arcs(sentence) == {
        ("possessive_noun", "house", "Nora", ""),
        ("noun_adjective", "house", "quiet", "attributive"),
        ("noun_adjective", "old", "house", "predicative"),
        ("verb_subject", "knows", "everybody", ""),
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1 Bread NOUN 3 nsubj:pass\n2 was AUX 3 aux:pass\n3 sold VERB 0 root",
         {("verb_subject", "sold", "Bread", "")}),
        ("1 Who PRON 3 obj\n2 Nora PROPN 3 nsubj\n3 saw VERB 0 root",
         {("object_verb", "saw", "Who", ""), ("verb_subject", "saw", "Nora", "")}),
        ("1 something PRON 0 root\n2 strange ADJ 1 amod\n3 happened VERB 1 acl", set()),
        ("1 broken VERB 2 amod\n2 window NOUN 0 root\n3 . PUNCT 2 punct", set()),
        ("1 It PRON 3 nsubj\n2 is AUX 3 cop\n3 red ADJ 0 root", set()),
        ("1 Nora PROPN 4 nsubj\n2 is AUX 4 cop\n3 a DET 4 det\n4 baker NOUN 0 root",
         {("noun_determiner", "baker", "a", "")}),
        ("1 all DET 3 det:predet\n2 the DET 3 det\n3 bread NOUN 0 root", {("noun_determiner", "bread", "the", "")}),
        ("1 That PRON 3 nsubj:outer\n2 is AUX 3 cop\n3 true ADJ 0 root", set()),
    ],
)  # fmt: skip
def test_only_what_is_exactly_the_relation_counts(rows: str, expected: set[tuple[str, str, str, str]]) -> None:
    annotated = read(columns(rows))

    assert [arcs(sentence) for sentence in annotated.sentences] == ([expected] if expected else [])
    assert annotated.left_out == ({} if expected else {"without a relation that was asked for": 1})


TOGETHER = """\
1 They PRON 4 nsubj
2-3 don't _ _ _
2 do AUX 4 aux
3 n't PART 4 advmod
4 find VERB 0 root
5-6 Nora's _ _ _
5 Nora PROPN 7 nmod:poss
6 's PART 5 case
7 keys NOUN 4 obj
7.1 gap NOUN _ _
"""


def test_what_the_text_writes_as_one_is_one_word_unless_the_probe_writes_it_so_anyway() -> None:
    (sentence,) = read(columns(TOGETHER)).sentences

    assert sentence.words == ("They", "don't", "find", "Nora", "'s", "keys")
    assert sentence.classes == ("PRON", "AUX", "VERB", "PROPN", "PART", "NOUN")
    assert arcs(sentence) == {
        ("verb_subject", "find", "They", ""),
        ("possessive_noun", "keys", "Nora", ""),
        ("object_verb", "keys", "find", ""),
    }


def test_two_words_in_one_have_the_class_of_the_leading_one_and_no_arc_between_them() -> None:
    rows = "1-2 dammelo _ _ _\n1 damme VERB 0 root\n2 lo PRON 1 obj\n3 il DET 4 det\n4 pane NOUN 1 obj"
    (sentence,) = read(columns(rows)).sentences

    assert (sentence.words, sentence.classes) == (("dammelo", "il", "pane"), ("VERB", "DET", "NOUN"))
    assert arcs(sentence) == {("object_verb", "pane", "dammelo", ""), ("noun_determiner", "pane", "il", "")}


def test_only_the_relations_that_are_asked_for_are_kept() -> None:
    annotated = conllu.read(columns(KEYS, HOUSE).encode(), "own.conllu", ["object_verb"])

    assert [arcs(sentence) for sentence in annotated.sentences] == [{("object_verb", "chest", "open", "")}]
    assert (annotated.total, annotated.left_out) == (2, {"without a relation that was asked for": 1})


def test_sentences_that_an_exercise_cannot_hold_are_left_out_and_counted() -> None:
    short = "1 Nora PROPN 2 nsubj\n2 waved VERB 0 root"
    long = f"{short}\n" + "\n".join(f"{number} x PUNCT 2 punct" for number in range(3, 202))
    annotated = read(columns(short, long, KEYS))

    assert len(annotated.sentences) == 1
    assert annotated.left_out == {"shorter than 3 words or longer than 200": 2}


def test_comments_byte_order_marks_and_the_line_ends_of_other_systems_are_read() -> None:
    text = "\n\n" + columns(f"# text = The keys ...\n{KEYS}").rstrip("\n")

    assert read("\ufeff" + text.replace("\n", "\r\n")) == read(columns(KEYS))


def test_every_mistake_is_told_with_its_line() -> None:
    text = columns(KEYS, HOUSE)
    for right, wrong in (
        ("keys\t_\tNOUN", "keys\t_\tNUON"),
        ("the\t_\tDET\t_\t_\t6", "the\t_\tDET\t_\t_\t66"),
        ("Antecedent=2", "Antecedent=15"),
        ("8\tknows", "9\tknows"),
    ):
        assert right in text
        text = text.replace(right, wrong)

    assert mistakes(text) == [
        "own.conllu:2: UPOS cannot be `NUON`; allowed: ADJ, ADP, ADV, AUX, CCONJ, DET, INTJ, NOUN, NUM, PART, PRON, "
        "PROPN, PUNCT, SCONJ, SYM, VERB, X; did you mean `NOUN`? [unknown-class]",
        "own.conllu:4: HEAD cannot be 66: the words of the sentence are 1 to 16, and 0 is the root [bad-head]",
        "own.conllu:13: `Antecedent=15` must be the number of an earlier word, 1 to 12 [bad-antecedent]",
        "own.conllu:25:1: words are numbered 1, 2, 3 and so on: this one must be 8, not 9 [bad-id]",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("8\topen", "8 open", ":8:1: a word has 10 columns, separated by tabs (ID, FORM, "),
        ("8\topen\t_", "8\topen\t", ":8:8: the column LEMMA is empty or has two spaces in a row; write _"),
        ("8\topen\t_", "8\topen\ta  b", ":8:8: the column LEMMA is empty or has two spaces in a row; write _"),
        ("8\topen", "eight\topen", ":8:1: ID cannot be `eight`; allowed: a word's number such as 3, a range"),
        ("8\topen", "_\topen", ":8:1: ID cannot be `_`; allowed: a word's number"),
        ("8\topen", "9-8\tof\t_\t_\t_\t_\t_\t_\t_\t_\n8\topen", ":8:1: ID cannot be `9-8`"),
        ("\t0\troot", "\troot\troot", ":8:19: HEAD cannot be `root`; allowed: the number of the word"),
        ("\t0\troot", "\t_\troot", ":8: HEAD cannot be empty: the words of the sentence are 1 to 16"),
        ("\t0\troot", "\t8\troot", ":8: HEAD cannot be 8"),
        (
            "_\tSpaceAfter",
            "_\tAntecedent=1|SpaceAfter",
            ":15: `Antecedent` is only for PRON and DET; `rusty` is ADJ",
        ),
        ("Antecedent=2", "Antecedent=keys", ":13: `Antecedent=keys` must be the number of an earlier word"),
        ("Antecedent=2", "Antecedent", ":13: `Antecedent=` must be the number of an earlier word"),
        (
            "1\tThe",
            "1-99\tThese\t_\t_\t_\t_\t_\t_\t_\t_\n1\tThe",
            ":1:1: the range 1-99 overlaps another one, or ends after the last word",
        ),
    ],
)
def test_a_line_that_is_wrong_is_told(right: str, wrong: str, message: str) -> None:
    text = columns(KEYS)
    assert right in text
    (line,) = mistakes(text.replace(right, wrong, 1))

    assert f"own.conllu{message}" in line


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "no line of this file has the 10 columns of CoNLL-U"),
        (b"# a comment alone\n", "no line of this file has the 10 columns of CoNLL-U"),
        (b"Dear student,\nlook at the heads.\n", "own.conllu:1: no line of this file"),
        (b"\xff\xfe1\0", "saved as UTF-16"),
        (b"\x89PNG", "this is a picture"),
        (b"1\tcaf\xe9", "the byte 0xe9 is not UTF-8"),
    ],
)
def test_what_is_no_annotated_text_at_all_is_told_once(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        conllu.read(raw, "own.conllu")

    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_the_mistakes_of_a_whole_treebank_are_limited() -> None:
    text = columns(*[KEYS.replace("NOUN", "NUON")] * 60)

    assert mistakes(text)[-1].endswith("there are more than 100 problems; fix these first [more]")


@pytest.mark.parametrize(
    ("rows", "unused"),
    [
        ("1 cat NOUN 3 nsubj\n2 is AUX 3 cop\n3 stressed VERB 0 root", {"nsubj (NOUN of VERB with a cop)": 1}),
        ("1 plan NOUN 3 nsubj:outer\n2 is AUX 3 cop\n3 old ADJ 0 root", {"nsubj:outer (NOUN of ADJ with a cop)": 1}),
        ("1 Resting VERB 2 csubj\n2 helps VERB 0 root\n3 us PRON 2 obj", {"csubj (VERB of VERB)": 1}),
        ("1 all DET 3 det:predet\n2 the DET 3 det\n3 bread NOUN 0 root", {"det:predet (DET of NOUN)": 1}),
        ("1-2 dammelo _ _ _\n1 damme VERB 0 root\n2 lo PRON 1 obj", {"obj (both in one word of the text)": 1}),
        (KEYS, {"nsubj (PRON of ADJ with a cop)": 1}),
        (HOUSE, {}),
    ],
)
def test_what_is_near_a_relation_and_not_used_is_counted_with_the_reason(rows: str, unused: dict[str, int]) -> None:
    assert read(columns(rows)).unused == unused


def test_only_what_is_near_an_asked_relation_is_counted() -> None:
    text = columns("1 cat NOUN 3 nsubj\n2 is AUX 3 cop\n3 stressed VERB 0 root").encode()

    assert conllu.read(text, "own.conllu", ["object_verb"]).unused == {}


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("\tkeys\t", "\tke\x85ys\t", ":2:5: this is NEXT LINE (U+0085), which ends a line; remove it"),
        ("\tkeys\t", "\tkeys\u2028\t", ":2:7: this is LINE SEPARATOR (U+2028)"),
        ("\tkeys\t", "\tkeys\x0c\t", ":2:7: the control character"),
        ("2\tkeys", "\ufeff2\tkeys", ":2:1: this is ZERO WIDTH NO-BREAK SPACE (U+FEFF), which cannot be seen"),
        ("NOUN\t_\t_\t8", "\u039dOUN\t_\t_\t8", ":2: UPOS cannot be `\u039dOUN`; allowed: ADJ, "),
        ("9\ta\t_\tDET\t_\t_\t11", "9\ta\t_\tDET\t_\t_\t10", ":9: HEAD makes a circle: from word 9 over word 10"),
    ],
)  # fmt: skip
def test_an_odd_character_and_a_circle_are_told_with_their_line(right: str, wrong: str, message: str) -> None:
    text = columns(KEYS).replace("\t11\tamod", "\t9\tamod", int("circle" in message))
    assert right in text
    (line,) = mistakes(text.replace(right, wrong, 1))

    assert f"own.conllu{message}" in line


def test_the_first_word_can_have_no_antecedent() -> None:
    assert mistakes(columns("1 She PRON 2 nsubj Antecedent=7\n2 waved VERB 0 root")) == [
        "own.conllu:1: `Antecedent=7`: no word stands before the first one, so that it can have none [bad-antecedent]"
    ]


def test_a_sentence_of_very_many_words_in_a_long_chain_is_read_quickly() -> None:
    count = 20_000
    rows = "\n".join(f"{number} w NOUN {(number + 1) % (count + 1)} dep" for number in range(1, count + 1))

    assert read(columns(rows)).left_out == {"without a relation that was asked for": 1}
