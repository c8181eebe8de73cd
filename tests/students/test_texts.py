"""Texts to try: on each of them, the embedded transformer's confirmed heads outshine every refuted one."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from grader import exercises
from grader.grading.standings import Standings
from grader.kinds.sequence import ProbeSequence
from grader.laboratory import Laboratory
from grader.measuring.attention import stream
from grader.measuring.questions import question
from grader.measuring.sentence import read
from grader.schema import AskedKind
from grader.students.hints import rungs
from grader.students.texts import DEFAULT, TRIED, tried

ASKED = exercises.load("mini-heads")
FROM_TOKENS = [kind for kind in ASKED.kinds if kind.head_type.from_tokens]
LOOKS: dict[str, dict[str, tuple[str, ...]]] = {
    "syntactic:pronoun_antecedent": {"she": ("Nora",), "he": ("king",)},
    "semantic": {
        "cow": ("duck", "pig", "lion", "wolf"),
        "ear": ("head", "nose", "arm", "foot", "hand"),
    },
    "rare_token": dict.fromkeys(("house", "family", "street", "night", "girl", "boy", "work"), ("oboe",)),
}
"""The words that should be looked at, by the word that looks: for kinds whose targets do not follow from the tokens."""


class Seen(NamedTuple):
    """The attention to the targets, by head."""

    confirmed: float
    """That of the brightest head that is confirmed."""
    refuted: float


class Bench:
    def __init__(self, folder: Path) -> None:
        self.laboratory = Laboratory(ASKED, folder)
        self.standings = Standings(ASKED, self.laboratory.table)

    def seen(self, name: str, text: str) -> Seen:
        """Return the mean attention that the text's queries pay to their targets."""
        model, tokenizer = self.laboratory.loaded.model, self.laboratory.loaded.tokenizer
        got = read(model, tokenizer, text)
        of_kind = self.standings.by_kind[name]
        if name in LOOKS:
            targets = looks(got.tokens, LOOKS[name])
        else:
            asking = question(of_kind.asked.kind, ProbeSequence(got.token_ids, got.special, "text")).visible(
                causal=True
            )
            targets = asking.targets & asking.asked[:, None]
        rows = targets.any(1)
        layers: list[torch.Tensor] = []
        stream(model, [got.token_ids], lambda _, pattern: layers.append(pattern[0]), model.config.n_layer - 1)
        bright = {(layer, head): float((layers[layer][head] * targets).sum(1)[rows].mean()) for layer, head in of_kind}
        by_outcome = {
            outcome: max(bright[place] for place in of_kind if of_kind[place].outcome == outcome)
            for outcome in ("confirmed", "refuted")
        }
        return Seen(**by_outcome)


def looks(tokens: tuple[str, ...], words: dict[str, tuple[str, ...]]) -> torch.Tensor:
    """Return which token should look at which: the last one of a word, where it last stands, at words before it."""
    ends = torch.tensor([len("".join(tokens[: number + 1])) for number in range(len(tokens))])
    text = "".join(tokens)
    targets = torch.zeros(len(tokens), len(tokens), dtype=torch.bool)
    for query, keys in words.items():
        asker = int((ends < [found.end() for found in re.finditer(rf"\b{query}\b", text)][-1]).sum())
        for key in keys:
            found = [each for each in re.finditer(rf"\b{key}\b", text) if each.end() < ends[asker]][-1]
            targets[asker, int((ends <= found.start()).sum()) : int((ends < found.end()).sum()) + 1] = True
    return targets


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("tables"))


@pytest.mark.parametrize("asked", ASKED.kinds, ids=lambda kind: kind.name)
def test_the_last_hint_leads_to_a_head_that_is_confirmed(bench: Bench, asked: AskedKind) -> None:
    text = tried(ASKED, asked)
    assert text is not None
    seen = bench.seen(asked.name, text.text)

    assert f'--text "{text.text}"' in rungs(ASKED, asked)[-1].lines[1]
    assert seen.confirmed > max(seen.refuted + 0.1, 0.5)


@pytest.mark.parametrize(
    "asked", [kind for kind in ASKED.kinds if kind.head_type.from_tokens], ids=lambda kind: kind.name
)
def test_on_the_default_text_no_refuted_head_outshines_the_confirmed_ones(bench: Bench, asked: AskedKind) -> None:
    seen = bench.seen(asked.name, DEFAULT)

    assert seen.confirmed > max(seen.refuted + 0.1, 0.5)


def test_a_rare_word_may_be_put_elsewhere_as_the_hint_says(bench: Bench) -> None:
    words = TRIED["mini-gpt2"]["rare_token"].text.replace(" oboe", "").split()
    moved = [" ".join([*words[:place], "oboe", *words[place:]]) for place in (1, 3)]

    for text in moved:
        seen = bench.seen("rare_token", text)
        assert seen.confirmed > seen.refuted + 0.1


def test_no_shell_minds_a_text_between_quotes() -> None:
    assert not [each.text for texts in TRIED.values() for each in texts.values() if set(each.text) & set('"$`!\\')]


def test_for_a_transformer_on_which_nothing_was_tried_the_hint_says_so() -> None:
    other = ASKED.model_copy(update={"transformer": ASKED.transformer.model_copy(update={"name": "other"})})
    tells = [rungs(each, ASKED.kinds[0])[-1].lines for each in (ASKED, other)]

    assert ["have not tried this text on other" in " ".join(lines) for lines in tells] == [False, True]
