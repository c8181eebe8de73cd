"""Attention sink: each query attends to the first position, whatever stands there."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question whose only target is the first position; here all other keys compete with it."""
    from grader.kinds.masks import Question, blank, every_key

    targets, eligible = blank(sequence), every_key(sequence)
    targets[:, 0] = eligible[:, 0]
    return Question(targets, eligible)


TYPE = HeadType(
    order=70,
    title=N_("attention sink"),
    letters="\N{DOWNWARDS ARROW}1",
    colours=Colours(light="#4a5568", dark="#b4bfcc"),
    also_called={
        "bos, bos token, first token, first position, sink, sink token, resting, resting head, null, no-op, cls, "
        "cls token, start token, 어텐션 싱크, 첫 토큰, 시작 토큰, 싱크, 첫 위치": {}
    },
    ask=ask,
    probes=("random_tokens", "running_text"),
    decides="share",
    from_tokens=True,
    in_browser="(tokens) => (query, key) => key === 0",
    every_key=True,
    is_place=True,
    thresholds=(
        DefaultThreshold(
            "share",
            0.3,
            N_(
                "Gu et al. 2024, section 3.2: a head has a sink from 0.3 on, which is strict and depends least on the "
                "length of the text; ARENA, chapter 1.2, takes 0.4 (not checked)"
            ),
        ),
    ),
    hint=N_("Look for one bright column at the very first position, in every text alike."),
    ladder=Ladder(
        look=N_(
            "A bright column at the very first position: whatever the words are, most of them look there. Nothing "
            "else in the picture is as bright."
        ),
        alike=N_(
            "A head that looks at the first word of the text has its column one further to the right, where the text "
            "has a token in front. A column at an unusual word moves with that word; this one never moves."
        ),
        where=N_(
            "Nearly everywhere: in LLaMA3-8B 99 of 100 heads are such on natural text, in GPT-2 XL 77. In SmolLM2-135M "
            "the first three layers have none. A head may have a task besides, and rest here while there is nothing to "
            "do."
        ),
        source=N_("Gu et al. 2024, table 1; measured for this grader, docs/detectors.md"),
        text="A lamp, seven rivers and the old king sang below the market.",
        see=N_("Does every word, the last one as well, look at the very first position?"),
    ),
    definition=(
        "Each query attends to the first position of the text, whatever stands there: a token that begins the text, "
        "`[CLS]`, or its first word."
    ),
    probe=(
        "The probes of `positional` (slices `random` and `text`). Here the first position and special tokens are keys "
        "like all others, so that they count for hits as well."
    ),
    confound=(
        "A sink is no task: a head with one rests there too, as an induction head does where nothing is repeated, and "
        "then it is both. So there are many, and a right claim says little: an exercise should give few points for it. "
        "A verdict says that the mean attention to the first position is 0.3 or more, as in its source, and not that "
        "most of the attention is there: the rest may do a task. What the first position holds does not matter, so the "
        "random tokens must show the column as well."
    ),
    literature=(
        "Gu et al. 2024, *When Attention Sink Emerges in Language Models*, section 3.2 for the measure and table 1 for "
        "random tokens; Clark et al. 2019, section 3.2: in BERT-base early heads attend to `[CLS]`."
    ),
    remark=(
        "Measured for this grader: 167 of SmolLM2-135M's 270 heads are confirmed and 25 more are too close to call, "
        "the best L18H8 with 0.97; none is in layers 0 to 2. MiniLM, where `[CLS]` is first, has 32 of 72, the best "
        "L1H11 with 0.78. Of mini-gpt2's 48 heads only 3 rest there on text as well: L4H2 with 0.42, L4H6 and L5H5. "
        "No behaviour can be stated that gets worse without such heads: they add little where they rest."
    ),
    lookalikes=(
        "first-word head",
        "second-position head",
        "fixed-position head",
        "previous-token head",
        "self head",
        "even head",
    ),
)
