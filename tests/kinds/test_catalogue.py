"""Nothing forgotten: every type of head and every relation has all that belongs to it, and what lacks is named."""

import ast
import re
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from grader import kinds
from grader.kinds import TYPES, naming, registry
from grader.kinds.definition import LEFT_OUT, Colours, DefaultThreshold, HalfWritten, HeadType
from grader.measuring.probes import families, frames
from grader.schema import Kind, title
from tests.support.kinds import every_kind

PLANTED = Path(__file__).with_name("test_planted.py")
ALL = every_kind()


def planted() -> set[str]:
    """The types for which a test plants a head that scores exactly 1 and one that scores 0."""
    found = set()
    for test in ast.parse(PLANTED.read_text()).body:
        text = ast.unparse(test)
        if isinstance(test, ast.FunctionDef) and "== (1, 1)" in text and re.search(r"== \(0, 0\)|\[0\] == 0", text):
            found |= set(re.findall(r"type='(\w+)'", text))
    return found


def test_every_type_has_a_planted_head_and_a_look_alike() -> None:
    assert set(TYPES) - planted() == set()


def test_a_type_that_says_nothing_lacks_everything_and_is_told_all_of_it() -> None:
    lacking = re.findall(r"`(\w+)` is missing", "\n".join(HeadType().problems()))

    assert len(lacking) == 14
    assert set(lacking) <= {each.name for each in fields(HeadType)}


@pytest.mark.parametrize("name", list(TYPES))
@pytest.mark.parametrize("field", ["title", "colours", "ask", "decides", "ladder", "definition", "lookalikes"])
def test_a_type_without_one_thing_lacks_that(name: str, field: str) -> None:
    assert f"`{field}` is missing" in replace(TYPES[name], **{field: LEFT_OUT}).problems()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"probes": ("nowhere",)}, "`probes`: 'nowhere' is not one of random_tokens, "),
        ({"probes": ("annotated:{relation}",)}, "`probes`: 'annotated:{relation}' names a parameter that the type"),
        ({"looks_ahead": lambda: True}, "`in_decoders` is missing"),
        ({"thresholds": (DefaultThreshold("share", 0.5, "mine"),)}, "`thresholds`: share 0.5 lacks its source"),
        ({"decides": "lift"}, "`thresholds`: none is on lift"),
        ({"causal": "nothing"}, "`causal`: 'nothing' is not one of copying, "),
        ({"colours": Colours("blue", "#ffffff")}, "`colours`: 'blue' is not of the form #rrggbb"),
    ],
)
def test_what_cannot_be_right_is_named(change: dict[str, object], said: str) -> None:
    (lack,) = replace(TYPES["induction"], **change).problems()

    assert lack.startswith(said)


def test_the_registry_names_every_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "empty": "",
        "half": "from grader.kinds.definition import HeadType\nTYPE = HeadType()\n",
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(kinds.types, "__path__", [str(tmp_path)])

    with pytest.raises(HalfWritten) as told:
        registry()

    assert str(told.value).startswith("grader/kinds/types/empty.py: there is no `TYPE = HeadType(...)`")
    assert str(told.value).count("grader/kinds/types/half.py: `") == 14


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ('spellings={"induction": {}}', "`spellings`: induction is a type"),
        ('parameters=(Parameter("offset", WholeNumber(1, 2), "Steps."),)', "`parameters`: offset differs from that of"),
    ],
)
def test_a_type_that_contradicts_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, message: str
) -> None:
    (tmp_path / "zigzag.py").write_text(
        "from dataclasses import replace\nfrom grader.kinds.definition import Parameter, WholeNumber\n"
        f"from grader.kinds.types.induction import TYPE as OTHER\nTYPE = replace(OTHER, {own})\n"
    )
    monkeypatch.setattr(kinds.types, "__path__", [*kinds.types.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "grader.kinds.types.zigzag", raising=False)

    with pytest.raises(HalfWritten) as refusal:
        registry()

    assert f"grader/kinds/types/zigzag.py: {message}" in str(refusal.value)


def test_names_titles_and_letters_tell_kinds_apart() -> None:
    for told in (lambda kind: kind.name, title, lambda kind: kind.letters):
        assert len({told(kind) for kind in ALL}) == len(ALL)


def test_colours_tell_types_apart() -> None:
    assert len({of.colours for of in TYPES.values()}) == len(TYPES)


def test_every_hint_is_a_sentence() -> None:
    assert [name for name, of in TYPES.items() if not of.hint.endswith(".")] == []


def test_every_probe_of_every_kind_is_a_family_and_every_family_is_asked() -> None:
    asked = {name for kind in ALL for name in families.families_of(kind)}

    assert asked ^ set(families.FAMILIES) == set()


def test_every_relation_has_sentences() -> None:
    assert set(families.RELATIONS) ^ set(frames.RELATIONS) == set()
    for relation in families.RELATIONS:
        made = frames.sentences(relation, 5, 20)
        assert len(made) == 20, relation
        assert all(any(arc.relation == relation for arc in sentence.arcs) for sentence in made), relation


def test_what_looks_ahead_says_what_a_decoder_may_be_asked_instead() -> None:
    assert [kind.name for kind in ALL if kind.looks_ahead and not kind.head_type.in_decoders] == []


def test_a_full_name_says_what_a_name_leaves_out() -> None:
    assert Kind(type="syntactic", relation="verb_subject").full_name == (
        "syntactic relation=verb_subject direction=backward"
    )


def test_a_kind_is_read_back_from_its_name() -> None:
    assert [kind for kind in ALL if Kind.model_validate(naming.parsed(kind.name)) != kind] == []
