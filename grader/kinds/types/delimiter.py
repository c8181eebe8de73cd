"""Delimiter head: each word attends to the last full stop, comma, semicolon or colon before it, or to `[SEP]`."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question

DELIMITERS = frozenset(".,;:")
LEAST_BEFORE = 2
"""The fewest delimiters before a word that is asked: one alone is the last, the first and all of them at once."""


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question that asks each word for the last delimiter before it, three or more tokens back, or `[SEP]`."""
    from grader.kinds.masks import DISTANT, Question, all_but_special, blank

    separators = sorted(sequence.special - {0})
    targets, eligible, seen = blank(sequence), all_but_special(sequence), []
    eligible[:, separators] = eligible.any(1, keepdim=True)
    for word, spelled in zip(sequence.words, sequence.spelled, strict=True):
        if spelled in DELIMITERS:
            seen.append(word.last)
        elif spelled[0].isalnum() and len(seen) >= LEAST_BEFORE and word.last - seen[-1] >= DISTANT:
            targets[word.last, [seen[-1], *separators]] = True
    return Question(targets, eligible)


TYPE = HeadType(
    order=90,
    title=N_("delimiter"),
    letters=".,",
    colours=Colours(light="#7a4a2b", dark="#d9b08c"),
    also_called={
        "separator, separator token, sep, sep token, delimiters, punctuation, punctuation mark, punct, period, "
        "full stop, comma, 구두점, 구분자, 문장 부호, 쉼표, 마침표": {}
    },
    ask=ask,
    probes=("clauses", "running_text"),
    decides="share",
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "no agreed number: Clark et al. 2019, section 3.2 and figure 2, give means for each layer's heads; "
                "measured for this grader: a head that looks at all marks alike has 0.22, mini-gpt2's best 0.26"
            ),
        ),
    ),
    hint=N_("Write two sentences, and see whether the words of the second one look at the full stop before it."),
    ladder=Ladder(
        look=N_(
            "From each delimiter on a short bright column, down to the next one: the words of a clause look at the "
            "mark that it begins behind. In an encoder, the column may be at `[SEP]` instead."
        ),
        alike=N_(
            "A head that looks at all marks, or at the first one, leaves its column whole where the next clause "
            "begins. A column at the very first position is an attention sink. A previous-token head finds the mark "
            "from the next word alone."
        ),
        where=N_(
            "In BERT-base, heads of layers 6 to 10 look at `[SEP]`, and those of the last two at full stops and "
            "commas. None of the three transformers that this grader was made with has one that keeps to the last mark."
        ),
        source=N_("Clark et al. 2019, section 3.2 and figure 2; measured for this grader, docs/detectors.md"),
        text="The king sang, the farmer waited near the river; then the market was very quiet. Nora found two lamps.",
        see=N_("Do `was`, `very` and `quiet` look at the semicolon, and `lamps` at the full stop?"),
    ),
    definition=(
        "Each word attends to the last delimiter before it: a full stop, comma, semicolon or colon. In an encoder, "
        "`[SEP]` counts as well."
    ),
    probe=(
        "Lists of common words without grammar, four to seven of them between two delimiters of the four, which are "
        "drawn at random, and the passages of `positional` (slice `text`). Between the words of a list stands what is "
        "like a delimiter and is none: in the slice `symbols` one of `%*+=/#&@$~` directly behind each, and in `small` "
        "a single letter, a digit, or `the`, `of`, `and`, `to` or `in`. A word is asked if two delimiters stand before "
        "it, and the last one three or more tokens back. A tokenizer that knows none of the symbols is refused."
    ),
    confound=(
        "Where one delimiter stands before a word, the last is also the first and the only one, and from the word "
        "right behind it a previous-token head finds it: neither is asked. In a text, full stops and commas are the "
        "most frequent tokens beside `the`; like other marks they have no space in front, one character and low ids. A "
        "head that goes by any of these need know nothing of delimiters: in the lists, something nearer is so as well, "
        "and it scores nearly 0."
    ),
    literature=(
        "Clark et al. 2019, *What Does BERT Look At?*, section 3.2 and figure 2: over half of BERT-base's attention in "
        "layers 6 to 10 is on `[SEP]`; deep heads attend to periods and commas, whichever they are."
    ),
    remark=(
        "Not found yet (measured for this grader): the best of mini-gpt2's 48 heads is L2H5 with 0.26, of "
        "SmolLM2-135M's 270 L10H0 with 0.16, of MiniLM's 72 L0H5 with 0.07. Heads that look at marks look at many of "
        "them: on the passages L2H5 gives 0.59 and SmolLM2-135M's L1H1 0.56 to all of them together. In lists some "
        "find the last one often, as SmolLM2-135M's L12H1 with hit rates of 0.52 and 0.82, and give it 0.18 at most. "
        "No behaviour can be stated that gets worse without such heads: that of a no-op, as Clark et al. call it, is "
        "none."
    ),
    lookalikes=(
        "all-marks head",
        "first-mark head",
        "symbol head",
        "small-word head",
        "low-id head",
        "sink head",
        "previous-token head",
        "sentence-start head",
        "local head",
    ),
)
