"""Semantic head: each word attends to words of its own category, whatever the distance."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question that asks each word's last token for distant tokens of other words of its category."""
    import torch

    from grader.kinds.masks import DISTANT, Question, blank

    targets, eligible = blank(sequence), blank(sequence)
    if not sequence.categories:
        return Question(targets, eligible)
    word_at = torch.full((len(targets),), -1)
    for number, span in enumerate(sequence.words):
        word_at[span.start : span.stop] = number
    asking = torch.tensor([word.last for word in sequence.words])
    codes = {name: code for code, name in enumerate(sequence.categories)}
    category = torch.tensor([codes[name] for name in sequence.categories])
    distant = (torch.arange(len(targets)) - asking[:, None]).abs() >= DISTANT
    others = (word_at >= 0) & (word_at != torch.arange(len(asking))[:, None])
    others &= torch.tensor([sequence.asked is None or word in sequence.asked for word in range(len(asking))])[:, None]
    eligible[asking] = distant & others
    targets[asking] = eligible[asking] & (category[word_at] == category[:, None])
    return Question(targets, eligible)


TYPE = HeadType(
    order=50,
    title=N_("semantic"),
    letters="\N{ALMOST EQUAL TO}",
    colours=Colours(light="#6b3fc0", dark="#c3a6ff"),
    also_called={
        "semantics, topic, same topic, category, same category, related word, related words, semantic similarity, "
        "meaning, 의미, 의미론, 의미론적, 의미 기반, 주제, 범주": {}
    },
    ask=ask,
    probes=("categories",),
    decides="share",
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "measured for this grader, SmolLM2-135M: L9H2 0.48 near and 0.53 far, L15H7 0.41 and 0.42; random "
                "weights 0.22; GPT-2 small: L1H5 0.55 at a base rate of 0.12 to 0.26, next head 0.25 (not checked)"
            ),
        ),
        DefaultThreshold(
            "lift",
            2,
            N_(
                "measured for this grader, SmolLM2-135M: L9H2 2.2 near and 2.7 far, L15H7 2.3 and 2.6; random weights "
                "1.0"
            ),
        ),
    ),
    hint=N_("Mix words of three topics in a list, and see whether each looks at distant words of its own topic."),
    ladder=Ladder(
        look=N_(
            "Write a list of words from three topics, well mixed. Each word looks at the words of its own topic, "
            "near and far."
        ),
        alike=N_(
            "A list that is sorted by topic makes every head that looks nearby look clever: shuffle it. A "
            "duplicate-token head finds the same word, never a related one: use every word once."
        ),
        where=N_(
            "We know of no publication that gives a place together with a score, so look everywhere. When this grader "
            "was made, the best one of GPT-2 small was measured in layer 1."
        ),
        source=N_("measured for this grader, docs/detectors.md (not checked)"),
        text="horse hammer red cow saw blue sheep drill green goat nail yellow",
        see=N_(
            "Does `goat` look at `horse`, `cow` and `sheep`, and `nail` at the tools, rather than all at their "
            "neighbours?"
        ),
    ),
    definition="Each word attends to words of its own category, whatever the distance.",
    probe=(
        "Lists of words of three categories, no word twice. In the slice `near`, 18 to 24 words are shuffled. In the "
        "slice `far`, seven words of other categories stand between the words of the three and the last three words, "
        "one of each category, which alone are asked: their targets are eight or more words back. Keys nearer than "
        "three positions do not count. All words are single tokens of the transformer's vocabulary; a category with "
        "too few of them is left out."
    ),
    confound=(
        "In a list that is not shuffled a head that looks nearby is right, and in a short one a head that knows topics "
        "but sees five words at most. A word that comes twice is found by "
        "its copy. Share alone favours heads that spread evenly, so the lift over chance is asked for too."
    ),
    literature=(
        "None that we know with a score: the kind is the lesson's. Migliarini 2025, *The Self-Hating Attention Head*, "
        "section The Behaviour: Three Simple Rules, finds it in L1H5 of GPT-2 small, which never looks at the token "
        "itself or its copies. Vig and Belinkov 2019, figure 3, draw a near one: "
        "L8H6 of GPT-2 small, which looks at the items of a list."
    ),
    lookalikes=(
        "near-topic head",
        "previous-token head",
        "local head",
        "first-word head",
        "previous word's topic",
    ),
)
