"""Tiny random transformers scanned: the same scores however it is run, and nothing to confirm in them."""

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import torch

from grader import exercises
from grader.base.errors import ExerciseError
from grader.grading.grade import grade
from grader.grading.hashing import content_hash
from grader.grading.standings import KindStandings
from grader.measuring.attention.rows import fitting
from grader.measuring.scan import TOKENS, WIDEST, scan
from grader.measuring.tables.score_table import KindScores, ScoreTable
from grader.schema import (
    AskedKind,
    Claim,
    Exercise,
    Kind,
    OwnArc,
    OwnSentence,
    ProbeSettings,
    Relation,
    Report,
    Submission,
)
from tests.support.planted_tables import exercise
from tests.support.tiny import FAMILIES, for_words, word_tokenizer

REPOSITORY = Path(__file__).parents[2]
SMALL = ProbeSettings(
    seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10, rare_sequences=10
)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
KINDS = (
    Kind(type="positional", offset=-1),
    Kind(type="positional", offset=-3),
    Kind(type="induction"),
    Kind(type="duplicate_token"),
    *(Kind(type="syntactic", relation=relation) for relation in RELATIONS),
    Kind(type="semantic"),
    Kind(type="rare_token"),
)
AHEAD = (Kind(type="positional", offset=1), Kind(type="syntactic", relation="verb_subject", direction="forward"))
DUPLICATE = Kind(type="duplicate_token")
LOOKS_LIKE = {
    "bert-heads": "bert",
    "gpt2-heads": "gpt2",
    "mini-circuit": "gpt2",
    "mini-heads": "gpt2",
    "smollm2-heads": "llama",
    "minilm-heads": "bert",
}

OTHER_PROCESS = """
import sys
import torch
torch.set_num_threads(int(sys.argv[1]))
from tests.measuring.test_scan import reported
print(reported(sys.argv[2]).model_dump_json())
"""


def kinds_for(family: str) -> tuple[Kind, ...]:
    return (*KINDS, *AHEAD) if family == "bert" else KINDS


@cache
def scores(
    family: str, tokens: int = TOKENS, threads: int = 2, dtype: torch.dtype = torch.float64
) -> tuple[KindScores, ...]:
    model, words, before = for_words(family, dtype), word_tokenizer(family), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return scan(model, words, SMALL, kinds_for(family), causal=family != "bert", tokens=tokens)
    finally:
        torch.set_num_threads(before)


def asked_of(family: str, kinds: tuple[Kind, ...]) -> Exercise:
    config = for_words(family).config
    source = {"name": family, "family": "encoder" if family == "bert" else "decoder"}
    counts = {"layers": config.num_hidden_layers, "heads": config.num_attention_heads}
    asked = tuple({**kind.model_dump(), "heads": 1, "points": 10, "passing": 1} for kind in kinds)
    return exercise(*asked, transformer={**source, **counts}, probes=SMALL, budget=50)


def reported(family: str, tokens: int = TOKENS, threads: int = 2) -> Report:
    """One claim for every kind."""
    found = scores(family, tokens, threads)
    asked = asked_of(family, kinds_for(family))
    size = asked.transformer
    table = ScoreTable(
        key="k", transformer=family, digest="d", seed=3, layers=size.layers, heads=size.heads, kinds=found
    )
    claims = tuple(Claim(**kind.model_dump(), layer=1, head=2) for kind in kinds_for(family))
    return grade(Submission(exercise=asked.id, claims=claims), asked, table)


@pytest.mark.parametrize("family", FAMILIES)
def test_batches_of_one_and_of_many_give_the_same_scores_to_the_last_digit(family: str) -> None:
    assert scores(family, tokens=1) == scores(family)
    assert reported(family, tokens=1).content_hash == reported(family).content_hash


@pytest.mark.parametrize("family", FAMILIES)
def test_in_single_precision_the_number_of_threads_changes_nothing(family: str) -> None:
    """In double precision rounding would hide it: here every bit of every answer must be the same."""
    assert scores(family, threads=1, dtype=torch.float32) == scores(family, threads=3, dtype=torch.float32)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_another_process_with_other_threads_gives_the_same_report(threads: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OTHER_PROCESS, threads, "bert"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    there, here = Report.model_validate_json(done.stdout.strip().splitlines()[-1]), reported("bert")

    assert there == here
    assert content_hash(there) == here.content_hash


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_measured_is_a_measurement(family: str) -> None:
    """Every value lies in its interval and range; heads differ; every slice has queries."""
    for found in scores(family):
        assert 0 <= found.baseline <= 1
        assert found.blind_head
        for part in found.slices:
            assert part.queries > 0
            for column in part.statistics:
                rows = zip(column.low, column.value, column.high, strict=True)
                flat = [numbers for row in rows for numbers in zip(*row, strict=True)]
                assert all(low <= value <= high for low, value, high in flat), (found.kind.name, column.statistic)
                assert column.statistic in {"lead", "lift"} or all(0 <= low <= high <= 1 for low, _, high in flat)
        values = [value for row in found.slices[0].statistics[0].value for value in row]
        assert len(set(values)) > 1


def test_positional_and_duplicate_token_hold_on_both_their_probes() -> None:
    names = {found.kind.name: {part.name for part in found.slices} for found in scores("gpt2")}

    assert names["positional:-1"] == {"random", "text"}
    assert names["duplicate_token"] == {"repeats", "text"}
    numbers, trades, clauses = {"same_number", "other_number"}, {"own_trade", "crossed"}, {"main", "embedded"}
    assert {"all"} | numbers | trades | clauses == names["syntactic:verb_subject"]


def confirmed_untrained(asking: Exercise, family: str) -> list[tuple[str, int, int]]:
    """The heads of a tiny random transformer that are confirmed as one of the exercise's kinds."""
    kinds = [asked.kind for asked in asking.kinds]
    causal = asking.transformer.family == "decoder"
    found = scan(for_words(family), word_tokenizer(family), asking.probes, kinds, causal=causal)
    return [
        (scored.kind.name, *place)
        for asked, scored in zip(asking.kinds, found, strict=True)
        for place, standing in KindStandings(asking, asked, scored).items()
        if standing.confirmed
    ]


@pytest.mark.parametrize("name", LOOKS_LIKE)
def test_random_weights_confirm_nothing_on_a_shipped_exercise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The best of many untrained heads looks good on few sentences: at the exercise's own sizes it must not."""
    monkeypatch.delenv("GRADER_EXERCISES", raising=False)

    assert confirmed_untrained(exercises.load(name), LOOKS_LIKE[name]) == []


@pytest.mark.parametrize("name", ["mini-heads", "minilm-heads"])
def test_random_weights_confirm_no_kind_that_is_not_asked_there(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADER_EXERCISES", raising=False)
    types = ("attention_sink", "current_token", "delimiter", "word_joining")
    kinds = tuple(AskedKind(type=each, heads=1, points=1, passing=1) for each in types)

    assert confirmed_untrained(exercises.load(name).model_copy(update={"kinds": kinds}), LOOKS_LIKE[name]) == []


def test_every_shipped_exercise_is_tried_with_random_weights() -> None:
    assert {folder.name for folder in (REPOSITORY / "exercises").iterdir() if folder.is_dir()} == set(LOOKS_LIKE)


def test_an_instructors_sentences_take_the_place_of_the_grammars() -> None:
    words, classes = ("the", "king", "near", "the", "queen", "waits"), ("DET", "NOUN", "ADP", "DET", "NOUN", "VERB")
    own = OwnSentence(words=words, classes=classes, arcs=(OwnArc(relation="verb_subject", query=5, target=1),))
    settings = SMALL.model_copy(update={"own_sentences": (own,) * 3})
    (found,) = scan(for_words("gpt2"), word_tokenizer("gpt2"), settings, [KINDS[4]], causal=True)

    assert [(part.name, part.queries) for part in found.slices] == [("all", 3)]
    assert (found.baseline, found.blind_head) == (1, "first word of the class")


def test_a_kind_without_a_query_is_an_error() -> None:
    """The only arc asks at the first word, which never is."""
    own = OwnSentence(
        words=("kings", "rule", "realms"),
        classes=("NOUN", "VERB", "NOUN"),
        arcs=(OwnArc(relation="verb_subject", query=1, target=0),),
    )
    settings = SMALL.model_copy(update={"own_sentences": (own,)})
    ahead = Kind(type="syntactic", relation="verb_subject", direction="forward")

    with pytest.raises(ExerciseError, match="verb_subject:forward: the probe has no query to ask"):
        scan(for_words("bert"), word_tokenizer("bert"), settings, [ahead], causal=False)


def test_progress_is_told_up_to_the_whole() -> None:
    told: list[float] = []
    kinds = [Kind(type="induction"), Kind(type="semantic")]
    scan(for_words("gpt2"), word_tokenizer("gpt2"), SMALL, kinds, causal=True, say=told.append)

    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1


def grown(kind: Kind, settings: ProbeSettings) -> tuple[int, float]:
    """The queries of the kind's first slice, and its widest interval."""
    (found,) = scan(for_words("gpt2", torch.float64), word_tokenizer("gpt2"), settings, (kind,), causal=True)
    return found.slices[0].queries, found.widest


def test_a_probe_grows_while_its_intervals_are_wide() -> None:
    relation = Kind(type="syntactic", relation="verb_subject")
    never, most = SMALL.model_copy(update={"grows_to": 1}), SMALL.model_copy(update={"grows_to": 4})
    enough = SMALL.model_copy(update={"grows_to": 64, "sentences": 60})

    (once, wide), (four_times, narrower), (stopped, narrow) = (
        grown(relation, settings) for settings in (never, most, enough)
    )

    assert (once, four_times) == (30, 120)
    assert wide > narrower > WIDEST >= narrow
    assert stopped in (90 * times for times in (2, 4, 8, 16, 32))


def test_a_probe_whose_intervals_are_narrow_does_not_grow() -> None:
    kind = Kind(type="positional", offset=-1)

    assert grown(kind, SMALL) == grown(kind, SMALL.model_copy(update={"grows_to": 1}))


def test_what_grows_is_the_same_probe_whatever_is_measured_beside_it() -> None:
    settings, model, words = (
        SMALL.model_copy(update={"grows_to": 2}),
        for_words("gpt2", torch.float64),
        word_tokenizer("gpt2"),
    )
    alone = scan(model, words, settings, (DUPLICATE,), causal=True)
    beside = scan(model, words, settings, (Kind(type="positional", offset=-1), DUPLICATE), causal=True)

    assert [part.name for part in alone[0].slices] == ["repeats", "text"]
    assert alone[0] == beside[1]


def test_an_instructors_sentences_do_not_grow() -> None:
    own = OwnSentence(
        words=("The", "cat", "near", "the", "dogs", "sleeps", "."),
        classes=("DET", "NOUN", "ADP", "DET", "NOUN", "VERB", "PUNCT"),
        arcs=(OwnArc(relation="verb_subject", query=5, target=1),),
    )
    settings = SMALL.model_copy(update={"own_sentences": (own, own)})

    assert grown(Kind(type="syntactic", relation="verb_subject"), settings)[0] == 2


def test_a_probe_that_grows_begins_with_the_one_that_does_not() -> None:
    """What is drawn again has another seed; the first draw is the exercise's."""
    assert SMALL.drawn(0) == SMALL
    assert SMALL.drawn(1) == SMALL.drawn(1) != SMALL


def test_on_a_gpu_a_long_text_without_patterns_takes_the_room_of_its_states() -> None:
    """Of GPT-2's width: with patterns the room grows with the square of the length, by rows it does not."""
    memory, width, heads = 8 * 2**30, 768, 12
    whole, rows = ([fitting(memory, length, width, of) for length in (1024, 2048, 4096)] for of in (heads, 0))

    assert whole == [10, 2, 0]
    assert rows == [165, 82, 41]
