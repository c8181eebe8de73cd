"""Positional head: each query attends to the key at a fixed offset, most often the previous token (-1)."""

from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder, Parameter, WholeNumber
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question

NEIGHBOURS = {-1: N_("positional, offset -1"), +1: N_("positional, offset +1")}
"""The offsets that have a name in some languages."""

LADDERS = {
    -1: Ladder(
        look=N_(
            "One bright line just below the diagonal, in every text: each word looks at the word before it, "
            "whatever the two are."
        ),
        alike=N_(
            "A head that follows grammar often looks at the word before as well, because an article stands right "
            "before its noun. Take a list of unrelated words: the line of a previous-token head stays, the other "
            "one fades. And see how bright it is: a head that rests on the first word and peeks at the one before "
            "is too weak to count."
        ),
        where=N_(
            "Mostly in early layers, up to the middle. In BERT-base four heads, in layers 2, 4, 7 and 8, pay more than "
            "half of their attention to the previous token. In GPT-2 small the previous-token heads of a well-known "
            "circuit are in layers 2 and 4. An induction head works with one in a layer below it."
        ),
        source=N_(
            "Clark et al. 2019, section 3.1; Wang et al. 2022, appendix H; Elhage et al. 2021, section How Induction "
            "Heads Work"
        ),
        text="A lamp, seven rivers and the old king sang below the market.",
        see=N_(
            "Does every word look one to the left, also across the comma and where the words have nothing to do "
            "with each other?"
        ),
    ),
    +1: Ladder(
        look=N_(
            "One bright line just above the diagonal, in every text: each word looks at the word after it. Only "
            "an encoder can do that, since a decoder's words do not see what comes later."
        ),
        alike=N_(
            "An article or an adjective looks at its noun, which mostly comes next: that is grammar, not place. "
            "Take a list of unrelated words: the line of a next-token head stays whole."
        ),
        where=N_(
            "Mostly in early layers. In BERT-base five heads, in layers 1, 2, 2, 3 and 6, pay more than half of "
            "their attention to the next token."
        ),
        source=N_("Clark et al. 2019, section 3.1"),
        text="A lamp, seven rivers and the old king sang below the market.",
        see=N_("Does every word look one to the right, also across the comma?"),
    ),
}
FARTHER_BACK = Ladder(
    look=N_(
        "One bright line below the diagonal and parallel to it, always as many tokens back, in every text alike; the "
        "line right beside the diagonal stays dark."
    ),
    alike=N_(
        "A head that looks at its whole neighbourhood has no line of its own: it fades with the distance. One that "
        "halves its attention between two neighbouring offsets has two lines. And a head that follows grammar leaves "
        "its line in a list of unrelated words."
    ),
    where=N_(
        "We know of no publication that gives a place, and found none in the three transformers that we measured: the "
        "best heads are in early and middle layers, and share their attention among several offsets."
    ),
    source=N_("measured for this grader, docs/detectors.md (not checked)"),
    text="A lamp, seven rivers and the old king sang below the market.",
    see=N_("Count from a few words how many tokens back each looks. Is it the same number across the comma as well?"),
)
"""For the offsets -2 to -4."""
ANY_OFFSET = Ladder(
    look=N_("One bright line parallel to the diagonal, always at the same distance from it, in every text alike."),
    alike=N_(
        "A head that looks at a whole neighbourhood is brighter near the diagonal than far from it, but has no "
        "line of its own. Count: is the brightest key of nearly every query at exactly the offset that is asked "
        "for?"
    ),
    where=N_(
        "Most of what is published is about the neighbours: heads for the offsets -1 and +1, in encoders that "
        "translate and in BERT, there mostly in early layers. Begin there, and go up."
    ),
    source=N_("Voita et al. 2019, section 5.1; Clark et al. 2019, section 3.1"),
    text="A lamp, seven rivers and the old king sang below the market.",
    see=N_("Count from a few words how far away the word is that each looks at. Is it the same distance every time?"),
)


def title(offset: int) -> str:
    """Return the kind in words, translated."""
    named = NEIGHBOURS.get(offset)
    return _(named) if named else _("positional, offset {offset}", offset=f"{offset:+d}")


def refuse(offset: int) -> str | None:
    """Return a message if the offset is 0."""
    if offset:
        return None
    return _("offset 0 is the token itself, which is `current_token`; use -1 for the previous token or +1 for the next")


def ask(sequence: ProbeSequence, offset: int) -> "Question":
    """Return a question whose targets are the keys at `offset` from each query, without special tokens."""
    from grader.kinds.masks import Question, all_but_special, distance

    eligible = all_but_special(sequence)
    return Question((distance(sequence) == -offset) & eligible, eligible)


TYPE = HeadType(
    order=10,
    title=title,
    letters=lambda offset: f"{offset:+d}".replace("-", "\N{MINUS SIGN}"),
    colours=Colours(light="#1259c3", dark="#7cb0ff"),
    parameters=(
        Parameter(
            "offset",
            WholeNumber(-64, 64),
            "positional only: key minus query; -1 is the previous token, +1 the next.",
            default=-1,
        ),
    ),
    refuse=refuse,
    spellings={"previous_token": {"offset": -1}, "next_token": {"offset": +1}},
    also_called={
        "prev token, prev, previous, previous word, prev word, previous position, preceding token, preceding word, "
        "이전 토큰, 이전 단어, 앞 토큰, 앞 단어, 직전 토큰, 직전 단어, 바로 앞 토큰": {"offset": -1},
        "next, next word, next position, following token, following word, subsequent token, 다음 토큰, 다음 단어, "
        "뒤 토큰, 뒤 단어": {"offset": +1},
        "position, offset, fixed offset, relative position, relative positional, 위치, 위치 기반, 오프셋": {},
    },
    ask=ask,
    probes=("random_tokens", "running_text"),
    decides="share",
    from_tokens=True,
    in_browser="(tokens, { offset }) => (query, key) => key - query === offset",
    is_place=True,
    looks_ahead=lambda offset: offset > 0,
    in_decoders=N_("a negative offset"),
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "measured for this grader, GPT-2 small at -1 on four recorded texts: L4H11 1.00, L2H2 0.54, next 0.38; "
                "on random tokens (TransformerLens, demo Exploratory Analysis) 0.99, 0.48 and L3H7 0.54; Voita et al. "
                "2019, section 5.1, ask that the maximum lie there 90 % of the time; at -2, -3 and -4 no head that we "
                "measured comes near it: SmolLM2-135M's L11H2 0.18, 0.14 and 0.09, MiniLM's L2H0 0.15 and L1H2 0.09 "
                "and 0.05, mini-gpt2's best 0.11, 0.10 and 0.09"
            ),
        ),
        DefaultThreshold(
            "hit_rate",
            0.7,
            N_(
                "measured for this grader, GPT-2 small at -1 on the same texts: L2H2 0.80; the share beside it keeps "
                "out L5H6, which hits 0.88 with a share of 0.20; at -2 the best hit rate is MiniLM's 0.34 (L2H0)"
            ),
        ),
    ),
    hint=N_("Look for one bright line parallel to the diagonal, in every text alike."),
    ladder=lambda offset: LADDERS.get(offset, FARTHER_BACK if offset in (-2, -3, -4) else ANY_OFFSET),
    definition=(
        "Each query attends to the key at a fixed `offset` (key minus query): -1 is the previous token, +1 the "
        "next one. `previous_token` and `next_token` are other spellings of these two."
    ),
    probe=(
        "Distinct random tokens of four lengths (slice `random`), where nothing but the place tells one key from "
        "another, and natural-looking passages of one to four sentences (slice `text`)."
    ),
    confound=(
        "Hit rate alone makes weak heads look strong: GPT-2 small's L5H6 hits -1 for 88 % of the queries with a share "
        "of 0.20, the rest of its attention lying mostly on the first position (measured for this grader on four "
        "recorded texts). So both are asked for. Of two offsets that get the same attention neither is hit."
    ),
    literature=(
        "Voita et al. 2019, *Analyzing Multi-Head Self-Attention*, section 5.1. Vig and Belinkov 2019, figure 1, draw "
        "L4H11 of GPT-2 small."
    ),
    remark=(
        "Any offset may be asked for, and the same thresholds count. Planted heads are confirmed at -1 to -4 and "
        "refuted one place off; real ones we found at -1 and, in an encoder, at +1 alone. So the offsets -2 to -4 are "
        "in no shipped exercise, nor among the kinds that a scan without an exercise takes: all that they would show "
        "is a neighbourhood."
    ),
    causal="running_text",
    lookalikes=(
        "previous-token head",
        "two-back head",
        "three-back head",
        "four-back head",
        "split-offset head",
        "farther split-offset head",
        "local head",
        "copy head",
        "token after the copy",
        "nearest-determiner head",
    ),
)
