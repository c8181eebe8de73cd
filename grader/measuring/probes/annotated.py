"""Natural-looking sentences with gold arcs, from the project's grammar or from an instructor."""

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.kinds.sequence import Link, ProbeSequence
from grader.measuring.probes import draw, frames
from grader.measuring.probes.grammar import GRAMMARS
from grader.measuring.probes.tokens import POSSESSIVE, encode
from grader.measuring.probes.vocabulary import TRADES
from grader.schema import ProbeSettings, Relation

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TEXT_RELATIONS: tuple[Relation, ...] = ("verb_subject", "pronoun_antecedent", "noun_adjective")
MOST_SENTENCES = 4


def annotated(
    tokenizer: "PreTrainedTokenizerBase", settings: ProbeSettings, relation: Relation
) -> tuple[ProbeSequence, ...]:
    """Return one sequence for each sentence, each with at least one arc of the relation; slice `all`."""
    return tuple(_sequence(tokenizer, [sentence], "all") for sentence in sentences(settings, relation))


def sentences(settings: ProbeSettings, relation: Relation) -> tuple[frames.Sentence, ...]:
    """Return the exercise's own sentences for the relation, or the grammar's if it brings none."""
    own = tuple(
        frames.Sentence(
            own.words,
            own.classes,
            tuple(frames.Arc(arc.relation, arc.query, arc.target, arc.groups) for arc in own.arcs),
        )
        for own in settings.own_sentences
        if any(arc.relation == relation for arc in own.arcs)
    )
    return own or tuple(
        _possessives_apart(sentence)
        for sentence in frames.sentences(relation, settings.seed, settings.sentences, settings.language)
    )


def _possessives_apart(sentence: frames.Sentence) -> frames.Sentence:
    """Return the sentence with `king's` as `king` and `'s`, so that the possessor is the word `king`."""
    words: list[str] = []
    classes: list[str] = []
    moved: list[int] = []
    for word, name in zip(sentence.words, sentence.classes, strict=True):
        moved.append(len(words))
        owner, mark, _ = word.partition(POSSESSIVE)
        words += [owner, mark] if mark else [word]
        classes += [name, "PART"] if mark else [name]
    arcs = tuple(replace(arc, query=moved[arc.query], target=moved[arc.target]) for arc in sentence.arcs)
    return frames.Sentence(tuple(words), tuple(classes), arcs)


def running_text(tokenizer: "PreTrainedTokenizerBase", settings: ProbeSettings) -> tuple[ProbeSequence, ...]:
    """Return passages of one to four sentences; slice `text`."""
    random = draw.stream(settings.seed, "running_text")
    count = settings.random_sequences * MOST_SENTENCES
    pool = [
        sentence
        for relation in TEXT_RELATIONS
        if relation in GRAMMARS[settings.language].relations
        for sentence in frames.sentences(relation, settings.seed, count, settings.language)
    ]
    return tuple(
        _sequence(tokenizer, draw.some(random, pool, 1 + number % MOST_SENTENCES), "text")
        for number in range(settings.random_sequences)
    )


def _sequence(tokenizer: "PreTrainedTokenizerBase", passage: list[frames.Sentence], slice_name: str) -> ProbeSequence:
    words = [word for sentence in passage for word in sentence.words]
    links, before = [], 0
    for sentence in passage:
        links += [Link(arc.relation, before + arc.query, before + arc.target, arc.groups) for arc in sentence.arcs]
        before += len(sentence.words)
    ids, spans, special = encode(tokenizer, words)
    trades = tuple(TRADES.get(word.lower(), "") for word in words)
    classes = tuple(name for sentence in passage for name in sentence.classes)
    return ProbeSequence(ids, special, slice_name, spans, tuple(words), classes, tuple(links), trades=trades)
