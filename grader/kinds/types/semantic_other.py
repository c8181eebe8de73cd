"""Semantic head without itself: each word attends to the other words of its topic, never to itself nor its copies."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.lookalikes import Lookalike
from grader.kinds.lookalikes.looking import itself_too, other_of_topic
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question

ITSELF = "itself"
"""The slice in which only words of the asked word's topic count, so that the lift compares others with itself."""


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question that asks each word's last token for distant tokens of its topic's other words.

    Itself and its copies compete at any distance.
    """
    import torch

    from grader.kinds.masks import DISTANT, Question, blank

    targets, eligible = blank(sequence), blank(sequence)
    for number in sequence.asked or () if sequence.categories else ():
        query = sequence.words[number].last
        for other, span in enumerate(sequence.words):
            is_copy = sequence.spelled[other] == sequence.spelled[number]
            is_topic = sequence.categories[other] == sequence.categories[number]
            keys = torch.arange(span.start, span.stop)
            counts = (keys - query).abs() >= (0 if is_copy else DISTANT)
            targets[query, keys] = counts & (is_topic and not is_copy)
            eligible[query, keys] = counts & (is_topic or sequence.slice != ITSELF)
    return Question(targets, eligible)


TYPE = HeadType(
    order=52,
    title=N_("semantic, without itself"),
    letters="\N{ALMOST EQUAL TO}\N{NOT EQUAL TO}",
    colours=Colours(light="#4a4fb5", dark="#b0b4ff"),
    also_called={
        "self-hating, self-hating attention, self-avoiding, self-suppression, self-suppressing, semantic not self, "
        "semantic without self, semantic others, other of topic, other word of the topic, "
        "자기 회피, 자기 제외 의미, 자기 억제": {}
    },
    ask=ask,
    probes=("others",),
    decides="share",
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "that of semantic heads, of which this is one; measured for this grader: mini-gpt2's two semantic "
                "heads pay 0.61 and 0.58 to the others, SmolLM2-135M's best head 0.22, MiniLM's 0.17"
            ),
        ),
        DefaultThreshold(
            "lift",
            1.8,
            N_(
                "nine tenths of what the category gets, where half is chance, so that what goes to itself is near 0; "
                "measured for this grader: mini-gpt2's semantic heads 1.38 and 1.32, a planted one that also looks at "
                "the copies 1.14, by its making"
            ),
            slices=(ITSELF,),
        ),
    ),
    hint=N_(
        "Put a word of a topic into a mixed list twice, and see whether the second one looks at the other words of its "
        "topic and neither at itself nor at the first one."
    ),
    ladder=Ladder(
        look=N_(
            "Write a list of words from three topics, well mixed, in which one word comes several times. Its last copy "
            "looks at the other words of its topic, and neither at itself nor at its copies: where you would expect "
            "the brightest places, it is dark."
        ),
        alike=N_(
            "A semantic head looks at the copies as well, most often even more than at the others; a duplicate-token "
            "head looks at them alone. A list in which no word comes twice cannot tell these apart."
        ),
        where=N_(
            "In GPT-2 small the head that is known for it is in layer 1: a word looks at others of its topic, and "
            "suppresses itself. In other transformers look wherever a semantic head was found."
        ),
        source=N_("Migliarini 2025, section The Behaviour"),
        text="horse hammer red cow saw horse blue sheep drill horse green goat nail yellow horse",
        see=N_(
            "Does the last `horse` look at `cow`, `sheep` and `goat`, and neither at itself nor at the other `horse`?"
        ),
    ),
    definition=(
        "Each word attends to other words of its own category, whatever the distance, and neither to itself nor to its "
        "own copies."
    ),
    probe=(
        "Lists of words of three categories in which words come several times. In the slice `mixed` every word comes "
        "twice, and the second copies are asked. In the slice `itself` the asked words have three copies and four "
        "other words of their category before them, and seven words of other categories in between; there only words "
        "of the asked word's category count as keys, so that the lift says how much of what the category gets does not "
        "go to the word itself and its copies: 1 is chance, and 2 is all of it."
    ),
    confound=(
        "In a list without repetitions a head that follows topics looks the same, and a word itself is near: what it "
        "pays there is counted against it at any distance. A head that sees five words at most finds nothing in the "
        "slice `itself`."
    ),
    literature="Migliarini 2025, *The Self-Hating Attention Head*, section The Behaviour.",
    remark=(
        "None of the heads that we measured is of the kind: those of mini-gpt2 and SmolLM2-135M that follow topics "
        "look at copies as well, and MiniLM has none. GPT-2 small's L1H5 is the one that is known; its weights were "
        "not at hand."
    ),
    lookalikes=("topic head", "topic-and-itself head", "copy head", "near-topic head", "previous-token head"),
    own_lookalikes={
        N_("topic-and-itself head"): Lookalike(
            N_("It looks at all words of the same topic, at its copies and at itself too."),
            itself_too,
            ("semantic",),
        ),
        N_("other-of-topic head"): Lookalike(
            N_("It looks at all other words of the same topic that are three or more words back."),
            other_of_topic,
            ("semantic", "semantic_other"),
        ),
    },
)
