"""`grade ablate`, `grade trace` and `grade scan --causal` as real processes, on the embedded transformer."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Bench

ID = "mini-causes"
EXERCISE = """\
id: mini-causes
version: 1
title: What matters in a small transformer
transformer: {name: mini-gpt2, family: decoder, layers: 6, heads: 8, bundled: mini-gpt2}
probes:
  {seed: 5, random_sequences: 4, repeat_sequences: 6, sentences: 20, category_sequences: 10, rare_sequences: 10,
   causal_sequences: 8}
budget: 4
wrong_costs: 5
kinds:
  - {type: positional, heads: 1, points: 10, passing: 1}
  - {type: induction, heads: 2, points: 10, passing: 8}
  - {type: rare_token, heads: 1, points: 10, passing: 3}
"""
PREVIOUS, SENDERS = "L0H5", 8
STRONG = ("L1H1", "L1H2", "L1H3", "L1H7")
"""The previous-token head and the strongest induction heads of mini-gpt2."""


@pytest.fixture(scope="module")
def causes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Path]:
    """A bench with the exercise, and a home in which its heads are measured by the first command that needs them."""
    root = tmp_path_factory.mktemp("causes")
    folder = root / "exercises" / ID
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(EXERCISE)
    return Bench(root), root / "home"


@pytest.fixture(scope="module")
def told(causes: tuple[Bench, Path]) -> dict[str, tuple[int, str, str]]:
    """The code and both outputs of each command; all run in one process, so that they share the transformer."""
    bench, home = causes
    commands: dict[str, list[str | Path]] = {
        "before": ["scan", ID, "--format", "html"],
        "one": ["ablate", ID, "1", "3", "--format", "json"],
        "four": ["ablate", ID, *STRONG, "--format", "json"],
        "alone": ["ablate", ID, "0", "5", "--kind", "induction", "--format", "json"],
        "words": ["ablate", ID, "1", "3"],
        "korean": ["--lang", "ko", "ablate", ID, "1", "3"],
        "page": ["ablate", ID, *STRONG, "--format", "html"],
        "file": ["ablate", ID, "1", "3", "--format", "json", "--out", home.parent / "one.json"],
        "trace": ["trace", ID, "1", "5", "--format", "json"],
        "trace words": ["trace", ID, "L1H5"],
        "trace page": ["trace", ID, "L1H5", "--format", "html"],
        "no kind": ["ablate", ID, "5", "0"],
        "no measure": ["ablate", ID, "3", "4", "--kind", "rare_token"],
        "not asked": ["ablate", ID, "3", "4", "--kind", "semantic"],
        "scan": ["scan", ID, "--causal", "--format", "json"],
        "scan words": ["scan", ID, "--causal"],
        "scan page": ["scan", ID, "--causal", "--format", "html"],
        "map": ["scan", ID, "--format", "html"],
        "calibration": ["calibrate", ID, "--format", "html"],
    }
    return dict(zip(commands, bench.grade_all(home, *commands.values()), strict=True))


def shown(told: dict[str, tuple[int, str, str]], name: str) -> dict[str, Any]:
    code, printed, said = told[name]
    assert (code, said) == (0, "")
    return dict(json.loads(printed))


def test_one_of_many_like_it_is_needed_together_with_them(told: dict[str, tuple[int, str, str]]) -> None:
    one = shown(told, "one")

    assert (one["exercise"], one["transformer"], one["kind"], one["unit"]) == (ID, "mini-gpt2", "induction", "nats")
    assert one["effect"]["resample"]["value"] < 0.2
    assert one["outcome"] == "needed together"
    assert {f"L{each['layer']}H{each['head']}" for each in one["companions"]} == {*STRONG} - {"L1H3"}
    assert one["together"]["effect"]["mean"]["value"] > 3
    assert len(one["scope"]) == 1
    assert one["writes"]["of"] > 2000


def test_a_set_has_both_replacements_a_curve_and_its_heads(told: dict[str, tuple[int, str, str]]) -> None:
    four = shown(told, "four")
    low, high = four["effect"]["resample"]["interval"]

    assert low < four["effect"]["resample"]["value"] < high
    assert four["effect"]["resample"]["value"] > 4
    assert four["effect"]["mean"]["value"] > 3
    assert "zero" in four["effect"]
    assert [point["size"] for point in four["curve"]] == [1, 2, 3, 4]
    assert {f"L{each['layer']}H{each['head']}" for each in four["members"]} == {*STRONG}
    assert all(control["elsewhere"] for control in four["control"].values()), "all heads of the layer score on the kind"
    assert four["control"]["resample"]["most"] < 0.1
    assert (four["outcome"], four["needed_at"]) == ("needed together", 0.1)


def test_a_head_that_all_others_need_is_needed_alone(told: dict[str, tuple[int, str, str]]) -> None:
    alone = shown(told, "alone")

    assert alone["outcome"] == "needed alone"
    assert min(alone["effect"][by]["value"] for by in ("resample", "mean")) > 10
    assert alone["control"]["resample"]["most"] < 2
    assert alone["together"] is None


def test_text_and_page_say_the_same(told: dict[str, tuple[int, str, str]], causes: tuple[Bench, Path]) -> None:
    code, printed, said = told["words"]
    assert (code, said) == (0, "")
    assert "mini-gpt2: L1H3, induction" in printed
    assert "is needed together with" in printed
    assert "The control is of other layers" in printed
    assert "L1H3" in told["korean"][1]
    assert told["page"][1].startswith("<!doctype html>")
    assert "Each head of the set" in told["page"][1]
    assert json.loads((causes[1].parent / "one.json").read_text()) == shown(told, "one")
    assert told["file"][1] == ""


def test_a_trace_names_the_head_that_feeds_it(told: dict[str, tuple[int, str, str]]) -> None:
    trace = shown(told, "trace")
    first, *others = trace["senders"]

    assert (first["layer"], first["head"]) == (0, 5)
    assert first["left"] < 0.1
    assert first["interval"][0] <= first["left"] <= first["interval"][1]
    assert first["direct"]["key"]["value"] < 0.1 < first["direct"]["query"]["value"]
    assert len(others) == SENDERS - 1
    assert min(each["left"] for each in others) > 0.4
    assert trace["score"] > 0.6
    assert told["trace words"][1].splitlines()[4].split()[0] == PREVIOUS
    assert "What feeds L1H5, induction" in told["trace page"][1]


def test_a_scan_has_all_heads_and_the_sets_that_kinds_suggest(told: dict[str, tuple[int, str, str]]) -> None:
    scan = shown(told, "scan")
    of_induction = [each for each in scan["effects"] if each["kind"] == "induction"]
    outcomes = {
        f"L{each['heads'][0]['layer']}H{each['heads'][0]['head']}": each["outcome"]
        for each in of_induction
        if len(each["heads"]) == 1
    }

    assert len(outcomes) == 48
    assert outcomes[PREVIOUS] == "needed alone"
    assert {outcomes[place] for place in STRONG} == {"needed together"}
    assert max(len(each["heads"]) for each in of_induction) > 4
    assert scan["no_causal_measure"] == ["rare_token"]
    assert "Sets of heads" in told["scan words"][1]
    assert "No causal measure: rare token." in told["scan words"][1]
    assert 'class="need-sign"' in told["scan page"][1]


def test_pages_mark_what_was_measured_before_and_measure_nothing_for_it(
    told: dict[str, tuple[int, str, str]],
) -> None:
    assert 'class="need-sign"' not in told["before"][1]
    assert told["map"][1].count('class="need-sign"') >= 5
    assert told["calibration"][1].count('class="need-beside"') >= 5


@pytest.mark.parametrize("arguments", [("ablate", ID, "1", "3"), ("trace", ID, "1", "5"), ("scan", ID, "--causal")])
def test_what_was_measured_is_looked_up_without_torch(
    told: dict[str, tuple[int, str, str]], causes: tuple[Bench, Path], arguments: tuple[str, ...]
) -> None:
    assert told["scan"][0] == 0
    code, names = causes[0].imported(causes[1], *arguments)

    assert code == 0
    assert not names & {"torch", "transformers"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no kind", "L5H0: not confirmed as any kind of mini-causes; add --kind, one of: positional:-1, induction"),
        ("no measure", "no causal measure for rare_token: nothing is known that must get worse without such heads"),
        ("not asked", "mini-causes does not ask for `semantic`; it asks for positional:-1, induction, rare_token"),
    ],
)
def test_a_kind_that_cannot_be_measured_is_refused(
    told: dict[str, tuple[int, str, str]], name: str, message: str
) -> None:
    code, printed, said = told[name]

    assert (code, printed) == (2, "")
    assert message in said


WRONG = {
    ("ablate", ID, "1", "3", "2"): "layer 2 has no head beside it",
    ("ablate", ID, "1", "3", "L1H3"): "named twice: L1H3",
    ("ablate", ID, "6", "0"): "mini-gpt2 has no head L6H0: layers are 0 to 5, heads 0 to 7",
    ("ablate", ID, "1.3"): "is not a layer and a head",
    ("ablate", ID, "-1", "3"): "is not a layer and a head",
    ("ablate", ID): "Missing argument",
    ("ablate", "mini-cause", "1", "3"): "did you mean",
    ("trace", ID, "0", "5"): "L0H5 is in layer 0: no head comes before it",
    ("trace", ID, "1", "5", "1", "6"): "name one head",
    ("scan", ID, "--causal", "--top", "3"): "--causal measures every head and kind of an exercise",
    ("scan", "--causal", "--pattern", "x.npz"): "--causal measures every head and kind of an exercise",
}


@pytest.fixture(scope="module")
def refused(causes: tuple[Bench, Path]) -> dict[tuple[str, ...], tuple[int, str, str]]:
    bench, home = causes
    return dict(zip(WRONG, bench.grade_all(home.with_name("empty"), *WRONG), strict=True))


@pytest.mark.parametrize("arguments", WRONG)
def test_bad_input_is_told_and_nothing_is_measured(
    refused: dict[tuple[str, ...], tuple[int, str, str]], arguments: tuple[str, ...]
) -> None:
    code, printed, said = refused[arguments]

    assert code in {2, 3}
    assert code == 2 or "did you mean" in said
    assert printed == ""
    assert WRONG[arguments] in said
    assert "Traceback" not in said


def test_a_transformer_that_predicts_nothing_has_no_effect_to_measure(bench: Bench, home: Path) -> None:
    layer, head = bench.best["induction"]
    done = bench.grade(home, "ablate", "tiny-heads", str(layer), str(head), "--kind", "induction")

    assert (done.returncode, done.stdout) == (2, "")
    assert "the weights lack the head for predictions; take some that were saved with it" in done.stderr
