"""The registry of look-alikes: heads that know something else than a kind, and could be taken for it.

They are planted in place of a transformer's heads to try the probes; and a measured head is compared with those that
its kind names, so that a report can say what a refuted head does instead.
"""

from typing import NamedTuple

from grader.base.language import N_
from grader.kinds.lookalikes import looking
from grader.kinds.lookalikes.looking import (
    NOUNS,
    VERBS,
    Looks,
    alike,
    copy,
    extreme,
    fixed,
    last,
    of_class,
    offset,
    same_category,
    same_trade,
    words_that,
)


class Lookalike(NamedTuple):
    """A head that is not of a kind but looks like it."""

    knows: str
    """One sentence on what it knows or does, marked for translation."""
    looks: Looks
    """The keys, from a sequence and a query; what it does not find or cannot see, it gives to the first position."""
    rightly: tuple[str, ...] = ()
    """The names of the kinds that it is indeed: there it is confirmed."""
    in_decoders: tuple[str, ...] = ()
    """The names of the kinds that it is only where no query can look ahead."""

    def is_of(self, kind: str, *, causal: bool) -> bool:
        """Return whether it is rightly confirmed as the kind of this name; `causal` is true of a decoder."""
        return kind in self.rightly or (causal and kind in self.in_decoders)


FIRST, NEAREST, SECOND, TWO = slice(-1, None), slice(1), slice(-2, -1), slice(2)
"""The words of a class before the query, the nearest one first: which of them a head looks at."""
DETERMINERS, ADJECTIVES, MARKS = ("DET",), ("ADJ",), ("PUNCT",)

LOOKALIKES: dict[str, Lookalike] = {
    # places
    N_("sink head"): Lookalike(
        N_("It rests on the first position, whatever stands there."), fixed(0), ("attention_sink",)
    ),
    N_("second-position head"): Lookalike(N_("It looks at the second position, whatever stands there."), fixed(1)),
    N_("fixed-position head"): Lookalike(N_("It looks at one position, the sixth, whatever stands there."), fixed(5)),
    N_("self head"): Lookalike(N_("It looks at the query itself."), offset(0), ("current_token",)),
    N_("previous-token head"): Lookalike(N_("It looks one token back."), offset(-1), ("positional:-1",)),
    N_("two-back head"): Lookalike(N_("It looks two tokens back."), offset(-2), ("positional:-2",)),
    N_("three-back head"): Lookalike(N_("It looks three tokens back."), offset(-3), ("positional:-3",)),
    N_("four-back head"): Lookalike(N_("It looks four tokens back."), offset(-4), ("positional:-4",)),
    N_("split-offset head"): Lookalike(N_("It looks at the two tokens before, at both alike."), offset(-1, -2)),
    N_("farther split-offset head"): Lookalike(
        N_("It looks at the tokens three and four places back, at both alike."), offset(-3, -4)
    ),
    N_("next-token head"): Lookalike(N_("It looks one token ahead."), offset(1), ("positional:+1",)),
    N_("two-ahead head"): Lookalike(N_("It looks two tokens ahead."), offset(2), ("positional:+2",)),
    N_("local head"): Lookalike(N_("It looks at the five tokens before, at all alike."), offset(-1, -2, -3, -4, -5)),
    N_("fixed-distance head"): Lookalike(N_("It looks a fixed distance back: 21 tokens."), offset(-21)),
    N_("even head"): Lookalike(N_("It looks at all tokens alike."), lambda sequence, query: range(query + 1)),
    N_("previous-word head"): Lookalike(N_("It looks one word back, in running text only."), looking.previous_word),
    # copies
    N_("copy head"): Lookalike(N_("It looks at earlier copies of the token itself."), copy(0), ("duplicate_token",)),
    N_("same-token head"): Lookalike(
        N_("It looks at the token itself and at its earlier copies, at all alike."),
        looking.same_token,
        ("duplicate_token",),
    ),
    N_("token after the copy"): Lookalike(
        N_("It looks at the token after an earlier copy of the token itself."), copy(1), ("induction",)
    ),
    N_("token before the copy"): Lookalike(
        N_("It looks at the token before an earlier copy of the token itself."), copy(-1)
    ),
    N_("two after the copy"): Lookalike(N_("It looks two tokens behind an earlier copy of the token itself."), copy(2)),
    # tokens and words
    N_("word-piece head"): Lookalike(
        N_("It looks at word pieces: tokens that do not begin a word. It knows no frequency."), looking.pieces
    ),
    N_("last-piece head"): Lookalike(N_("It looks at the last word piece before."), last(looking.pieces)),
    N_("own-word head"): Lookalike(
        N_("It looks at the earlier pieces of its own word."), looking.own_pieces, ("word_joining",)
    ),
    N_("unspaced-token head"): Lookalike(
        N_("It looks one token back from all that has no space before it, word pieces and marks alike."),
        looking.before_unspaced,
    ),
    N_("split-word head"): Lookalike(
        N_("It looks at words of several tokens, whether they are rare or common."), words_that(looking.is_split)
    ),
    N_("longest-word head"): Lookalike(N_("It looks at the word with the most letters."), extreme(looking.letters)),
    N_("most-tokens head"): Lookalike(N_("It looks at the word with the most tokens."), extreme(looking.tokens)),
    N_("highest-id head"): Lookalike(N_("It looks at the token with the highest id."), looking.highest_id),
    N_("frequent-word head"): Lookalike(N_("It looks at the most frequent word before."), extreme(looking.frequency)),
    N_("infrequent-word head"): Lookalike(
        N_("It looks at the least frequent word before."), extreme(looking.infrequency), (), ("rare_token",)
    ),
    N_("capital head"): Lookalike(N_("It looks at words that begin with a capital."), words_that(looking.is_capital)),
    N_("same-letter head"): Lookalike(
        N_("It looks at words that begin with the same letter."), alike(looking.same_first_letter)
    ),
    N_("mark head"): Lookalike(N_("It looks at the last punctuation mark."), of_class(MARKS, NEAREST), ("delimiter",)),
    N_("all-marks head"): Lookalike(
        N_("It looks at all punctuation marks before, at all alike."), of_class(MARKS, slice(None))
    ),
    N_("first-mark head"): Lookalike(N_("It looks at the first punctuation mark."), of_class(MARKS, FIRST)),
    N_("symbol head"): Lookalike(
        N_("It looks at the last mark or symbol, whichever it is."), of_class(("PUNCT", "SYM"), NEAREST)
    ),
    N_("one-character head"): Lookalike(
        N_("It looks at the last single character, be it a letter, a digit, a mark or a symbol."),
        last(words_that(looking.is_one_character)),
    ),
    N_("small-word head"): Lookalike(
        N_("It looks at the last of the most frequent words and marks."), last(words_that(looking.is_most_frequent))
    ),
    N_("low-id head"): Lookalike(N_("It looks at the last token with an id as low as those of marks."), looking.low_id),
    N_("lowest-id head"): Lookalike(
        N_("It looks at the token with the lowest id among the six before."), looking.lowest_id_near
    ),
    N_("first-word head"): Lookalike(N_("It looks at the first word of the text."), looking.first_word),
    N_("sentence-start head"): Lookalike(
        N_("It looks at the first word of the sentence that it stands in."), looking.sentence_start
    ),
    # grammar
    N_("nearest-noun head"): Lookalike(N_("It looks at the nearest noun or name before."), of_class(NOUNS, NEAREST)),
    N_("first-noun head"): Lookalike(N_("It looks at the first noun or name."), of_class(NOUNS, FIRST)),
    N_("second-noun head"): Lookalike(N_("It looks at the second noun or name."), of_class(NOUNS, SECOND)),
    N_("two-nouns head"): Lookalike(N_("It looks at the two nearest nouns, at both alike."), of_class(NOUNS, TWO)),
    N_("nearest-verb head"): Lookalike(N_("It looks at the nearest verb before."), of_class(VERBS, NEAREST)),
    N_("first-verb head"): Lookalike(N_("It looks at the first verb."), of_class(VERBS, FIRST)),
    N_("nearest-adjective head"): Lookalike(
        N_("It looks at the nearest adjective before."), of_class(ADJECTIVES, NEAREST)
    ),
    N_("nearest-determiner head"): Lookalike(
        N_("It looks at the nearest determiner before."), of_class(DETERMINERS, NEAREST)
    ),
    N_("first-determiner head"): Lookalike(N_("It looks at the first determiner."), of_class(DETERMINERS, FIRST)),
    N_("number head"): Lookalike(N_("It looks at the nearest noun of the same number."), looking.same_number),
    N_("main-subject head"): Lookalike(
        N_("It looks at the subject of the main verb, from every word."), looking.main_subject
    ),
    N_("association head"): Lookalike(
        N_("It looks at the last word that belongs to the same trade, as king, commands and armies do."),
        last(alike(same_trade)),
    ),
    N_("trade's-noun head"): Lookalike(
        N_("It looks at the person to whose trade the word belongs."), looking.same_trade_noun
    ),
    N_("comma-skipping verb head"): Lookalike(
        N_("It looks at the nearest verb that is not between the last two commas."), looking.outside_commas(VERBS)
    ),
    N_("comma-skipping determiner head"): Lookalike(
        N_("It looks at the nearest determiner that is not between the last two commas."),
        looking.outside_commas(DETERMINERS),
    ),
    N_("nearest-owner head"): Lookalike(N_("It looks at the word before the nearest possessive mark."), looking.owner),
    N_("next-noun head"): Lookalike(N_("It looks at the next noun or name."), of_class(NOUNS, NEAREST, ahead=True)),
    N_("next-verb head"): Lookalike(N_("It looks at the next verb."), of_class(VERBS, NEAREST, ahead=True)),
    N_("last-verb head"): Lookalike(N_("It looks at the last verb ahead."), of_class(VERBS, FIRST, ahead=True)),
    N_("next-pronoun head"): Lookalike(N_("It looks at the next pronoun."), of_class(("PRON",), NEAREST, ahead=True)),
    N_("next-adjective head"): Lookalike(
        N_("It looks at the next adjective."), of_class(ADJECTIVES, NEAREST, ahead=True)
    ),
    N_("comma-skipping next-noun head"): Lookalike(
        N_("It looks at the next noun or name that is not between the next two commas."),
        looking.outside_commas_ahead(NOUNS),
    ),
    N_("comma-skipping next-verb head"): Lookalike(
        N_("It looks at the next verb that is not between the next two commas."), looking.outside_commas_ahead(VERBS)
    ),
    # topics
    N_("topic head"): Lookalike(
        N_("It looks at all words of the same topic, three or more words back."), looking.topic, ("semantic",)
    ),
    N_("near-topic head"): Lookalike(
        N_("It looks at words of the same topic that are at most five words back."), alike(same_category, within=5)
    ),
    N_("nearer-topic head"): Lookalike(
        N_("It looks at words of the same topic that are at most three words back."), alike(same_category, within=3)
    ),
    N_("previous word's topic"): Lookalike(
        N_("It looks at words of the topic of the word before."), looking.previous_category
    ),
}
"""All look-alikes by name, each with what it knows."""
