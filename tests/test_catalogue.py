"""Nothing forgotten: every kind of head and every relation has all that belongs to it, and what lacks is named."""

import ast
import re
from importlib import import_module
from pathlib import Path
from typing import get_args

from grader import wording
from grader.detectors import DETECTORS
from grader.probes import families, frames
from grader.schema import HeadType, Kind, Relation, Statistic
from grader.thresholds import defaults

REPOSITORY = Path(__file__).parents[1]
TYPES: tuple[HeadType, ...] = get_args(HeadType)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
DETECTOR_FILES = REPOSITORY / "grader" / "detectors"
PLANTED = Path(__file__).parent / "detectors" / "test_planted.py"


def of_type(kind: str) -> Kind:
    return Kind.model_validate({"type": kind, "relation": "verb_subject" if kind == "syntactic" else None})


def planted() -> set[str]:
    """The types for which a test plants a head that scores exactly 1 and one that scores 0."""
    found = set()
    for test in ast.parse(PLANTED.read_text()).body:
        text = ast.unparse(test)
        if isinstance(test, ast.FunctionDef) and "== (1, 1)" in text and re.search(r"== \(0, 0\)|\[0\] == 0", text):
            found |= set(re.findall(r"type='(\w+)'", text))
    return found


def test_every_kind_has_a_detector_in_a_file_of_its_own() -> None:
    files = {file.stem for file in DETECTOR_FILES.glob("*.py") if file.stem != "__init__"}

    assert set(TYPES) - set(DETECTORS) == set()
    assert set(TYPES) ^ files == set()
    assert [kind for kind in TYPES if DETECTORS[kind].ask.__module__ != f"grader.detectors.{kind}"] == []


def test_every_detector_says_what_it_is_its_probe_its_source_and_its_confound() -> None:
    said = {kind: import_module(f"grader.detectors.{kind}").__doc__ or "" for kind in TYPES}
    lacking = [
        f"{kind}: {word}"
        for kind, text in said.items()
        for word in ("Probe: ", "Source: ", "Confound: ")
        if f"\n{word}" not in text
    ]

    assert lacking == []
    assert [kind for kind, text in said.items() if not text.split("\n")[0].endswith(".")] == []


def test_every_kind_has_thresholds_with_a_source() -> None:
    assert set(TYPES) ^ set(defaults()) == set()
    assert [kind for kind in TYPES if DETECTORS[kind].decides not in {t.statistic for t in defaults()[kind]}] == []
    assert [kind for kind in TYPES for threshold in defaults()[kind] if len(threshold.source) < 20] == []


def test_every_kind_has_a_hint_and_a_name_in_words() -> None:
    assert set(TYPES) ^ set(wording.HINTS) == set()
    assert [kind for kind in TYPES if not wording.HINTS[kind].endswith(".")] == []
    assert len({wording.title(of_type(kind)) for kind in TYPES}) == len(TYPES)


def test_every_statistic_has_a_word() -> None:
    assert set(get_args(Statistic)) ^ set(wording.STATISTICS) == set()


def test_every_kind_has_a_planted_head_and_a_look_alike() -> None:
    assert set(TYPES) - planted() == set()


def test_every_probe_of_every_kind_is_a_family() -> None:
    asked = {families.family_name(probe, of_type(kind)) for kind in TYPES for probe in DETECTORS[kind].probes}

    assert {name for name in asked if name not in families.FAMILIES and not name.startswith("annotated:")} == set()
    assert set(families.FAMILIES) - asked == set()  # a family that nobody asks


def test_every_relation_has_words_and_sentences() -> None:
    assert set(RELATIONS) ^ set(wording.RELATIONS) == set()
    assert set(RELATIONS) ^ set(frames.FRAMES) == set()
    for relation in RELATIONS:
        made = frames.sentences(relation, 5, 20)
        assert len(made) == 20, relation
        assert all(any(arc.relation == relation for arc in sentence.arcs) for sentence in made), relation


def test_a_relation_is_named_in_both_directions() -> None:
    for relation in RELATIONS:
        backward, forward = (
            wording.title(Kind(type="syntactic", relation=relation, direction=direction))
            for direction in ("backward", "forward")
        )

        assert backward != forward
        assert (backward, forward) == tuple(f"syntactic, {said}" for said in wording.RELATIONS[relation])
