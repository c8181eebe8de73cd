"""From universal dependencies to arcs: which words of a sentence stand in which of our relations.

| CoNLL-U | relation |
|---|---|
| `nsubj`, `nsubj:pass` of a VERB | `verb_subject` |
| `obj` of a VERB | `object_verb` |
| `det` of a noun, a DET | `noun_determiner` |
| `nmod:poss` of a noun | `possessive_noun` |
| `amod` of a noun, an ADJ | `noun_adjective`, group `attributive` |
| `nsubj` of an ADJ that has a `cop`, a noun | `noun_adjective`, group `predicative` |
| `Antecedent=ID` in a pronoun's MISC column | `pronoun_antecedent` |

Nouns are NOUN and PROPN; a subject, an object or a possessor may be a PRON as well. The later word of an arc is the
query. What the text writes as one (`don't`) is one word, unless the text of a probe comes out the same (`king's`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from grader.authoring.conllu.words import ConlluWord, Parsed, Together
from grader.measuring.probes.tokens import text_of
from grader.schema import OwnArc, Relation

NOUNS = frozenset({"NOUN", "PROPN"})
NOMINALS = NOUNS | {"PRON"}
VERBS = frozenset({"VERB"})
ADJECTIVES = frozenset({"ADJ"})


class Rule(NamedTuple):
    """Which dependents of which words stand in a relation."""

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
PREDICATIVE = Rule("noun_adjective", ADJECTIVES, NOUNS, "predicative")
"""For `nsubj`, where the governor has a `cop`."""

WordLink = tuple[int, int, Relation, str]
"""Two words, counted from 1, their relation and its group."""


def sentence(parsed: Parsed) -> tuple[tuple[str, ...], tuple[str, ...], tuple[OwnArc, ...]]:
    """The words as they are written, a class for each, and the arcs between them."""
    words: list[str] = []
    classes: list[str] = []
    place: dict[int, int] = {}  # the word's number -> where it stands
    joined = {span.first: span for span in parsed.together if _is_one_word(span, parsed)}
    number = 1
    while number <= len(parsed.words):
        span = joined.get(number) or Together(0, number, number, parsed.words[number - 1].form)
        place |= dict.fromkeys(range(span.first, span.last + 1), len(words))
        words.append(span.form)
        classes.append(_leading(span, parsed).name)
        number = span.last + 1
    return tuple(words), tuple(classes), tuple(_arcs(parsed, place))


def _is_one_word(span: Together, parsed: Parsed) -> bool:
    return text_of([word.form for word in parsed.words[span.first - 1 : span.last]]) != span.form


def _leading(span: Together, parsed: Parsed) -> ConlluWord:
    """The word that hangs on none of the others."""
    inside = range(span.first, span.last + 1)
    parts = parsed.words[span.first - 1 : span.last]
    return next((word for word in parts if word.head not in inside), parts[0])


def _arcs(parsed: Parsed, place: dict[int, int]) -> Iterator[OwnArc]:
    seen: set[tuple[int, int, Relation]] = set()
    for one, other, relation, group in _links(parsed):
        target, query = sorted((place[one], place[other]))
        if target != query and (query, target, relation) not in seen:
            seen.add((query, target, relation))
            yield OwnArc(relation=relation, query=query, target=target, group=group)


def _links(parsed: Parsed) -> Iterator[WordLink]:
    copular = {word.head for word in parsed.words if word.relation == "cop"}
    for word in parsed.words:
        rule = PREDICATIVE if word.relation == "nsubj" and word.head in copular else RULES.get(word.relation)
        governor = parsed.words[word.head - 1].name if word.head else "root"
        if rule and word.name in rule.dependents and governor in rule.governors:
            yield word.number, word.head, rule.relation, rule.group
        if word.antecedent is not None:
            yield word.number, int(word.antecedent), "pronoun_antecedent", ""
