"""CoNLL-U, the usual format for annotated sentences, read as an exercise's own sentences with their arcs.

Universal dependencies become arcs so:

| CoNLL-U | relation |
|---|---|
| `nsubj` of a VERB without a `cop`, `nsubj:pass` of a VERB | `verb_subject` |
| `obj` of a VERB | `object_verb` |
| `det` of a noun, a DET | `noun_determiner` |
| `nmod:poss` of a noun | `possessive_noun` |
| `amod` of a noun, an ADJ | `noun_adjective`, group `attributive` |
| `nsubj` of an ADJ that has a `cop`, a noun | `noun_adjective`, group `predicative` |
| `Antecedent=ID` in a pronoun's MISC column | `pronoun_antecedent` |

Every other `nsubj`, `csubj`, `obj`, `det`, `amod` or `nmod:poss` is left out, and counted with the reason: `csubj`,
whose subject is a clause; `nsubj:outer` and other subtypes, such as `det:predet`; the `nsubj` of a VERB or of a noun
that has a `cop`, as in `my cat is stressed out`; a word or a governor of another class.

Nouns are NOUN and PROPN; a subject, an object or a possessor may also be a PRON. The later word of an arc is the
query. Words that the text writes together (`don't`) are one word, unless a probe joins them anyway (`king's`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import NamedTuple

import conllu
from conllu.exceptions import ParseException

from grader.base.errors import InvalidInput, Problem
from grader.documents import characters, hint, limited, listed, shown
from grader.documents.encoding import decoded
from grader.measuring.probes.tokens import text_of
from grader.schema import OwnArc, OwnSentence, Relation

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes; the largest treebanks of one language are about this large."""
COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
CLASSES = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM",
    "VERB", "X",
)  # fmt: skip
"""The universal part-of-speech tags."""
PRONOUNS = ("PRON", "DET")
"""Classes of words that may have an antecedent, such as `she` and `her`."""
ANTECEDENT = "Antecedent"
"""The key in the MISC column that gives the ID of a pronoun's antecedent."""

_WORDS = OwnSentence.model_json_schema()["properties"]["words"]
FEWEST_WORDS, MOST_WORDS = _WORDS["minItems"], _WORDS["maxItems"]
"""The limits of a sentence, from its record."""

_ALLOWED = {
    "id": "a word's number such as 3, a range such as 3-4 (words written together), or 3.1 (an empty node)",
    "head": "the number of the word that this one depends on, or 0 for the root",
}
"""The columns that the library reads as numbers."""
_FIELD = re.compile(r"field '(\w+)'")

NOUNS = frozenset({"NOUN", "PROPN"})
NOMINALS = NOUNS | {"PRON"}
VERBS = frozenset({"VERB"})
ADJECTIVES = frozenset({"ADJ"})


class Rule(NamedTuple):
    """The relation of some dependents to some governors."""

    relation: Relation
    governors: frozenset[str]
    dependents: frozenset[str]
    group: str = ""


RULES: dict[str, Rule] = {
    "nsubj": Rule("verb_subject", VERBS, NOMINALS),
    "nsubj:pass": Rule("verb_subject", VERBS, NOMINALS),
    "obj": Rule("object_verb", VERBS, NOMINALS),
    "det": Rule("noun_determiner", NOUNS, frozenset({"DET"})),
    "nmod:poss": Rule("possessive_noun", NOUNS, NOMINALS),
    "amod": Rule("noun_adjective", NOUNS, ADJECTIVES, "attributive"),
}
NEAR: dict[str, frozenset[Relation]] = {
    "nsubj": frozenset({"verb_subject", "noun_adjective"}),
    "csubj": frozenset({"verb_subject", "noun_adjective"}),
    "obj": frozenset({"object_verb"}),
    "det": frozenset({"noun_determiner"}),
    "amod": frozenset({"noun_adjective"}),
    "nmod:poss": frozenset({"possessive_noun"}),
}
"""The relations that a dependency, or a subtype of it, comes near to even where no rule takes it."""
PREDICATIVE = Rule("noun_adjective", ADJECTIVES, NOUNS, "predicative")
"""For `nsubj`, if the governor has a `cop`."""

Block = list[tuple[int, str]]
"""The lines of one sentence with their numbers, without comments."""
WordLink = tuple[int, int, Relation, str]
"""Two words, counted from 1, their relation and its group."""


class AnnotatedFile(NamedTuple):
    """The content of a file of annotated sentences."""

    sentences: tuple[OwnSentence, ...]
    """Those that can be used."""
    total: int
    """The number of all sentences."""
    left_out: Mapping[str, int]
    """The reasons why sentences cannot be used, each with their number."""
    unused: Mapping[str, int]
    """The dependencies that are near a relation and make no arc, in words, each with their number."""


class ConlluWord(NamedTuple):
    """One word."""

    line: int
    number: int
    """Words are counted from 1."""
    form: str
    word_class: str
    head: int
    """The number of the word that it depends on; 0 is the root."""
    relation: str
    antecedent: str | None


class WordRange(NamedTuple):
    """Words that the text writes together."""

    line: int
    first: int
    last: int
    form: str


class ParsedSentence(NamedTuple):
    """One sentence."""

    words: tuple[ConlluWord, ...]
    ranges: tuple[WordRange, ...]


def read(raw: bytes, source: str, relations: Sequence[Relation] = ()) -> AnnotatedFile:
    """Return the sentences that have an arc of one of the relations, or of any relation if none is given.

    Raises:
        InvalidInput: The bytes are not CoNLL-U. It carries all problems, with line numbers.
    """
    problems: list[Problem] = []
    blocks = list(_blocks(decoded(raw, source, SIZE_LIMIT).original))
    if not any(_has_all_columns(line) for block in blocks for _, line in block):
        message = f"no line of this file has the {len(COLUMNS)} columns of CoNLL-U, separated by tabs"
        raise InvalidInput(source, [Problem("not-conllu", message, 1)])
    parsed = [_parsed(block, problems) for block in blocks]
    if problems:
        raise InvalidInput(source, limited(problems))
    sentences: list[OwnSentence] = []
    left_out: Counter[str] = Counter()
    unused = Counter(why for sentence in parsed for why in _unused(sentence, relations))
    for words, classes, arcs in map(_sentence, parsed):
        kept = tuple(arc for arc in arcs if not relations or arc.relation in relations)
        if not kept:
            left_out["without a relation that was asked for"] += 1
        elif not FEWEST_WORDS <= len(words) <= MOST_WORDS:
            left_out[f"shorter than {FEWEST_WORDS} words or longer than {MOST_WORDS}"] += 1
        else:
            sentences.append(OwnSentence(words=words, classes=classes, arcs=kept))
    return AnnotatedFile(tuple(sentences), len(parsed), left_out, unused)


def _blocks(text: str) -> Iterator[Block]:
    """Yield the lines of each sentence; empty lines separate sentences."""
    block: Block = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not line.strip():
            if block:
                yield block
            block = []
        elif not line.startswith("#"):
            block.append((number, line))
    if block:
        yield block


def _has_all_columns(line: str) -> bool:
    return line.count("\t") == len(COLUMNS) - 1


def _parsed(block: Block, problems: list[Problem]) -> ParsedSentence:
    """Return the words of a sentence; their problems are appended to `problems`."""
    words: list[ConlluWord] = []
    ranges: list[WordRange] = []
    is_whole = True
    for line, text in block:
        token = _token(line, text, problems)
        if token is None:
            is_whole = is_whole and "-" in text.partition("\t")[0]  # without a range, all words are there still
        elif "." in str(token["id"]):
            continue  # an empty node is not in the text
        elif isinstance(token["id"], int):
            words.append(_word(line, token))
        else:
            ranges.append(WordRange(line, token["id"][0], token["id"][2], token["form"]))
    sentence = ParsedSentence(tuple(words), tuple(ranges))
    if is_whole:
        problems += _misfits(sentence)
    return sentence


def _token(line: int, text: str, problems: list[Problem]) -> conllu.models.Token | None:
    cells = text.split("\t")
    odd = re.search(f"^[{characters.INSTEAD[characters.NOTHING]}]|[{characters.INSTEAD[characters.END]}]", text)
    if odd:
        problems.append(Problem(characters.CODE, characters.of_character(odd[0]), line, odd.start() + 1))
        return None
    if not _has_all_columns(text):
        message = f"a word has {len(COLUMNS)} columns, separated by tabs ({listed(COLUMNS)}), not {len(cells)}"
        problems.append(Problem("bad-columns", message, line, 1))
        return None
    for number, cell in enumerate(cells):
        if not cell.strip() or "  " in cell:
            message = f"the column {COLUMNS[number]} is empty or has two spaces in a row; write _ in an empty column"
            problems.append(Problem("bad-columns", message, line, _column(cells, number)))
            return None
    try:
        token = conllu.parse(text)[0][0]
        name = "id" if token["id"] is None else ""
    except ParseException as error:
        field = _FIELD.search(str(error))
        name = field[1] if field else "id"
    if not name:
        return token
    number = COLUMNS.index(name.upper())
    message = f"{name.upper()} cannot be `{shown(cells[number])}`; allowed: {_ALLOWED[name]}"
    problems.append(Problem(f"bad-{name}", message, line, _column(cells, number)))
    return None


def _column(cells: list[str], number: int) -> int:
    """Return the character at which a cell begins, counted from 1."""
    return sum(len(cell) + 1 for cell in cells[:number]) + 1


def _word(line: int, token: conllu.models.Token) -> ConlluWord:
    head = -1 if token["head"] is None else token["head"]
    antecedent = (token["misc"] or {}).get(ANTECEDENT)
    return ConlluWord(line, token["id"], token["form"], token["upos"], head, token["deprel"], antecedent)


def _misfits(sentence: ParsedSentence) -> Iterator[Problem]:
    """Yield the wrong numbers, classes, heads, antecedents and ranges of words that could be read."""
    count = len(sentence.words)
    for number, word in enumerate(sentence.words, 1):
        if word.number != number:
            message = f"words are numbered 1, 2, 3 and so on: this one must be {number}, not {word.number}"
            yield Problem("bad-id", message, word.line, 1)
            return  # every number after it would be wrong, too
        if word.word_class not in CLASSES:
            message = f"UPOS cannot be `{shown(word.word_class)}`; allowed: {listed(CLASSES)}"
            yield Problem("unknown-class", message + hint(word.word_class, CLASSES), word.line)
        if not 0 <= word.head <= count or word.head == number:
            given = "empty" if word.head < 0 else str(word.head)
            message = f"HEAD cannot be {given}: the words of the sentence are 1 to {count}, and 0 is the root"
            yield Problem("bad-head", message, word.line)
        if word.antecedent is not None:
            yield from _bad_antecedent(word)
    yield from _circles(sentence.words)
    end = 0
    for each in sentence.ranges:
        if each.first <= end or each.last > count:
            message = f"the range {each.first}-{each.last} overlaps another one, or ends after the last word, {count}"
            yield Problem("bad-range", message, each.line, 1)
        end = each.last


def _circles(words: Sequence[ConlluWord]) -> Iterator[Problem]:
    """Yield the first word that depends on itself through others."""
    safe = {0}  # the words from which the root is reached
    for word in words:
        path, last = {word.number}, word.number
        while (head := words[last - 1].head) not in safe:
            if not 0 <= head <= len(words) or head == last:
                return  # a wrong HEAD, which is said already
            if head in path:
                message = f"HEAD makes a circle: from word {head} over word {last} back to {head}"
                yield Problem("bad-head", message, words[head - 1].line)
                return
            path.add(head)
            last = head
        safe.update(path)


def _bad_antecedent(word: ConlluWord) -> Iterator[Problem]:
    given = word.antecedent or ""
    if word.word_class not in PRONOUNS:
        message = f"`{ANTECEDENT}` is only for {' and '.join(PRONOUNS)}; `{shown(word.form)}` is {word.word_class}"
    elif word.number == 1:
        message = f"`{ANTECEDENT}={shown(given)}`: no word stands before the first one, so that it can have none"
    elif not given.isascii() or not given.isdigit() or len(given) > 9 or not 1 <= int(given) < word.number:
        message = f"`{ANTECEDENT}={shown(given)}` must be the number of an earlier word, 1 to {word.number - 1}"
    else:
        return
    yield Problem("bad-antecedent", message, word.line)


def _sentence(parsed: ParsedSentence) -> tuple[tuple[str, ...], tuple[str, ...], tuple[OwnArc, ...]]:
    """Return the words as the text writes them, the class of each, and the arcs between them."""
    spans, place = _joined(parsed)
    classes = tuple(_leading(span, parsed).word_class for span in spans)
    return tuple(span.form for span in spans), classes, tuple(_arcs(parsed, place))


def _joined(parsed: ParsedSentence) -> tuple[list[WordRange], dict[int, int]]:
    """Return the words as the text writes them, and for each word's number its place among them."""
    spans: list[WordRange] = []
    place: dict[int, int] = {}
    joined = {each.first: each for each in parsed.ranges if _is_one_word(each, parsed)}
    number = 1
    while number <= len(parsed.words):
        span = joined.get(number) or WordRange(0, number, number, parsed.words[number - 1].form)
        place |= dict.fromkeys(range(span.first, span.last + 1), len(spans))
        spans.append(span)
        number = span.last + 1
    return spans, place


def _is_one_word(span: WordRange, parsed: ParsedSentence) -> bool:
    return text_of([word.form for word in parsed.words[span.first - 1 : span.last]]) != span.form


def _leading(span: WordRange, parsed: ParsedSentence) -> ConlluWord:
    """Return the word that depends on none of the others."""
    inside = range(span.first, span.last + 1)
    parts = parsed.words[span.first - 1 : span.last]
    return next((word for word in parts if word.head not in inside), parts[0])


def _arcs(parsed: ParsedSentence, place: dict[int, int]) -> Iterator[OwnArc]:
    seen: set[tuple[int, int, Relation]] = set()
    for dependent, governor, relation, group in _links(parsed):
        target, query = sorted((place[dependent], place[governor]))
        if target != query and (query, target, relation) not in seen:
            seen.add((query, target, relation))
            yield OwnArc(relation=relation, query=query, target=target, group=group)


def _links(parsed: ParsedSentence) -> Iterator[WordLink]:
    copular = _copular(parsed)
    for word in parsed.words:
        if rule := _rule(word, _governor(word, parsed), copular):
            yield word.number, word.head, rule.relation, rule.group
        if word.antecedent is not None:
            yield word.number, int(word.antecedent), "pronoun_antecedent", ""


def _rule(word: ConlluWord, governor: str, copular: Set[int]) -> Rule | None:
    """Return the rule that makes an arc of a word and its governor, if there is one."""
    rule = PREDICATIVE if word.relation == "nsubj" and word.head in copular else RULES.get(word.relation)
    return rule if rule and word.word_class in rule.dependents and governor in rule.governors else None


def _unused(parsed: ParsedSentence, relations: Sequence[Relation]) -> Iterator[str]:
    """Yield each dependency that is near one of the relations, or of all if none is given, and makes no arc."""
    copular, place = _copular(parsed), _joined(parsed)[1]
    for word in parsed.words:
        near = next((NEAR[name] for name in NEAR if f"{word.relation}:".startswith(f"{name}:")), None)
        if near is None or (relations and not near & set(relations)):
            continue
        governor = _governor(word, parsed)
        if _rule(word, governor, copular) is None:
            yield f"{word.relation} ({word.word_class} of {governor}{' with a cop' if word.head in copular else ''})"
        elif place[word.number] == place[word.head]:
            yield f"{word.relation} (both in one word of the text)"


def _governor(word: ConlluWord, parsed: ParsedSentence) -> str:
    return parsed.words[word.head - 1].word_class if word.head else "root"


def _copular(parsed: ParsedSentence) -> set[int]:
    return {word.head for word in parsed.words if word.relation == "cop"}
