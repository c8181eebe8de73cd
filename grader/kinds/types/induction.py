"""Induction head: each query attends to the key just after an earlier copy of its own token."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question whose targets are the keys just after earlier copies of the query's token.

    A token that comes again at distance 2 would make the previous token the target: such pairs are dropped.
    """
    from grader.kinds.masks import Question, all_but_special, distance, same_token

    after_copy = same_token(sequence).roll(1, dims=1)  # key -> key + 1
    after_copy[:, 0] = False
    eligible = all_but_special(sequence)
    return Question(after_copy & (distance(sequence) >= 2) & eligible, eligible)


TYPE = HeadType(
    order=20,
    title=N_("induction"),
    letters="AB",
    colours=Colours(light="#b34700", dark="#ffab66"),
    also_called={
        "inductive, induct, prefix matching, prefix search, match and copy, copying, pattern completion, "
        "in-context copying, induction pattern, 유도, 인덕션, 귀납, 접두사 일치": {}
    },
    ask=ask,
    probes=("repeats",),
    decides="share",
    from_tokens=True,
    in_browser="""(tokens) => (query, key) => {
      const copy = tokens[key - 1];
      return key >= 2 && query - key >= 2 && !copy.special && copy.id >= 0 && copy.id === tokens[query].id;
    }""",
    thresholds=(
        DefaultThreshold(
            "share",
            0.6,
            N_(
                "GPT-2 small, mean of 143 published runs (TransformerLens, demo Main): L5H5 .93, L6H9 .92, L7H10 .92, "
                "L5H1 .91, L7H2 .85, then .50; definition of Olsson et al. 2022, section Induction Heads"
            ),
        ),
    ),
    hint=N_(
        "Write a name twice, as in `Nora Belling waved, and Nora Belling smiled`, and see whether the second "
        "`Nora` looks at the first `Belling`."
    ),
    ladder=Ladder(
        look=N_(
            "Write something twice. In the second copy each word looks at the word that came after it the first "
            "time: a bright line parallel to the diagonal that begins where the repetition begins."
        ),
        alike=N_(
            "A duplicate-token head looks at the earlier copy itself, one step short of that. A head that looks "
            "back a fixed distance draws the same line in one text: repeat something longer, and its line no "
            "longer fits."
        ),
        where=N_(
            "Not in layer 0: it takes two steps. A previous-token head in an earlier layer notes with each word "
            "what stood before it, and the induction head finds its own word in those notes. In GPT-2 small a "
            "well-known circuit has such heads in layers 5 and 6."
        ),
        source=N_(
            "Elhage et al. 2021, section How Induction Heads Work; Olsson et al. 2022, argument 2; Wang et al. 2022, "
            "section 3.3, appendix H and figure 20"
        ),
        text="Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge.",
        see=N_(
            "Where does the second `Nora` look: at the first `Belling`, which came after `Nora`? Then it is "
            "induction. A name that falls into pieces does it piece by piece."
        ),
    ),
    definition="Each query attends to the key just after an earlier copy of its own token.",
    probe=(
        "A run of distinct random tokens that comes twice, with unrelated tokens before and between the copies "
        "(slice `repeats`). Six run lengths, from 8 to 52, in turn."
    ),
    confound=(
        "A head that looks back a fixed distance scores 1 on one run length and 0 on the next. Where a token "
        "comes again at distance 2, the target would be the previous token: such pairs are dropped."
    ),
    literature="Olsson et al. 2022, *In-context Learning and Induction Heads*, section Induction Heads.",
    causal="copying",
    lookalikes=(
        "copy head",
        "token before the copy",
        "two after the copy",
        "previous-token head",
        "fixed-distance head",
    ),
)
