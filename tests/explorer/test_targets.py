"""The page's targets, share and hit rate are the grader's, on any text."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from grader import exercises
from grader.kinds import TYPES
from grader.kinds.definition import OneOf, WholeNumber
from grader.kinds.sequence import ProbeSequence
from grader.laboratory import Laboratory
from grader.measuring.attention.streaming import pattern_of
from grader.measuring.questions import question
from grader.measuring.sentence import read, recompute
from grader.measuring.statistics.patterns import asked_rows, hits, share
from grader.schema import Kind
from tests.explorer.modules import run

PROGRAM = """
import { shareOf, targetsOf } from "./targets.js";
const cases = JSON.parse(Deno.readTextFileSync("given.json"));
console.log(JSON.stringify(cases.map(({ kind, tokens, causal, pattern }) => {
  const targets = targetsOf(kind, { text: "", tokens }, causal);
  const { mask, eligible, asked } = targets;
  const seen = shareOf(Float32Array.from(pattern), targets, tokens.length);
  return { mask: mask.join(""), eligible: eligible.join(""), asked, seen };
})));
"""
TEXTS = (
    "The baker near the old bridge waved, and the baker near the old bridge smiled.",
    "a a a a a a",
    "Nora Belling waved, and Nora Belling smiled. <|endoftext|> Nora Belling waved again.",
    "<|endoftext|><|endoftext|> one two one two one",
    "한국어 문장과 한국어 문장 🙂🙂",
    "one",
)


def kinds() -> list[Kind]:
    """Several kinds of each type whose targets follow from the tokens."""
    found = []
    for name, each in TYPES.items():
        if each.from_tokens:
            values = [_values(parameter.values) for parameter in each.parameters]
            found += [
                Kind(type=name, **dict(zip((parameter.name for parameter in each.parameters), chosen, strict=True)))
                for chosen in (zip(*values, strict=True) if values else [()])
            ]
    return found


def _values(values: WholeNumber | OneOf) -> list[int | str]:
    return [-1, 1, -3] if isinstance(values, WholeNumber) else [*values.words, *values.words][:3]


def sequence(chance: random.Random) -> ProbeSequence:
    """A text of few words, some of them special or unknown."""
    length = chance.randint(1, 24)
    ids = tuple(chance.choice([-1, 0, 1, 2, 3, 4, 5]) for _ in range(length))
    return ProbeSequence(ids, frozenset(place for place in range(length) if chance.random() < 0.12), "evidence")


def case(kind: Kind, of: ProbeSequence, *, causal: bool, pattern: torch.Tensor) -> dict[str, object]:
    tokens = [{"id": token, "special": place in of.special} for place, token in enumerate(of.token_ids)]
    return {
        "kind": {"type": kind.type, "parameters": kind.parameters, "sentence": None},
        "tokens": tokens,
        "causal": causal,
        "pattern": pattern.flatten().tolist(),
    }


def test_on_texts_of_chance_the_page_has_the_graders_masks_shares_and_hits(tmp_path: Path) -> None:
    chance, patterns = random.Random(16), torch.Generator().manual_seed(16)  # noqa: S311 - the same ones every time
    asked = []
    for kind in kinds():
        for number in range(60):
            of = sequence(chance)
            length = len(of.token_ids)
            pattern = torch.randint(0, 4, (length, length), generator=patterns).float()  # few values, so that some tie
            asked.append((kind, of, number % 2 == 0, pattern / pattern.sum(-1, keepdim=True).clamp(min=1)))
    found = run(tmp_path, PROGRAM, [case(kind, of, causal=causal, pattern=p) for kind, of, causal, p in asked])

    assert isinstance(found, list)
    measured = 0
    for (kind, of, causal, pattern), got in zip(asked, found, strict=True):
        expected = question(kind, of).visible(causal=causal)
        assert got["mask"] == _digits(expected.targets)
        assert got["eligible"] == _digits(expected.eligible)
        assert got["asked"] == expected.asked.nonzero().flatten().tolist()
        if got["asked"]:
            measured += 1
            assert got["seen"] == _measured(expected, pattern)
        else:
            assert got["seen"] is None
    assert measured > len(found) / 3


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercises.load("mini-heads"), tmp_path_factory.mktemp("tables"))


def test_on_real_texts_the_page_says_what_a_report_says_of_a_students_sentence(
    tmp_path: Path, laboratory: Laboratory
) -> None:
    model, tokenizer = laboratory.loaded.model, laboratory.loaded.tokenizer
    asked = []
    for text in TEXTS:
        got = read(model, tokenizer, text)
        pattern = pattern_of(model, got.token_ids, 1, 3).float()
        for kind in laboratory.exercise.kinds:
            if kind.head_type.from_tokens:
                evidence, picture = recompute(model, tokenizer, kind.kind, (1, 3), text)
                asked.append((case(kind.kind, got.sequence(), causal=True, pattern=pattern), evidence, picture))
    found = run(tmp_path, PROGRAM, [each for each, _, _ in asked])

    assert isinstance(found, list)
    for (_, evidence, picture), got in zip(asked, found, strict=True):
        length = len(evidence.tokens)
        assert [divmod(at, length) for at, digit in enumerate(got["mask"]) if digit == "1"] == list(
            picture.targets
        ) or not got["asked"]
        assert len(got["asked"]) == evidence.queries
        if evidence.queries:
            assert got["seen"]["share"] == pytest.approx(evidence.share, abs=0.0005001)
            assert got["seen"]["hit_rate"] == pytest.approx(evidence.hit_rate, abs=0.0005001)
    assert any(evidence.queries for _, evidence, _ in asked)
    assert any(not evidence.queries for _, evidence, _ in asked)


LOOKS = """
import { targetsOf, targetsOfPairs } from "./targets.js";
const text = "🙂 the kings rest";
const at = (word) => [text.indexOf(word), text.indexOf(word) + word.length];
const tokens = [["🙂", 0, 2], [" the", 2, 6], [" king", 6, 11], ["s", 11, 12], [" re", 12, 15], ["st", 15, 17]].map(
  ([text, start, end]) => ({ text, id: 1, special: false, start, end })
);
const kind = { type: "syntactic", parameters: {}, sentence: { text, looks: [[...at("rest"), ...at("kings")]] } };
const pairs = ({ mask }) => [...mask].flatMap((one, place) => one ? [[Math.floor(place / 6), place % 6]] : []);
console.log(JSON.stringify({
  own: pairs(targetsOf(kind, { text, tokens }, true)),
  other: targetsOf(kind, { text: "another", tokens }, true),
  none: targetsOf({ ...kind, sentence: null }, { text, tokens }, true),
  marked: pairs(targetsOfPairs([[4, 1], [2, 5]], { text, tokens }, true)),
}));
"""


def test_where_tokens_do_not_tell_the_words_of_the_sentence_do_and_so_do_a_students_marks(tmp_path: Path) -> None:
    found = run(tmp_path, LOOKS)

    assert found == {"own": [[5, 2], [5, 3]], "other": None, "none": None, "marked": [[4, 1]]}  # a decoder: none ahead


def _digits(mask: torch.Tensor) -> str:
    return "".join("01"[each] for each in mask.flatten().tolist())


def _measured(expected: Any, pattern: torch.Tensor) -> object:  # noqa: ANN401 - a question
    asked = expected.asked
    rows = asked_rows(pattern[None, None], asked[None])
    targets, eligible = expected.targets[asked], expected.eligible[asked]
    return {
        "share": pytest.approx(float(share(rows, targets).mean()), abs=1e-6),
        "hit_rate": pytest.approx(float(hits(rows, targets, eligible).mean()), abs=1e-6),
        "queries": int(asked.sum()),
    }
