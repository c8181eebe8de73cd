"""`grade exercises sentences`: own sentences assessed, and the YAML for an exercise."""

import re
from pathlib import Path

import pytest

from grader import exercises
from grader.documents import read as read_document
from grader.schema import OwnSentence, Record
from tests.authoring.conftest import grade, refusal
from tests.support.annotated_text import HOUSE, KEYS, columns
from tests.support.exercise_sample import TEXT, write


class Own(Record):
    """The content of the file that `--out` writes."""

    own_sentences: tuple[OwnSentence, ...]


def test_sentences_are_assessed_and_written_as_an_exercise_takes_them(course: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.conllu"
    file.write_text(columns(*[KEYS, HOUSE] * 40))
    done = grade("sentences", file, "--out", tmp_path / "own.yaml")
    written = (tmp_path / "own.yaml").read_text()
    folder = write(course, TEXT.replace("probes: {seed: 1}\n", f"probes:\n  seed: 1\n{written}"))
    own = exercises.load(folder).probes.own_sentences

    assert done.output.startswith("80 sentences, 80 used\n")
    assert len(own) == 80
    assert own[0].words[:3] == ("The", "keys", "near")
    assert len({arc.relation for sentence in own for arc in sentence.arcs}) == 6


def section(output: str, relation: str) -> list[str]:
    (matching,) = [part for part in output.split("\n\n") if f"({relation})" in part]
    return matching.splitlines()


def test_distances_and_blind_heads_are_told(tmp_path: Path) -> None:
    file = tmp_path / "own.conllu"
    file.write_text(columns(*[KEYS, HOUSE] * 40))
    lines = section(grade("sentences", file).output, "noun_adjective")

    assert lines == [
        "syntactic, noun and adjective (noun_adjective)",
        "  160 queries in 80 sentences",
        "  attributive 120, predicative 40",
        "     1 back    120     75 %  ##############################",
        "     6 back     40     25 %  ##########",
        "  the best blind head: last word of the class, right 100 % of the time",
        "  warning: last word of the class, blind to the relation, is right 100 % of the time; "
        "no head can have a lead of 0.1",
    ]


def test_few_sentences_and_small_groups_are_doubtful(tmp_path: Path) -> None:
    file = tmp_path / "own.conllu"
    file.write_text(columns(*[KEYS] * 35, *[HOUSE] * 3))
    output = grade("sentences", file).output

    assert (
        "  warning: 38 queries are too few: the interval of a hit rate of 0.50 would be 0.34 to 0.66; use 60 or more\n"
    ) in output
    assert "  warning: the group predicative, which decides on its own, has only 3 queries\n" in output
    assert "no head can have a lead of 0.1" in "".join(section(output, "object_verb"))


def test_a_probe_in_which_the_target_moves_is_not_doubtful(tmp_path: Path) -> None:
    """The subject is in turn the first, the second and the last of three nouns, at distances that vary."""
    rows = []
    for turn in range(66):
        adverbs = [f"{{}} so{number} ADV {{verb}} advmod" for number in range(turn % 4)]
        words = [("NOUN", turn % 3 == number) for number in range(3)]
        verb = len(words) + len(adverbs) + 1
        lines = [
            f"{n} w{n} {c} {verb} {'nsubj' if is_subject else 'obl'}" for n, (c, is_subject) in enumerate(words, 1)
        ]
        lines += [line.format(number, verb=verb) for number, line in enumerate(adverbs, 4)]
        rows.append("\n".join([*lines, f"{verb} verb VERB 0 root"]))
    file = tmp_path / "own.conllu"
    file.write_text(columns(*rows))
    lines = section(grade("sentences", file).output, "verb_subject")

    assert not any("warning" in line for line in lines)
    assert "right 33.3 % of the time" in lines[-1]


def test_one_relation_alone_may_be_taken(tmp_path: Path) -> None:
    file = tmp_path / "own.conllu"
    file.write_text(columns(KEYS, HOUSE))
    done = grade("sentences", file, "--relation", "object_verb", "--out", tmp_path / "own.yaml")

    assert done.output.startswith("2 sentences, 1 used; 1 without a relation that was asked for\n")
    assert re.findall(r"relation: (\w+)", (tmp_path / "own.yaml").read_text()) == ["object_verb"]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (columns(KEYS), ["--relation", "object-verb"], "; write `object_verb`"),
        (columns("1 Yes INTJ 0 root"), [], "none of its 1 sentence can be used: 1 without a relation"),
        ("hello", [], "no line of this file has the 10 columns of CoNLL-U, separated by tabs"),
        (None, [], "cannot be read: No such file"),
    ],
)
def test_sentences_that_cannot_be_used_are_told(
    text: str | None, arguments: list[str], message: str, tmp_path: Path
) -> None:
    file = tmp_path / "own.conllu"
    if text is not None:
        file.write_text(text)

    assert message in refusal("sentences", file, *arguments)


def test_words_of_any_sort_survive_the_writing(tmp_path: Path) -> None:
    file = tmp_path / "own.conllu"
    file.write_text(columns(KEYS.replace("rarely", 'ra"re:#ly\\').replace("heavy", "null").replace("chest", "Käfig")))
    grade("sentences", file, "--out", tmp_path / "own.yaml")
    text = "own_sentences:" + (tmp_path / "own.yaml").read_text().partition(":")[2]
    (sentence,) = read_document(text.encode(), "own.yaml", Own).own_sentences

    assert (sentence.words[6], sentence.words[9:11]) == ('ra"re:#ly\\', ("null", "Käfig"))
