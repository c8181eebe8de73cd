"""Sentences of one's own, weighed before they are used as a probe.

What a probe is worth shows in what a head that is blind to the relation gets right on it: a probe whose subjects all
stand two words before their verbs is solved by looking two words back. Distances and blind heads are reckoned here as
if every word were one token; a tokenizer that splits words moves some of them.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from grader.authoring import conllu
from grader.authoring.conllu import Brought
from grader.base.errors import InvalidInput, Problem
from grader.documents import did_you_mean, listed, shown
from grader.exercises import SIZE_LIMIT
from grader.exercises.thresholds import defaults
from grader.kinds.sequence import Link, ProbeSequence, Span
from grader.measuring.baselines import best_blind_head
from grader.measuring.questions import question
from grader.report.text.words import percent, plural
from grader.schema import Kind, OwnSentence, Relation, title

RELATIONS: tuple[Relation, ...] = get_args(Relation)
FEWEST_QUERIES = 60
"""For each relation: with fewer, the interval of a hit rate of one half reaches more than 0.12 to both sides."""
FEWEST_IN_GROUP = 20
"""A group is a slice, which must hold on its own."""
BLIND_LIMIT = 0.5
"""The hit rate that no blind head reaches on the grammar's own sentences; the default threshold stands above it."""
Z = 1.96
"""Standard errors to both sides of a 95 % interval."""
BAR = 40
"""Characters."""


class WeighedRelation(NamedTuple):
    """One relation of the sentences."""

    relation: Relation
    sentences: int
    distances: Mapping[int, int]
    """From the query back to its target, in words, and how often."""
    groups: Mapping[str, int]
    blind_head: str
    """The best of the heads that know nothing of the relation."""
    baseline: float
    """Its hit rate."""

    @property
    def queries(self) -> int:
        """How many arcs there are."""
        return sum(self.distances.values())

    @property
    def commonest(self) -> float:
        """The commonest distance's part of all, 0 to 1."""
        return max(self.distances.values()) / self.queries


def read(file: Path, relations: Sequence[str] = ()) -> Brought:
    """The sentences in a CoNLL-U file, with the arcs of the named relations; none named: of all.

    Raises:
        InvalidInput: It cannot be read, is not CoNLL-U, or holds nothing to use.
    """
    for name in relations:
        if name not in RELATIONS:
            message = (
                f"there is no relation `{shown(name)}`; there are {listed(RELATIONS)}{did_you_mean(name, RELATIONS)}"
            )
            raise InvalidInput("--relation", [Problem("unknown-relation", message)])
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidInput(str(file), [Problem("unreadable", f"cannot be read: {error.strerror}")]) from None
    brought = conllu.read(raw, str(file), [name for name in RELATIONS if name in relations])
    if not brought.sentences:
        message = f"none of its {plural(brought.read, 'sentence', 'sentences')} can be used: {_left_out(brought)}"
        raise InvalidInput(str(file), [Problem("nothing-to-use", message)])
    return brought


def weighed(sentences: Sequence[OwnSentence]) -> Iterator[WeighedRelation]:
    """Each relation that the sentences carry."""
    for relation in RELATIONS:
        theirs = [sentence for sentence in sentences if any(arc.relation == relation for arc in sentence.arcs)]
        if not theirs:
            continue
        arcs = [arc for sentence in theirs for arc in sentence.arcs if arc.relation == relation]
        kind = Kind(type="syntactic", relation=relation)
        questions = [question(kind, _tokens(each)).visible(causal=True) for each in theirs]
        asked = sum(int(each.asked.sum()) for each in questions)
        blind_head, right = best_blind_head(questions, offsets_known=False)
        yield WeighedRelation(
            relation,
            len(theirs),
            Counter(arc.query - arc.target for arc in arcs),
            Counter(arc.group for arc in arcs if arc.group),
            blind_head,
            float(right.sum()) / asked,
        )


def warnings(found: WeighedRelation) -> Iterator[str]:
    """Why the relation's sentences may not tell a head that follows it from one that does not."""
    if found.queries < FEWEST_QUERIES:
        error = min(0.5, Z * math.sqrt(0.25 / found.queries))
        message = f"{plural(found.queries, 'query is', 'queries are')} few: a hit rate of 0.50 would have the interval"
        yield f"{message} {0.5 - error:.2f} to {0.5 + error:.2f}; bring {FEWEST_QUERIES} or more"
    if found.baseline >= BLIND_LIMIT:
        lead = next(each.at_least for each in defaults("syntactic") if each.statistic == "lead")
        needed = found.baseline + lead
        message = (
            "no head can lead it by so much" if needed > 1 else f"a head needs {needed:.2f} to lead it by {lead:g}"
        )
        yield f"{found.blind_head}, blind to the relation, is right {percent(found.baseline)} of the time; {message}"
    for group, count in found.groups.items():
        if found.queries >= FEWEST_QUERIES and count < FEWEST_IN_GROUP:
            yield f"the group {group} has {plural(count, 'query', 'queries')}, and must hold on its own"


def text(brought: Brought) -> str:
    """For a terminal: what was found, how the distances are spread, what blind heads get, and what is doubtful."""
    used = len(brought.sentences)
    lines = [f"{plural(brought.read, 'sentence', 'sentences')}, {used} of them used; {_left_out(brought)}".rstrip("; ")]
    for found in weighed(brought.sentences):
        kind = Kind(type="syntactic", relation=found.relation)
        lines += ["", f"{title(kind)} ({found.relation})"]
        lines.append(f"  {plural(found.queries, 'query', 'queries')} in {found.sentences} of the sentences")
        if found.groups:
            lines.append("  " + ", ".join(f"{group} {count}" for group, count in sorted(found.groups.items())))
        for distance, count in sorted(found.distances.items()):
            bar = "#" * round(BAR * count / found.queries)
            lines.append(f"  {distance:4} back {count:6}  {percent(count / found.queries):>7}  {bar}".rstrip())
        lines.append(f"  the best blind head: {found.blind_head}, right {percent(found.baseline)} of the time")
        lines += [f"  warning: {warning}" for warning in warnings(found)]
    return "\n".join(lines)


def as_yaml(brought: Brought) -> str:
    """The sentences as `own_sentences`, indented to be put under an exercise's `probes`.

    Raises:
        InvalidInput: They are more than an exercise can hold.
    """
    lines = ["  own_sentences:"]
    for sentence in brought.sentences:
        lines.append(f"    - words: {_flow(sentence.words)}")
        lines.append(f"      classes: [{', '.join(sentence.classes)}]")
        lines.append("      arcs:")
        for arc in sentence.arcs:
            group = f", group: {arc.group}" if arc.group else ""
            lines.append(f"        - {{relation: {arc.relation}, query: {arc.query}, target: {arc.target}{group}}}")
    written = "\n".join(lines) + "\n"
    if (size := len(written.encode())) > SIZE_LIMIT:
        message = f"{size // 1024} KB of sentences, but an exercise holds {SIZE_LIMIT // 1024} KB at most; bring fewer"
        raise InvalidInput("own_sentences", [Problem("too-large", message)])
    return written


def _flow(words: Sequence[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)


def _left_out(brought: Brought) -> str:
    return "; ".join(f"{count} {why}" for why, count in sorted(brought.left_out.items()))


def _tokens(sentence: OwnSentence) -> ProbeSequence:
    """The sentence as if every word were one token, behind one that begins the text."""
    count = len(sentence.words)
    return ProbeSequence(
        tuple(range(count + 1)),
        frozenset({0}),
        "all",
        tuple(Span(word + 1, word + 2) for word in range(count)),
        sentence.classes,
        tuple(Link(arc.relation, arc.query, arc.target, arc.group) for arc in sentence.arcs),
    )
