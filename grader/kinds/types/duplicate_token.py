"""Duplicate-token head: each query attends to earlier copies of its own token."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question whose targets are earlier copies of the query's token, at distance 2 or more."""
    from grader.kinds.masks import Question, all_but_special, distance, same_token

    return Question(same_token(sequence) & (distance(sequence) >= 2), all_but_special(sequence))


TYPE = HeadType(
    order=30,
    title=N_("duplicate token"),
    letters="AA",
    colours=Colours(light="#a8246f", dark="#ff8fc7"),
    also_called={
        "duplicate, duplicated token, dup token, duplicate word, repeated token, repeated word, repeat token, "
        "repetition, same token, same word, identical token, 중복 토큰, 중복, 반복 토큰, 반복 단어, 같은 토큰, "
        "같은 단어, 동일 토큰": {}
    },
    ask=ask,
    probes=("repeats", "running_text"),
    decides="share",
    from_tokens=True,
    in_browser="""(tokens) => (query, key) => {
      const { id } = tokens[key];
      return query - key >= 2 && id >= 0 && id === tokens[query].id;
    }""",
    thresholds=(
        DefaultThreshold(
            "share",
            0.4,
            N_(
                "GPT-2 small on random repeats (TransformerLens, demo Exploratory Analysis, mean of 4 runs): L0H5 .70, "
                "L3H0 .66, then .13; on text it is measured too and does not decide"
            ),
            slices=("repeats",),
        ),
    ),
    hint=N_(
        "Write a word twice, far apart, and see whether the second looks at the first itself, not at what came "
        "after it."
    ),
    ladder=Ladder(
        look=N_(
            "Write a word twice, far apart. The second one looks at the first one itself, and words that come "
            "only once look nowhere in particular."
        ),
        alike=N_(
            "An induction head looks at what came after the first copy, one step further. A semantic head also "
            "looks at words that are merely related: does `queen` look at `king`, too?"
        ),
        where=N_(
            "To see that two words are the same takes no more than the words themselves, so even layer 0 can do "
            "it. In GPT-2 small a well-known circuit has such heads in layers 0 and 3. Which one is best depends on "
            "the text: on random words one of them is weak."
        ),
        source=N_(
            "Wang et al. 2022, section 3.3, appendix I and figure 20; measured for this grader, docs/detectors.md"
        ),
        text="The baker found a lamp in the river, and the farmer sold the lamp to a baker.",
        see=N_("Does the second `lamp` look at the first `lamp`, or at `in`, which came after it?"),
    ),
    definition="Each query attends to earlier copies of its own token.",
    probe=(
        "The repeats of `induction` (slice `repeats`), and passages of text (slice `text`), which are measured "
        "and reported but do not decide."
    ),
    confound=(
        "The input matters: GPT-2 small's L0H1, which Wang et al. 2022 name (appendix I), pays 0.13 on random repeats "
        "(TransformerLens, demo Exploratory Analysis) and 0.47 to 0.63 on four recorded texts (measured for this "
        "grader). A copy at distance 1 is the previous token: such pairs are dropped."
    ),
    literature="Wang et al. 2022, *Interpretability in the Wild*, section 3.3 and appendix I.",
    causal="copying",
    lookalikes=(
        "token after the copy",
        "token before the copy",
        "previous-token head",
    ),
)
