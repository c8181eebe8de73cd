"""Current-token head: each query attends to its own position."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question whose only target is the query's own position."""
    import torch

    from grader.kinds.masks import Question, all_but_special

    eligible = all_but_special(sequence)
    return Question(torch.eye(len(eligible), dtype=torch.bool) & eligible, eligible)


TYPE = HeadType(
    order=80,
    title=N_("current token"),
    letters="=",
    colours=Colours(light="#006a80", dark="#5fd4ec"),
    also_called={
        "self, own token, same position, diagonal, identity, self attending, 자기 자신, 현재 토큰, 자기 토큰, "
        "대각선": {}
    },
    ask=ask,
    probes=("random_tokens", "running_text", "repeats"),
    decides="share",
    from_tokens=True,
    in_browser="(tokens) => (query, key) => key === query",
    is_place=True,
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "ARENA, chapter 1.2, calls its own 0.4 arbitrary (not checked); measured for this grader, "
                "SmolLM2-135M: L11H6 0.64, L29H1 0.47, L29H4 0.40, then 0.27; mini-gpt2's six best 0.66 to 0.95, then "
                "0.09"
            ),
        ),
        DefaultThreshold(
            "hit_rate",
            0.7,
            N_(
                "as for `positional`; measured for this grader: a head that looks at all copies of the token alike, "
                "itself included, hits only the words that are new, 0.6 of the repeats"
            ),
        ),
    ),
    hint=N_("Look for one bright line on the diagonal itself, also where the word stood before."),
    ladder=Ladder(
        look=N_("One bright line on the diagonal itself, in every text: each word looks at itself."),
        alike=N_(
            "A previous-token head draws its line one step below. A head that looks for equal words looks at itself as "
            "long as a word is new: write the word again, and its attention is divided between the two."
        ),
        where=N_(
            "A word sees itself without any help, so layer 0 can do it: the six heads of mini-gpt2 are all there. Yet "
            "in SmolLM2-135M the best ones are in layers 11 and 29 of 30, and in BERT-base most heads pay little "
            "attention to the current token."
        ),
        source=N_("measured for this grader, docs/detectors.md; Clark et al. 2019, section 3.1"),
        text="The old lamp stood near the river, and the new lamp near the market.",
        see=N_("Does the second `lamp` look at itself, and not at the first one?"),
    ),
    definition="Each query attends to its own position.",
    probe=(
        "The probes of `positional` (slices `random` and `text`), and the repeats of `induction` (slice `repeats`), "
        "where an earlier copy of the token competes with the query itself."
    ),
    confound=(
        "On a text without repeated words, a head that looks for equal tokens looks at itself: only where a copy came "
        "before do the two differ. In a decoder the first query sees nothing but itself and is always right: here the "
        "first two positions are not asked."
    ),
    literature=(
        "Clark et al. 2019, *What Does BERT Look At?*, section 3.1: most heads of BERT-base put little attention on "
        "the current token."
    ),
    remark=(
        "Found in decoders only (measured for this grader): 6 of mini-gpt2's 48 heads, all in layer 0; 2 of "
        "SmolLM2-135M's 270, L11H6 and L29H1, while L29H4 is too close to call; none of MiniLM's 72, whose best is "
        "L1H1 with 0.13. No behaviour is known that gets worse without such heads: what one adds follows from its "
        "token alone."
    ),
    lookalikes=(
        "same-token head",
        "copy head",
        "previous-token head",
        "local head",
        "next-token head",
        "token after the copy",
    ),
)
