"""Reports and pictures with everything that they can contain."""

import pytest

from grader.schema import (
    AskedKind,
    Claim,
    Evidence,
    Exercise,
    Kind,
    Measurement,
    OtherKind,
    Picture,
    ProbeSettings,
    Reading,
    Report,
    ThresholdResult,
    TransformerSource,
    Verdict,
)

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202eevil\" onmouseover='x' {{ 7*7 }} ]]> &amp;"
)


def measurement(score: float) -> Measurement:
    interval = (max(score - 0.03, 0.0), min(score + 0.03, 1.0))
    reading = Reading(statistic="share", on="random tokens", value=score, interval=interval)
    return Measurement(
        share=score, hit_rate=score, baseline=0.1, score=score, interval=interval, queries=480, readings=(reading,)
    )


def check(
    statistic: str, on: str, measured: float, at_least: float, result: str, spread: float = 0.03
) -> ThresholdResult:
    return ThresholdResult(
        statistic=statistic,
        on=on,
        measured=measured,
        interval=(measured - spread, measured + spread),
        at_least=at_least,
        source="GPT-2 small: L4H11 1.00, next head 0.41; Voita et al. 2019 use 90 % of the time",
        result=result,
    )


CONFIRMED = Verdict(
    claim=Claim(layer=4, head=11, type="previous_token", note="bright just left of the diagonal"),
    outcome="confirmed",
    points=10,
    rationale="The head attends to the previous token on both texts.",
    measured=measurement(0.98),
    threshold=(
        check("share", "random tokens", 0.97, 0.4, "over", 0.01),
        check("hit_rate", "random tokens", 0.99, 0.7, "over", 0.01),
        check("share", "natural text", 0.95, 0.4, "over", 0.02),
        check("hit_rate", "natural text", 0.98, 0.7, "over", 0.02),
    ),
    rank=1,
    of=144,
    help="Compare it with L2H2, which does the same more softly.",
    evidence=Evidence(
        text="The quick brown fox jumps",
        tokens=("The", " quick", " brown", " fox", " jumps"),
        share=0.93,
        hit_rate=1.0,
        queries=3,
    ),
)
BORDERLINE = Verdict(
    claim=Claim(layer=5, head=1, type="induction"),
    outcome="confirmed",
    borderline=True,
    points=10,
    rationale="The share is on the threshold; the exercise decides such cases in the student's favour.",
    measured=measurement(0.598),
    threshold=(check("share", "repeats", 0.5996, 0.6, "borderline", 0.04),),
    rank=12,
    of=144,
)
REFUTED = Verdict(
    claim=Claim(layer=2, head=7, type="syntactic", relation="verb_subject", note="the verb finds its subject"),
    outcome="refuted",
    rationale="The head finds the subject in 31 % of the sentences; a head blind to grammar finds it in 39 %.",
    measured=measurement(0.31),
    threshold=(
        check("hit_rate", "all sentences", 0.31, 0.6, "under"),
        check("lead", "attractors of the same number", -0.08, 0.1, "under"),
    ),
    rank=103,
    of=144,
    looks_like=OtherKind(kind=Kind(type="positional", offset=-2), score=0.88, rank=2),
    help="Look at sentences in which other words stand between the verb and its subject.",
)
SEMANTIC = Verdict(
    claim=Claim(layer=1, head=5, type="semantic"),
    outcome="confirmed",
    points=10,
    rationale="The head attends to words of the same category, however far away.",
    measured=measurement(0.55),
    threshold=(
        check("share", "categories", 0.55, 0.4, "over"),
        check("lift", "categories", 2.7, 2.0, "over", 0.3),
    ),
    rank=3,
    of=144,
    evidence=Evidence(text="dog cat red fish blue", tokens=("dog", " cat", " red", " fish", " blue")),
)
NOT_GRADED = Verdict(
    claim=Claim(layer=99, head=0, type="rare_token"),
    outcome="not_graded",
    rationale="There is no head L99H0: gpt2 has layers 0 to 11, each with heads 0 to 11.",
)
EVERY_OUTCOME = (CONFIRMED, BORDERLINE, REFUTED, SEMANTIC, NOT_GRADED)


@pytest.fixture
def report() -> Report:
    return Report(
        grader_version="0.1.0",
        exercise="gpt2-heads",
        exercise_version=1,
        transformer="gpt2",
        transformer_digest="a" * 64,
        seed=7,
        table="b" * 64,
        student="ada",
        feedback="all",
        borderline="in_favour",
        wanted={"positional:-1": 2},
        verdicts=EVERY_OUTCOME,
        points=26,
        possible=60,
        score=26 / 60,
        luck=0.008,
        kinds_confirmed=3,
        gradable=True,
        passed=False,
        xp=90,
    )


@pytest.fixture
def verdicts_only(report: Report) -> Report:
    """The report of an exercise whose feedback is verdicts without numbers."""
    blank = {"measured": None, "threshold": (), "rank": None, "of": None, "looks_like": None, "evidence": None}
    bare = tuple(verdict.model_copy(update=blank | {"rationale": f"{verdict.outcome}."}) for verdict in report.verdicts)
    return report.model_copy(update={"feedback": "verdicts", "verdicts": bare})


@pytest.fixture
def score_only(report: Report) -> Report:
    return report.model_copy(update={"feedback": "score"})


@pytest.fixture
def ungradable(report: Report) -> Report:
    nothing = {"verdicts": (NOT_GRADED,), "gradable": False, "points": 0, "score": 0, "luck": 1, "xp": 0}
    return report.model_copy(update={**nothing, "kinds_confirmed": 0})


@pytest.fixture
def hostile(report: Report) -> Report:
    """A report with the worst that a student, a tokenizer or an instructor may write."""
    verdict = CONFIRMED.model_copy(
        update={
            "claim": Claim(layer=0, head=0, type="induction", note=HOSTILE, evidence=HOSTILE),
            "rationale": HOSTILE,
            "help": HOSTILE,
            "threshold": (
                check("share", "random tokens", 0.9, 0.4, "over").model_copy(update={"on": HOSTILE, "source": HOSTILE}),
            ),
            "evidence": Evidence(text=HOSTILE, tokens=(HOSTILE, "b"), share=0.5, hit_rate=0.5, queries=2),
        }
    )
    return report.model_copy(update={"verdicts": (verdict,), "student": HOSTILE, "transformer": HOSTILE})


@pytest.fixture
def exercise() -> Exercise:
    source = TransformerSource(name="gpt2", family="decoder", layers=12, heads=12)
    asked = AskedKind(type="induction", heads=2, points=60, passing=5)
    return Exercise(
        id="gpt2-heads",
        version=1,
        title="Find the heads of GPT-2 small",
        transformer=source,
        probes=ProbeSettings(seed=7),
        kinds=(asked,),
        budget=8,
        wrong_costs=4,
        kinds_needed=4,
    )


@pytest.fixture
def picture() -> Picture:
    """A previous-token head with a little attention on the first position."""
    tokens = ("<|endoftext|>", "The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", ".", "\n")
    rows = []
    for query in range(len(tokens)):
        row = [0.0] * len(tokens)
        row[0] += 0.15
        row[query] += 0.1
        row[max(query - 1, 0)] += 0.75
        rows.append(tuple(row))
    targets = tuple((query, query - 1) for query in range(2, len(tokens)))
    return Picture(caption="L4H11 on a sentence of the probe", tokens=tokens, pattern=tuple(rows), targets=targets)


@pytest.fixture
def hostile_picture() -> Picture:
    tokens = (
        HOSTILE,
        "고양이",
        "\U0001f431",
        "\ufffd",
        "\x00",
        "\u202e",
        " ",
        "\n\n",
        "\uff57\uff49\uff44\uff45",
        "x" * 80,
    )
    pattern = tuple(tuple(1 / (q + 1) if k <= q else 0.0 for k in range(len(tokens))) for q in range(len(tokens)))
    return Picture(caption=HOSTILE, tokens=tokens, pattern=pattern, targets=((3, 2),))


@pytest.fixture
def long_picture() -> Picture:
    tokens = tuple(f" token{number}" for number in range(40))
    pattern = tuple(tuple(1 / (q + 1) if k <= q else 0.0 for k in range(40)) for q in range(40))
    return Picture(caption="forty tokens", tokens=tokens, pattern=pattern, targets=((5, 4),))
