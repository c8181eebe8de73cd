"""Functions that say where a head looks that knows one thing about a text: the keys, from a sequence and a query."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from grader.kinds.sequence import ProbeSequence

Places = Iterable[int]
Looks = Callable[[ProbeSequence, int], Places]
NOUNS, VERBS, DISTANT = ("NOUN", "PROPN"), ("VERB",), 3
MARKS, NEAR = frozenset(".,;:"), 6
VERY_FREQUENT = 7.0
"""The Zipf frequency of a word that is at least one in a hundred; in English, `the` and five others."""


@lru_cache(maxsize=4096)
def _word_at(sequence: ProbeSequence) -> dict[int, int]:
    """Return the number of the word to which each position belongs."""
    return {place: number for number, span in enumerate(sequence.words) for place in range(span.start, span.stop)}


def _before(sequence: ProbeSequence, query: int) -> range:
    """Return the words before the query's, the nearest one first; none where the query is not in a word."""
    return range(_word_at(sequence).get(query, 0) - 1, -1, -1)


def _behind(sequence: ProbeSequence, query: int) -> range:
    """Return the words behind the query's, the nearest one first."""
    return range(_word_at(sequence).get(query, len(sequence.words)) + 1, len(sequence.words))


def _places(sequence: ProbeSequence, words: Iterable[int]) -> list[int]:
    return [place for word in words for place in range(sequence.words[word].start, sequence.words[word].stop)]


def _class(sequence: ProbeSequence, word: int) -> str:
    return sequence.classes[word] if sequence.classes else ""


def of_class(classes: tuple[str, ...], which: slice, ahead: bool = False) -> Looks:
    """Return what looks at a word of these classes, counted from the query; `which` says at which."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        words = (_behind if ahead else _before)(sequence, query)
        return _places(sequence, [word for word in words if _class(sequence, word) in classes][which])

    return looks


def offset(*offsets: int) -> Looks:
    """Return what looks at these offsets; the first position is left out."""
    return lambda sequence, query: [query + offset for offset in offsets if query + offset > 0]


def copy(shift: int) -> Looks:
    """Return what looks at the key `shift` behind the earlier copies of the query's token."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        ids = sequence.token_ids
        return [place + shift for place in range(1, query) if ids[place] == ids[query] and place + shift < query]

    return looks


def behind_copy(back: int) -> Looks:
    """Return what compares the token `back` places before the query alone, and looks at what came as far behind it."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        ids, before = sequence.token_ids, query - back
        return [place + back + 1 for place in range(1, before - 1) if ids[place] == ids[before]]

    return looks


def same_token(sequence: ProbeSequence, query: int) -> Places:
    """Return the query and the earlier copies of its token."""
    return [query, *copy(0)(sequence, query)]


def extreme(value: Callable[[ProbeSequence, int], float]) -> Looks:
    """Return what looks at the word before the query's with the highest value; a mark is no word."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        words = [word for word in _before(sequence, query) if _class(sequence, word) != "PUNCT"]
        return _places(sequence, [max(words, key=lambda word: value(sequence, word))] if words else [])

    return looks


def alike(same: Callable[[ProbeSequence, int, int], bool], within: int = 0) -> Looks:
    """Return what looks at all words before the query's that are the same in some way, at most `within` words back."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        word = _word_at(sequence).get(query)
        if word is None:
            return []
        near = list(_before(sequence, query))[: within or None]
        return _places(sequence, [other for other in near if same(sequence, word, other)])

    return looks


def last(looks: Looks) -> Looks:
    """Return what looks at the last one of these keys."""
    return lambda sequence, query: sorted(looks(sequence, query))[-1:]


def first(looks: Looks) -> Looks:
    """Return what looks at the first one of these keys."""
    return lambda sequence, query: sorted(looks(sequence, query))[:1]


def long_copy(sequence: ProbeSequence, query: int) -> Places:
    """Return the keys behind the earlier copies of the last three tokens."""
    ids = sequence.token_ids
    return [place + 1 for place in range(3, query) if ids[place - 2 : place + 1] == ids[query - 2 : query + 1]]


def words_that(true: Callable[[ProbeSequence, int], bool]) -> Looks:
    """Return what looks at all words before the query's of which something is true."""
    return lambda sequence, query: _places(sequence, [w for w in _before(sequence, query) if true(sequence, w)])


def same_category(sequence: ProbeSequence, word: int, other: int) -> bool:
    """Return whether two words are of one category."""
    return bool(sequence.categories) and sequence.categories[word] == sequence.categories[other]


def same_trade(sequence: ProbeSequence, word: int, other: int) -> bool:
    """Return whether two words belong to one trade."""
    return bool(sequence.trades) and sequence.trades[word] != "" and sequence.trades[word] == sequence.trades[other]


def frequency(sequence: ProbeSequence, word: int) -> float:
    """Return the Zipf frequency of a word."""
    from wordfreq import zipf_frequency

    return zipf_frequency(sequence.spelled[word], "en") if sequence.spelled else 0.0


def pieces(sequence: ProbeSequence, query: int) -> Places:
    """Return the tokens before that do not begin a word."""
    return [place for word in _before(sequence, query) for place in _places(sequence, [word])[1:]]


def own_pieces(sequence: ProbeSequence, query: int) -> Places:
    """Return the earlier pieces of the word itself."""
    word = _word_at(sequence).get(query)
    return [] if word is None else range(sequence.words[word].start, query)


def before_unspaced(sequence: ProbeSequence, query: int) -> Places:
    """Return the token before what does not begin a word: a later piece, or a mark that is attached to a word."""
    word = _word_at(sequence).get(query)
    if word is None or not sequence.spelled:
        return []
    begins = query == sequence.words[word].start and sequence.spelled[word][0].isalnum()
    return [] if begins else [query - 1]


def is_split(sequence: ProbeSequence, word: int) -> bool:
    """Return whether a word has several tokens."""
    return sequence.words[word].stop - sequence.words[word].start > 1


def _plural(sequence: ProbeSequence, word: int) -> bool:
    """Return whether a noun is in the plural, or a verb has a plural's form."""
    ends_in_s = bool(sequence.spelled) and sequence.spelled[word].endswith("s")
    return not ends_in_s if _class(sequence, word) in VERBS else ends_in_s


def same_number(sequence: ProbeSequence, query: int) -> Places:
    """Return the nearest noun before that is singular or plural as the word is."""
    word = _word_at(sequence).get(query)
    nouns = (w for w in _before(sequence, query) if _class(sequence, w) in NOUNS)
    alike = [w for w in nouns if word is not None and _plural(sequence, w) == _plural(sequence, word)]
    return _places(sequence, alike[:1])


def main_subject(sequence: ProbeSequence, query: int) -> Places:
    """Return the subject of the main verb, from any word behind it."""
    of_verbs = (link for link in sequence.links if link.relation == "verb_subject")
    main = [link for link in of_verbs if "embedded" not in link.groups][:1]
    return [place for link in main for place in _places(sequence, [link.earlier]) if place < query]


def sentence_start(sequence: ProbeSequence, query: int) -> Places:
    """Return the first word of the sentence that the word stands in."""
    ends = [w for w in _before(sequence, query) if sequence.spelled and sequence.spelled[w] == "."]
    return _places(sequence, [end + 1 for end in ends[:1]] or [0] if sequence.words else [])


def same_first_letter(sequence: ProbeSequence, word: int, other: int) -> bool:
    """Return whether two words begin with the same letter."""
    return bool(sequence.spelled) and sequence.spelled[word][0].lower() == sequence.spelled[other][0].lower()


def previous_category(sequence: ProbeSequence, query: int) -> Places:
    """Return the words before that are of the category of the word before."""
    word = _word_at(sequence).get(query, 0)
    if word < 1 or not sequence.categories:
        return []
    return _places(sequence, [w for w in _before(sequence, query) if same_category(sequence, word - 1, w)])


def outside_commas(classes: tuple[str, ...]) -> Looks:
    """Return what looks at the nearest word of these classes that is not between the last two commas before."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        before = list(_before(sequence, query))
        commas = [word for word in before if sequence.spelled and sequence.spelled[word] == ","][:2]
        skipped = range(commas[1], commas[0]) if len(commas) == 2 else range(0)
        return _places(sequence, [w for w in before if _class(sequence, w) in classes and w not in skipped][:1])

    return looks


def outside_commas_ahead(classes: tuple[str, ...]) -> Looks:
    """Return what looks at the next word of these classes that is not between the next two commas."""

    def looks(sequence: ProbeSequence, query: int) -> Places:
        behind = list(_behind(sequence, query))
        commas = [word for word in behind if sequence.spelled and sequence.spelled[word] == ","][:2]
        skipped = range(*commas) if len(commas) == 2 else range(0)
        return _places(sequence, [w for w in behind if _class(sequence, w) in classes and w not in skipped][:1])

    return looks


def owner(sequence: ProbeSequence, query: int) -> Places:
    """Return the word before the nearest possessive mark."""
    marks = [word for word in _before(sequence, query) if sequence.spelled and sequence.spelled[word] == "'s"]
    return _places(sequence, [mark - 1 for mark in marks[:1]])


def fixed(place: int) -> Looks:
    """Return what looks at one position."""
    return lambda sequence, query: [place]


def previous_word(sequence: ProbeSequence, query: int) -> Places:
    """Return the word before, in running text."""
    return _places(sequence, list(_before(sequence, query))[:1]) if sequence.classes else []


def letters(sequence: ProbeSequence, word: int) -> float:
    """Return the number of letters of a word."""
    return len(sequence.spelled[word]) if sequence.spelled else 0


def tokens(sequence: ProbeSequence, word: int) -> float:
    """Return the number of tokens of a word."""
    return sequence.words[word].stop - sequence.words[word].start


def infrequency(sequence: ProbeSequence, word: int) -> float:
    """Return the Zipf frequency of a word, with a minus."""
    return -frequency(sequence, word)


def highest_id(sequence: ProbeSequence, query: int) -> Places:
    """Return the key with the highest token id."""
    return [max(range(1, query + 1), key=sequence.token_ids.__getitem__)] if query else []


def lowest_id_near(sequence: ProbeSequence, query: int) -> Places:
    """Return the key with the lowest token id among the six before the query."""
    near = range(max(1, query - NEAR), query)
    return [min(near, key=sequence.token_ids.__getitem__)] if near else []


def low_id(sequence: ProbeSequence, query: int) -> Places:
    """Return the last key before the query with a token id as low as that of a full stop, comma, semicolon or colon."""
    marks = [word for word, spelled in zip(sequence.words, sequence.spelled, strict=False) if spelled in MARKS]
    bound = max((sequence.token_ids[mark.last] for mark in marks), default=-1)
    return [place for place in range(1, query) if sequence.token_ids[place] <= bound][-1:]


def is_one_character(sequence: ProbeSequence, word: int) -> bool:
    """Return whether a word, a mark or a symbol is a single character."""
    return bool(sequence.spelled) and len(sequence.spelled[word]) == 1


def is_most_frequent(sequence: ProbeSequence, word: int) -> bool:
    """Return whether a word is one of the most frequent ones of the language, as marks are."""
    return bool(sequence.spelled) and (sequence.spelled[word] in MARKS or frequency(sequence, word) >= VERY_FREQUENT)


def is_capital(sequence: ProbeSequence, word: int) -> bool:
    """Return whether a word begins with a capital."""
    return bool(sequence.spelled) and sequence.spelled[word][0].isupper()


def first_word(sequence: ProbeSequence, query: int) -> Places:
    """Return the first word of the text."""
    return _places(sequence, [0]) if sequence.words else []


def same_trade_noun(sequence: ProbeSequence, query: int) -> Places:
    """Return the last noun before that belongs to the word's trade."""
    word = _word_at(sequence).get(query)
    nouns = [w for w in _before(sequence, query) if _class(sequence, w) in NOUNS]
    return _places(sequence, [w for w in nouns if word is not None and same_trade(sequence, word, w)][:1])


def topic(sequence: ProbeSequence, query: int) -> Places:
    """Return the words of the same category that are three or more words back."""
    word = _word_at(sequence).get(query, 0)
    far = [w for w in _before(sequence, query) if word - w >= DISTANT]
    return _places(sequence, [w for w in far if same_category(sequence, word, w)])


def other_of_topic(sequence: ProbeSequence, query: int) -> Places:
    """Return the other words of the same category that are three or more words back, without copies."""
    word = _word_at(sequence).get(query, 0)
    far = [w for w in _before(sequence, query) if word - w >= DISTANT and sequence.spelled[w] != sequence.spelled[word]]
    return _places(sequence, [w for w in far if same_category(sequence, word, w)])


def itself_too(sequence: ProbeSequence, query: int) -> Places:
    """Return the words of the same category, copies and the word itself among them."""
    word = _word_at(sequence).get(query)
    words = () if word is None else (*_before(sequence, query), word)
    return _places(sequence, [w for w in words if word is not None and same_category(sequence, word, w)])
