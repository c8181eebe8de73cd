"""Long-prefix induction head: it attends to the key after the copy that stands behind the same tokens as the query."""

from typing import TYPE_CHECKING

from grader.base.language import N_
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder
from grader.kinds.lookalikes import Lookalike
from grader.kinds.lookalikes.looking import behind_copy, copy, first, last, long_copy
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from grader.kinds.masks import Question


def ask(sequence: ProbeSequence) -> "Question":
    """Return a question whose targets are the keys after earlier copies of the query's last three tokens.

    Only queries are asked whose token has another earlier copy, behind other tokens: there, the last token alone does
    not tell which one is meant.
    """
    from grader.kinds.masks import Question, all_but_special, distance, queries, same_token

    def copies_of(back: int) -> "Bool[Tensor, 'query key']":
        """Return a mask of the keys behind which, `back` tokens before, stands a copy of what does before the query."""
        before = sequence._replace(queries=tuple((queries(sequence) - back).clamp(min=0).tolist()))  # 0 has no copy
        return same_token(before).roll(back, dims=1)

    copies = copies_of(0)
    long = copies & copies_of(1) & copies_of(2)
    ambiguous = (copies & ~long).any(-1)
    after_copy = (long & ambiguous[:, None]).roll(1, dims=1)  # key -> key + 1
    after_copy[:, 0] = False
    eligible = all_but_special(sequence)
    return Question(after_copy & (distance(sequence) >= 2) & eligible, eligible)


TYPE = HeadType(
    order=25,
    title=N_("long-prefix induction"),
    letters="ABC",
    colours=Colours(light="#8c2f39", dark="#f4a3a8"),
    also_called={
        "long prefix, long prefix matching, long prefix search, n-gram induction, ngram induction, n-gram matching, "
        "multi-token induction, 긴 접두사 유도, 긴 접두사, 긴 접두사 일치": {}
    },
    ask=ask,
    probes=("prefixes",),
    decides="share",
    from_tokens=True,
    in_browser="""(tokens) => {
      const same = (query, key) =>
        key >= 1 && !tokens[key].special && tokens[key].id >= 0 && tokens[key].id === tokens[query].id;
      const long = (query, key) => [0, 1, 2].every((back) => same(query - back, key - back));
      const ambiguous = (query) =>
        tokens.some((_, other) => other < query && same(query, other) && !long(query, other));
      return (query, key) => query - key >= 2 && long(query, key - 1) && ambiguous(query);
    }""",
    thresholds=(
        DefaultThreshold(
            "share",
            0.5,
            N_(
                "twice the quarter that a head gets which compares the last token alone, whichever of the four copies "
                "it takes; measured for this grader: SmolLM2-135M's L18H6 0.62, next L18H7 0.33; mini-gpt2's induction "
                "heads 0.28 and less; MiniLM's best 0.01"
            ),
        ),
    ),
    hint=N_(
        "Write one word several times behind different words, then again behind the same two words as once before, and "
        "see whether the last one looks at what came after that one copy."
    ),
    ladder=Ladder(
        look=N_(
            "Write a word several times, each time behind other words, and at the end once more behind two words that "
            "it had before already. There it looks at what came after that one copy, and hardly at what came after the "
            "others."
        ),
        alike=N_(
            "An induction head compares the last word alone: it looks at what came after every copy, or after the "
            "nearest or the first one. Where something simply comes twice, the two cannot be told apart."
        ),
        where=N_(
            "In GPT-2 small two induction heads of layer 5 differ in this: one needs several matching tokens, for the "
            "other a single one is enough. So look among the induction heads."
        ),
        source=N_("Kissane et al. 2024, section Case Study: Long Prefix Induction Head (not checked)"),
        text="A red lamp sang, his old lamp fell, the new lamp rose, and now his old lamp",
        see=N_("Does the last `lamp` look at `fell`, and hardly at `sang` and `rose`?"),
    ),
    definition=(
        "Each query attends to the key after that earlier copy of its own token which stands behind the same two "
        "tokens as the query does: the last three tokens must match, not the last one alone."
    ),
    probe=(
        "Distinct random tokens, of which three come five times in a sequence (slice `prefixes`). The last time, two "
        "tokens stand before it that stood before one of the four earlier copies; before two others stand those of the "
        "other threes, one of each, and before the last new ones. Every copy has another token after it. The right "
        "copy is first, second, third and last of the four in turn. Only the last occurrences are asked."
    ),
    confound=(
        "Where a text simply comes twice, every induction head is right: here a head that compares the last token "
        "alone gets a quarter, whether it looks after all copies alike, after the first or after the last one. A head "
        "that compares one of the two tokens before instead, and looks as far behind its copies, gets a third: they "
        "come in three places."
    ),
    literature=(
        "Kissane et al. 2024, *We Inspected Every Head in GPT-2 Small*, section Case Study: Long Prefix Induction "
        "Head: of the two induction heads in layer 5, L5H1 needs a long prefix and L5H5 does not (the numbers of the "
        "heads: not checked)."
    ),
    remark=(
        "A head that compares two tokens is confirmed as well: what it must not do is to compare one alone. Of the "
        "heads that we measured one is of the kind, SmolLM2-135M's L18H6, one of its induction heads; the eight "
        "induction heads of mini-gpt2 look after all four copies alike. GPT-2's score on this probe is not known: its "
        "weights were not at hand."
    ),
    causal="copying",
    lookalikes=(
        "token after the copy",
        "token after the last copy",
        "token after the first copy",
        "two after the previous token's copy",
        "copy head",
        "previous-token head",
    ),
    own_lookalikes={
        N_("token after the last copy"): Lookalike(
            N_("It looks at the token after the last earlier copy of the token itself."), last(copy(1)), ("induction",)
        ),
        N_("token after the first copy"): Lookalike(
            N_("It looks at the token after the first copy of the token itself."), first(copy(1)), ("induction",)
        ),
        N_("two after the previous token's copy"): Lookalike(
            N_("It looks two tokens behind an earlier copy of the token before."), behind_copy(1), ("induction",)
        ),
        N_("three after an earlier token's copy"): Lookalike(
            N_("It looks three tokens behind an earlier copy of the token two places back."),
            behind_copy(2),
            ("induction",),
        ),
        N_("token after the long copy"): Lookalike(
            N_("It looks at the token after an earlier copy of the last three tokens."),
            long_copy,
            ("induction", "long_prefix_induction"),
        ),
    },
)
