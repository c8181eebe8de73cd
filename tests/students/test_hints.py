"""The hints that come with the grader: every kind has its own, with their sources."""

import re

import pytest

from grader import exercises
from grader.kinds.definition import Ladder
from grader.schema import AskedKind, Exercise
from grader.students.hints import ladder_of, rungs
from tests.support.kinds import every_kind


def asked(**more: object) -> AskedKind:
    return AskedKind.model_validate({"heads": 1, "points": 10, "passing": 1, **more})


@pytest.fixture
def exercise() -> Exercise:
    return exercises.load("mini-heads")


LADDERS = {kind.name: ladder_of(kind) for kind in every_kind()}


def test_every_fact_names_who_found_it_in_which_year_or_that_we_did() -> None:
    sources = [part for ladder in LADDERS.values() for part in ladder.source.split("; ")]

    found = re.compile(r" \d{4}, |^measured for this grader, docs/detectors\.md")
    assert [one for one in sources if not found.search(one)] == []


@pytest.mark.parametrize("ladder", LADDERS.values(), ids=LADDERS)
def test_no_shell_minds_the_text_to_try_between_quotes(ladder: Ladder) -> None:
    assert not set(ladder.text) & set('"$`!\\')


def test_no_hint_names_a_head() -> None:
    """A published head is the answer to an exercise on its transformer: layers are enough."""
    texts = [line for ladder in LADDERS.values() for line in ladder]

    assert [text for text in texts if re.search(r"\bL\d+H\d+\b", text)] == []


def test_every_ladder_is_of_texts_that_no_other_has() -> None:
    ladders = {ladder._replace(also="") for ladder in LADDERS.values()}
    texts = [text for ladder in ladders for text in (ladder.look, ladder.alike)]

    assert len(set(texts)) == len(texts)


def test_an_instructors_own_hint_comes_first_and_the_last_is_a_command_to_try(exercise: Exercise) -> None:
    shown = rungs(exercise, asked(type="induction", hint="Think of echoes."))

    assert [rung.name for rung in shown] == ["own", "look", "alike", "where", "try"]
    assert shown[0].lines == ("Think of echoes.",)
    assert shown[-1].lines[1].startswith('grade show LAYER HEAD --exercise mini-heads --type induction --text "Nora')


CIRCUITS = {"wanted": 1, "points": 5, "passing": 1, "pairs": 8}


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ({"type": "induction"}, []),
        ({"type": "induction", "evidence": "needed"}, ["needed"]),
        ({"type": "induction", "circuits": CIRCUITS}, ["feeds"]),
        ({"type": "positional", "offset": -1, "evidence": "needed", "circuits": CIRCUITS}, ["needed", "feeds"]),
    ],
)
def test_a_kind_that_needs_more_than_a_pattern_has_further_hints(
    exercise: Exercise, kind: dict[str, object], more: list[str]
) -> None:
    wanted = asked(**kind)
    shown = rungs(exercise.model_copy(update={"kinds": (wanted,)}), wanted)
    commands = {rung.name: rung.lines[-1] for rung in shown}

    assert [rung.name for rung in shown] == ["look", "alike", "where", "try", *more]
    assert commands.get("needed", "") in ("", f"grade ablate mini-heads LAYER HEAD --kind {wanted.name}")
    assert commands.get("feeds", "") in ("", f"grade trace mini-heads LAYER HEAD --kind {wanted.name}")


def test_where_circuits_are_asked_for_a_head_of_any_kind_may_be_the_sender() -> None:
    circuit = exercises.load("mini-circuit")
    shown = {kind.name: rungs(circuit, kind)[4:] for kind in circuit.kinds}

    assert {name: [rung.name for rung in more] for name, more in shown.items()} == {
        "positional:-1": ["feeds"],
        "induction": ["needed", "feeds"],
    }
    assert {more[-1].lines[-1] for more in shown.values()} == {"grade trace mini-circuit LAYER HEAD --kind induction"}


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        ({"type": "positional", "offset": -1}, "One bright line just below"),
        ({"type": "positional", "offset": -3}, "One bright line below the diagonal"),
        ({"type": "syntactic", "relation": "object_verb", "direction": "forward"}, "What is acted upon"),
    ],
)
def test_a_kind_has_its_own_hints_or_those_of_its_type(
    exercise: Exercise, kind: dict[str, object], begins: str
) -> None:
    look = next(rung for rung in rungs(exercise, asked(**kind)) if rung.name == "look")

    assert look.lines[0].startswith(begins)
    assert (len(look.lines) == 2) == (kind.get("direction") == "forward")
