"""Rare-token head: queries attend to the rare word of the sequence, wherever it stands."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question that asks the last token of each common word, three or more from the rare word, for that word.

    Any token of the rare word is a target.
    """
    import torch

    from grader.kinds.masks import DISTANT, Question, all_but_special, blank

    targets = blank(sequence)
    if sequence.rare is not None:
        rare = sequence.words[sequence.rare]
        for number, word in enumerate(sequence.words):
            keys = torch.arange(rare.start, rare.stop)
            if number != sequence.rare and bool((abs(keys - word.last) >= DISTANT).all()):
                targets[word.last, rare.start : rare.stop] = True
    return Question(targets, all_but_special(sequence))


TYPE = HeadType(
    order=60,
    title=N_("rare token"),
    letters="\N{BLACK STAR}",
    colours=Colours(light="#6f6200", dark="#dccb55"),
    also_called={
        "rare, rare word, rare tokens, rare words, infrequent token, infrequent word, least frequent token, 희귀 토큰, "
        "희귀 단어, 희귀, 희소 토큰, 드문 토큰, 드문 단어": {}
    },
    ask=ask,
    probes=("rare_words",),
    decides="hit_rate",
    thresholds=(
        DefaultThreshold(
            "hit_rate",
            0.6,
            N_(
                "Voita et al. 2019, section 5.3, have 0.66 for the rarest token of a sentence; measured for this "
                "grader: mini-gpt2's L3H0 0.77, SmolLM2-135M's best 0.44, against 0.20 for the best fixed position"
            ),
        ),
        DefaultThreshold(
            "lead",
            0.3,
            N_(
                "measured for this grader: the best fixed position reaches 0.13 to 0.25 with four tokenizers, so that "
                "0.6 leads by 0.35 and more"
            ),
        ),
    ),
    hint=N_("Put one rare word among common ones, and see whether everything after it looks there."),
    ladder=Ladder(
        look=N_(
            "Put one unusual word among common ones: everything that comes later looks at it, wherever it stands. "
            "In the picture that is a bright column."
        ),
        alike=N_(
            "A bright column at the very first word is an attention sink: there attention rests because nothing "
            "better is there, whatever the word. Move your rare word to another place: does the column move "
            "along? A head that looks at word pieces finds every word that is split, common ones as well."
        ),
        where=N_(
            "In four encoders that translate, one head of the first layer looks at the least frequent words; in the "
            "one that learnt from film subtitles it finds the rarest token of a sentence 66 % of the time. That is no "
            "law: the best one of SmolLM2-135M was measured near its end, in layer 28 of 30, and is right less than "
            "half of the time."
        ),
        source=N_("Voita et al. 2019, section 5.3; measured for this grader, docs/detectors.md"),
        text="the man and the dog saw a theodolite in the house and then went to the water",
        see=N_("Is there a bright column at `theodolite`, and does it move when you put the word elsewhere?"),
    ),
    definition="Words attend to the unusual word of the text, wherever it stands.",
    probe=(
        "Lists of common words with one rare word at a varied place. Two of the common words are split into pieces as "
        "rare words are, and in half of the lists the rare word is a single token (slices `split` and `whole`). Rarity "
        "is measured: a Zipf frequency between 1.5 and 2.5 in `wordfreq`, or 3.0 for a single token; common words have "
        "3.5 and more. Words nearer than three positions to the rare one are not asked. A tokenizer that has too few "
        "such words is refused."
    ),
    confound=(
        "The rarest words of a natural text are also the repeated ones, so an induction head passes for a "
        "rare-token head: here the rare word comes once. Most rare words are split into pieces and most common ones "
        "are not, so a head that sees pieces passes for one that knows rarity: SmolLM2-135M's L28H2 was one."
    ),
    literature=(
        "Voita et al. 2019, *Analyzing Multi-Head Self-Attention*, section 5.3: in each of their four encoders one "
        "head of the first layer points to the rarest tokens of a sentence. In the encoder trained on OpenSubtitles it "
        "points to the rarest one in 66 % of the cases and to one of the two rarest in 83 %; in those trained on WMT, "
        "to one of these two in more than half. Only sentences count whose rarest token is not among the 500 most "
        "frequent. The kind here is narrower: one rare word among common ones, wherever it stands."
    ),
    lookalikes=(
        "word-piece head",
        "split-word head",
        "longest-word head",
        "capital head",
        "fixed-position head",
        "previous-token head",
    ),
)
