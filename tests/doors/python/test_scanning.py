"""The scores of all heads: of an exercise as the command line lists them, and of a transformer in memory alike."""

import json
import math
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedTokenizerFast

import grader
from grader.kinds import TYPES
from tests.cli.conftest import ID, KINDS, Bench
from tests.support import saved_transformers
from tests.support.tiny import FAMILIES, for_words, saved, with_head, word_tokenizer

SETTINGS = grader.ProbeSettings(
    seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10, rare_sequences=10
)
TWO = ["positional:-1", "induction"]
TOO_FEW = "positional:-1: the probe needs 16 English words that are one token each, and the tokenizer has "


def scan(family: str, **more: Any) -> grader.Scores:  # noqa: ANN401
    """A tiny transformer's scores; what is not given is small."""
    given = {"model": for_words(family), "tokenizer": word_tokenizer(family), "settings": SETTINGS, "kinds": TWO}
    return grader.scan(**{**given, **more})  # type: ignore[no-any-return, call-overload]


def as_listed(row: dict[str, Any]) -> grader.Score:
    """A row of `grade scan --format json`."""
    kind = grader.Kind.model_validate({key: row[key] for key in ("type", "offset", "relation", "direction")})
    low, high = row["interval"]
    return grader.Score(
        **{name: row[name] for name in grader.Score._fields if name in row}, kind=kind.name, low=low, high=high
    )


def test_an_exercise_has_the_scores_that_grade_scan_lists(bench: Bench, home: Path, exercise: grader.Exercise) -> None:
    listed = json.loads(bench.grade(home, "scan", ID, "--format", "json").stdout)
    scores = grader.scan(exercise)

    assert list(scores) == [as_listed(row) for row in listed["heads"]]
    assert (scores.transformer, scores.layers, scores.heads, scores.seed) == ("tiny", 3, 8, 3)
    assert scores.kinds == KINDS
    assert {(each.kind, each.layer, each.head) for each in scores.confirmed} == {
        (kind, *place) for kind, place in bench.best.items()
    }


def test_a_transformer_by_name_has_the_scores_of_one_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    folder = saved(tmp_path / "mine", "gpt2")
    named = grader.scan(transformer=folder, kinds=TWO, settings=SETTINGS, seed=5)
    again = grader.scan(transformer=str(folder), kinds=TWO, settings=SETTINGS, seed=5)

    assert list(named) == list(again) == list(scan("gpt2", model=for_words("gpt2", torch.float32), seed=5))
    assert (named.transformer, named.seed, named.left_out) == ("mine", 5, {})
    with pytest.raises(grader.InvalidInput, match="there is no transformer `nowhere`"):
        grader.scan(transformer="nowhere")


def test_a_kind_that_the_transformer_cannot_read_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    saved_transformers.model("gpt2", 4000).save_pretrained(tmp_path / "short")
    word_tokenizer("gpt2").save_pretrained(tmp_path / "short")
    scores = grader.scan(
        transformer=tmp_path / "short", kinds=["induction", "syntactic:noun_adjective"], settings=SETTINGS
    )

    assert scores.kinds == ("syntactic:noun_adjective",)
    assert scores.left_out["induction"].startswith("GPT2Model reads 64 tokens at most, but a probe has ")
    reasons = {each.kind.name: each.reason for each in scan("gpt2").compare(scores).only_before}
    assert reasons["induction"] == scores.left_out["induction"]


def test_two_scans_are_compared(exercise: grader.Exercise) -> None:
    one, other = (scan("gpt2", kinds=["induction"], seed=seed) for seed in (5, 6))
    comparison = one.compare(other)

    assert comparison.head_by_head
    assert comparison.kinds[0].changes == ()  # none is confirmed
    assert not one.compare(grader.scan(exercise)).head_by_head
    (only,) = one.compare(scan("gpt2", seed=5)).only_after
    assert (only.kind.name, only.reason) == ("positional:-1", "it was not asked for there")


def test_some_kinds_of_an_exercise(exercise: grader.Exercise) -> None:
    whole = grader.scan(exercise)
    some = grader.scan(exercise, kinds=["induction", grader.Kind(type="positional"), "induction"])

    assert some.kinds == ("induction", "positional:-1")
    assert list(some) == [*whole.best("induction", 99), *whole.best("positional:-1", 99)]
    with pytest.raises(grader.InvalidInput, match="tiny-heads does not ask for `semantic`; it asks for positional:-1"):
        grader.scan(exercise, kinds=["semantic"])


def test_in_memory_it_has_the_scores_of_an_exercise_on_it(exercise: grader.Exercise) -> None:
    """The same transformer, probes and kinds; what is confirmed follows from the types' own thresholds."""
    model = with_head("llama")
    scores = grader.scan(model=model, tokenizer=word_tokenizer("llama"), kinds=KINDS, settings=exercise.probes)
    unjudged = [each._replace(confirmed=False) for each in grader.scan(exercise)]

    assert [each._replace(confirmed=False) for each in scores] == unjudged
    assert {each.confirmed for each in scores} == {False}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_language_model_is_measured_by_what_is_inside_it(family: str) -> None:
    assert list(scan(family, model=with_head(family))) == list(scan(family, model=for_words(family, torch.float32)))


@pytest.mark.parametrize("family", FAMILIES)
def test_by_default_all_kinds_that_its_heads_can_be_of(family: str) -> None:
    scores = scan(family, kinds=None)
    kinds = [grader.Kind.model_validate({"type": "next_token"}).name, "positional:-1", "syntactic:verb_subject"]

    assert {name.partition(":")[0] for name in scores.kinds} == set(TYPES)
    assert [name in scores.kinds for name in kinds] == [family == "bert", True, True]
    assert len(set(scores.kinds)) == len(scores.kinds)
    assert len(scores) == len(scores.kinds) * scores.layers * scores.heads


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_precision_is_measured_as_it_is(family: str, dtype: torch.dtype) -> None:
    scores = scan(family, model=for_words(family, dtype))

    assert all(0 <= each.share <= 1 and each.low <= each.score <= each.high for each in scores)
    for row, exact in zip(sorted(scores), sorted(scan(family)), strict=True):
        assert (row.layer, row.head, row.kind) == (exact.layer, exact.head, exact.kind)
        assert row.share == pytest.approx(exact.share, abs=1e-3 if dtype.itemsize >= 4 else 0.3)


def test_the_seed_draws_the_probes() -> None:
    first, again, other = (list(scan("gpt2", seed=seed)) for seed in (5, 5, 6))

    assert first == again != other
    assert list(scan("gpt2")) == list(scan("gpt2", seed=SETTINGS.seed))
    assert scan("gpt2", seed=5).seed == 5
    assert scan("gpt2", settings=None, kinds=["rare_token"]).seed == 0
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        scan("gpt2", seed=-1)


def test_a_kind_may_stand_alone_and_have_another_word() -> None:
    assert scan("gpt2", kinds="previous_token").kinds == ("positional:-1",)
    assert scan("gpt2", kinds=(name for name in TWO)).kinds == tuple(TWO)
    assert scan("bert", kinds=[grader.Claim(layer=0, head=0, type="positional", offset=2)]).kinds == ("positional:+2",)


WRONG = {
    "misspelt": (["inducton"], r"kinds: there is no type `inducton`; .*did you mean `induction`"),
    "offset": (["positional:x"], "kinds: `positional:x`: `x` is"),
    "none": ([], "kinds: name at least one kind"),
    "ahead": (["positional:+1"], r"kinds: `positional:\+1` looks ahead, but GPT2Model is a decoder"),
    "subject ahead": (["syntactic:verb_subject:forward"], "`syntactic:verb_subject:forward` looks ahead"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_kind_that_cannot_be_measured_is_named(case: str) -> None:
    kinds, message = WRONG[case]

    with pytest.raises(grader.InvalidInput, match=message):
        scan("gpt2", kinds=kinds)


CALLS: dict[str, tuple[Callable[[grader.Exercise], object], str]] = {
    "nothing": (lambda exercise: grader.scan(), "give an exercise, or both model and tokenizer"),  # type: ignore[call-overload]
    "no tokenizer": (lambda exercise: scan("gpt2", tokenizer=None), "give an exercise, or both model and tokenizer"),
    "both": (lambda exercise: scan("gpt2", exercise=exercise), "leave model and tokenizer and settings out"),
    "a seed": (lambda exercise: grader.scan(exercise, seed=1), "leave seed out"),  # type: ignore[call-overload]
    "a path": (lambda exercise: scan("gpt2", transformer="x"), "leave it out beside model"),
}


@pytest.mark.parametrize("case", CALLS)
def test_an_exercise_or_a_transformer_and_never_both(case: str, exercise: grader.Exercise) -> None:
    call, message = CALLS[case]

    with pytest.raises(TypeError, match=message):
        call(exercise)


def test_a_transformer_that_reads_too_little_for_the_probes_is_refused() -> None:
    with pytest.raises(grader.UnsupportedTransformer, match="GPT2Model reads 64 tokens at most, but a probe has"):
        scan("gpt2", model=saved_transformers.model("gpt2", 4000))


def test_a_tokenizer_of_another_transformer_is_refused() -> None:
    with pytest.raises(grader.UnsupportedTransformer, match=r"the tokenizer gives the token \d+, but GPT2Model has a"):
        scan("gpt2", model=FAMILIES["gpt2"]())


def test_a_tokenizer_without_english_words_is_refused() -> None:
    words: PreTrainedTokenizerFast = saved_transformers.tokenizer()

    with pytest.raises(grader.UnsupportedTransformer, match=TOO_FEW):
        scan("gpt2", tokenizer=words)


def test_a_kind_for_which_the_tokenizer_has_too_few_words_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    saved_transformers.model("gpt2", 4000).save_pretrained(tmp_path / "short")
    saved_transformers.tokenizer().save_pretrained(tmp_path / "short")

    with pytest.raises(grader.UnsupportedTransformer, match=f"no kind can be measured on short: {TOO_FEW}"):
        grader.scan(transformer=tmp_path / "short", kinds=["positional:-1"], settings=SETTINGS)


def test_a_tokenizer_that_learns_a_token_is_not_measured_by_what_it_was() -> None:
    words = word_tokenizer("gpt2")
    changed = type(words)(tokenizer_object=words.backend_tokenizer, bos_token="<end>", eos_token="<end>")  # noqa: S106
    before = list(scan("gpt2", tokenizer=changed))
    changed.bos_token = "Ġking"  # noqa: S105

    assert list(scan("gpt2", tokenizer=changed)) != before


def test_rows_are_found_as_in_any_sequence(exercise: grader.Exercise) -> None:
    scores = grader.scan(exercise)
    rows = tuple(scores)

    assert len(scores) == len(rows) == 5 * 24
    assert scores[0] == rows[0] == scores.best("positional:-1")[0]
    assert scores[-1] == rows[-1]
    assert scores[2:4] == rows[2:4]
    assert rows[3] in scores
    assert scores.index(rows[3]) == 3
    assert rows[0].place == f"L{rows[0].layer}H{rows[0].head}"
    with pytest.raises(IndexError):
        scores[len(rows)]


def test_the_best_of_a_kind(exercise: grader.Exercise) -> None:
    scores = grader.scan(exercise)
    best = scores.best("induction", 5)

    assert [each.rank for each in best] == [1, 2, 3, 4, 5]
    assert [each.score for each in best] == sorted((each.score for each in best), reverse=True)
    assert scores.best(grader.Kind(type="induction"), 5) == best
    assert scores.best("previous_token") == scores.best("positional:-1")
    with pytest.raises(grader.InvalidInput, match="`semantic` was not measured; there are positional:-1, "):
        scores.best("semantic")
    with pytest.raises(grader.InvalidInput, match="inducton"):
        scores.best("inducton")


def test_as_a_data_frame(exercise: grader.Exercise) -> None:
    scores = grader.scan(exercise)
    frame = scores.to_pandas()

    assert list(frame.columns) == list(grader.Score._fields)
    assert len(frame) == len(scores)
    assert [grader.Score(*row) for row in frame.itertuples(index=False)] == list(scores)
    assert frame.dtypes.astype(str).to_dict() | {"kind": "str"} == {
        **dict.fromkeys(("share", "hit_rate", "baseline", "score", "low", "high"), "float64"),
        **dict.fromkeys(("layer", "head", "queries", "rank"), "int64"),
        "confirmed": "bool",
        "kind": "str",
    }
    assert math.isclose(frame.groupby("kind")["score"].max()["induction"], scores.best("induction")[0].score)


def test_without_pandas_it_says_what_to_install(exercise: grader.Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # so Python marks what cannot be imported

    with pytest.raises(ImportError, match=r"python -m pip install 'head-grader\[notebook\]'"):
        grader.scan(exercise).to_pandas()


def test_in_short(exercise: grader.Exercise) -> None:
    assert repr(grader.scan(exercise)) == (
        "<Scores of tiny: 3 layers of 8 heads under 5 kinds, "
        f"{len({each[:2] for each in grader.scan(exercise).confirmed})} heads confirmed>"
    )
    assert repr(scan("bert", kinds=["induction"])) == (
        "<Scores of BertModel: 3 layers of 4 heads under 1 kind, 0 heads confirmed>"
    )


def test_they_go_to_other_processes(exercise: grader.Exercise) -> None:
    scores = grader.scan(exercise)
    other = pickle.loads(pickle.dumps(scores))  # noqa: S301

    assert list(other) == list(scores)
    assert other._repr_html_() == scores._repr_html_()
