"""Word-joining head: a later piece of a word attends to the earlier pieces of its own word."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question that asks each later piece of a word for the earlier ones.

    A word's first token is asked for anything but the token before it, so that looking one back is wrong there.
    """
    import torch

    from grader.kinds.masks import Question, all_but_special, blank, every_key

    targets, eligible, elsewhere = blank(sequence), all_but_special(sequence), every_key(sequence)
    groups = {name: torch.zeros(len(targets), dtype=torch.bool) for name in ("inside", "boundary", "mark")}
    for word, spelled in zip(sequence.words, sequence.spelled, strict=True):
        for query in range(word.start + 1, word.stop):
            targets[query, word.start : query] = True
            groups["inside"][query] = True
        if (before := word.start - 1) > 0:
            eligible[word.start] = targets[word.start] = elsewhere[word.start]
            targets[word.start, before] = False
            groups["boundary" if spelled[0].isalnum() else "mark"][word.start] = True
    return Question(targets, eligible, groups)


TYPE = HeadType(
    order=100,
    title=N_("word joining"),
    letters="a-b",
    colours=Colours(light="#b3202c", dark="#ff9a9a"),
    also_called={
        "subword, subword joining, word piece, word pieces, wordpiece, join words, subword merge, subword merging, "
        "detokenization, detokenisation, detokenizing, 하위 단어, 서브워드, 단어 조각, 단어 결합": {}
    },
    ask=ask,
    probes=("split_words",),
    decides="share",
    thresholds=(
        DefaultThreshold(
            "share",
            0.6,
            N_(
                "above the half that no head exceeds which looks one back from all tokens alike; measured for this "
                "grader, SmolLM2-135M: L3H2 0.81, L1H0 0.69, then 0.52; MiniLM: L0H5 0.66, then 0.48"
            ),
        ),
    ),
    hint=N_(
        "Take a word that falls into pieces: its last piece looks at the first one, and a whole word looks elsewhere "
        "than at the word before."
    ),
    ladder=Ladder(
        look=N_(
            "Single bright spots just below the diagonal, wherever a word falls into pieces: a later piece looks back "
            "at the earlier ones. From whole words there is no such spot."
        ),
        alike=N_(
            "A previous-token head has these spots, too, as parts of a whole line. Look at the words between: if their "
            "first tokens look one back as well, it joins no words. Nor does a head that looks back from a comma."
        ),
        where=N_(
            "Mostly in early layers, as the rest needs whole words. In GPT-2 the first layer's weights show that "
            "attention goes to near tokens and to those that belong together. In SmolLM2-135M the best heads are in "
            "layers 1 and 3, in MiniLM in layer 0."
        ),
        source=N_(
            "Kamoda et al. 2025, abstract and sections 4 and 5 (not checked); measured for this grader, "
            "docs/detectors.md"
        ),
        text="The gloomiest cartographer stood near a theodolite and sold marmalade to his grandnephew.",
        see=N_("Do the later pieces look at the first piece of their word, while `stood` and `near` look elsewhere?"),
    ),
    definition=(
        "A later piece of a word attends to the earlier pieces of its own word; a word's first token does not attend "
        "to the token before it."
    ),
    probe=(
        "Lists of common words, ten that are one token and eight of two or three pieces, in a random order, with a "
        "comma behind one word in three. In the slice `inside` the later pieces are asked: their targets are the "
        "earlier pieces of the word. In `boundary` the first token of each word is asked, and in `mark` each comma: "
        "there all keys are targets, the first position as well, except the token right before. A tokenizer that "
        "splits too few common words is refused."
    ),
    confound=(
        "In a word of two pieces the earlier one is the previous token, so a previous-token head has 1.00 `inside` and "
        "0.00 at the `boundary`. A head that looks one back from all words alike has shares that sum to 1: one of them "
        "is at most a half. A comma has no space in front either, so a head that goes by the space looks back from it "
        "as well."
    ),
    literature=(
        "Kamoda et al. 2025, *Weight-based Analysis of Detokenization in Language Models*, abstract: GPT-2's first "
        "layer attends to near tokens and joins the pieces of words, as its weights alone show. Scores of single heads "
        "are not known to us (not checked)."
    ),
    remark=(
        "Measured for this grader: 2 of SmolLM2-135M's 270 heads, L3H2 with 0.81 and L1H0 with 0.69, then 0.52; 1 of "
        "MiniLM's 72, L0H5 with 0.66, whose L2H11 and L1H9 look back from commas as well; none of mini-gpt2's 48, "
        "whose L0H5 looks one back from everything, and whose next head has 0.27. Marks in front of a word are not "
        "tried. No behaviour is measured that gets worse without such heads: no matched text is known in which the "
        "same pieces are no words."
    ),
    lookalikes=(
        "previous-token head",
        "unspaced-token head",
        "split-offset head",
        "last-piece head",
        "word-piece head",
        "local head",
        "sink head",
        "self head",
    ),
)
