"""Own sentences, assessed before they are used as a probe.

A probe is worth little if a head that is blind to the relation does well on it: if every subject stands two words
before its verb, looking two words back is enough. Distances and blind heads are computed here as if every word were
one token; a tokenizer that splits words changes some of them.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from grader.authoring import conllu
from grader.authoring.conllu import AnnotatedFile
from grader.base.errors import InvalidInput, Problem
from grader.base.numbers import percent
from grader.documents import listed, shown
from grader.exercises import SIZE_LIMIT
from grader.exercises.thresholds import defaults
from grader.kinds import naming
from grader.kinds.sequence import Link, ProbeSequence, Span
from grader.measuring.questions import question
from grader.measuring.statistics.baselines import best_blind_head
from grader.report.text.words import plural
from grader.schema import Kind, OwnSentence, Relation, title

RELATIONS: tuple[Relation, ...] = get_args(Relation)
FEWEST_QUERIES = 60
"""For each relation: with fewer, the interval of a hit rate of one half extends more than 0.12 to either side."""
FEWEST_IN_GROUP = 20
"""A group is a slice, and a head must pass on each slice."""
BLIND_LIMIT = 0.5
"""No blind head reaches this hit rate on the built-in sentences, and the default threshold is above it."""
Z = 1.96
"""Standard errors to either side of a 95 % interval."""
BAR = 40
"""Characters."""


class AssessedRelation(NamedTuple):
    """The quality of the sentences for one relation."""

    relation: Relation
    sentences: int
    distances: Mapping[int, int]
    """The number of queries for each distance from the query back to its target, in words."""
    groups: Mapping[str, int]
    blind_head: str
    """The best of the heads that know nothing of the relation."""
    baseline: float
    """Its hit rate, 0 to 1."""

    @property
    def queries(self) -> int:
        """The number of arcs."""
        return sum(self.distances.values())

    def warnings(self) -> Iterator[str]:
        """Yield why the sentences may not tell a head that follows the relation from one that does not."""
        if self.queries < FEWEST_QUERIES:
            error = min(0.5, Z * math.sqrt(0.25 / self.queries))
            interval = f"the interval of a hit rate of 0.50 would be {0.5 - error:.2f} to {0.5 + error:.2f}"
            few = plural(self.queries, "query is too few", "queries are too few")
            yield f"{few}: {interval}; use {FEWEST_QUERIES} or more"
        if self.baseline >= BLIND_LIMIT:
            lead = next(each.at_least for each in defaults("syntactic") if each.statistic == "lead")
            needed = self.baseline + lead
            can = "no head can have" if needed > 1 else f"a head needs {needed:.2f} for"
            blind = f"{self.blind_head}, blind to the relation, is right {percent(self.baseline)} of the time"
            yield f"{blind}; {can} a lead of {lead:g}"
        for group, count in self.groups.items():
            if self.queries >= FEWEST_QUERIES and count < FEWEST_IN_GROUP:
                yield f"the group {group}, which decides on its own, has only {plural(count, 'query', 'queries')}"


def read(file: Path, relations: Sequence[str] = ()) -> AnnotatedFile:
    """Return the sentences of a CoNLL-U file, with the arcs of these relations, or of all if none is given.

    Raises:
        InvalidInput: The file cannot be read, is not CoNLL-U, or holds nothing that can be used.
    """
    for name in relations:
        if name not in RELATIONS:
            hint = naming.advice(name, naming.as_value("relation"))
            message = f"there is no relation `{shown(name)}`; the relations are {listed(RELATIONS)}{hint}"
            raise InvalidInput("--relation", [Problem("unknown-relation", message)])
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidInput(str(file), [Problem("unreadable", f"cannot be read: {error.strerror}")]) from None
    annotated = conllu.read(raw, str(file), [name for name in RELATIONS if name in relations])
    if not annotated.sentences:
        sentences = plural(annotated.total, "sentence", "sentences")
        message = f"none of its {sentences} can be used: {_left_out(annotated)}"
        raise InvalidInput(str(file), [Problem("nothing-to-use", message)])
    return annotated


def assess(sentences: Sequence[OwnSentence]) -> Iterator[AssessedRelation]:
    """Yield each relation that the sentences have."""
    for relation in RELATIONS:
        having = [sentence for sentence in sentences if any(arc.relation == relation for arc in sentence.arcs)]
        if not having:
            continue
        arcs = [arc for sentence in having for arc in sentence.arcs if arc.relation == relation]
        kind = Kind(type="syntactic", relation=relation)
        questions = [question(kind, _tokens(sentence)).visible(causal=True) for sentence in having]
        asked = sum(int(each.asked.sum()) for each in questions)
        blind_head, right = best_blind_head(questions, offsets_known=False)
        yield AssessedRelation(
            relation,
            len(having),
            Counter(arc.query - arc.target for arc in arcs),
            Counter(arc.group for arc in arcs if arc.group),
            blind_head,
            float(right.sum()) / asked,
        )


def text(annotated: AnnotatedFile) -> str:
    """Return for a terminal: the counts, the distances, the best blind heads and the warnings."""
    total = plural(annotated.total, "sentence", "sentences")
    lines = [f"{total}, {len(annotated.sentences)} used; {_left_out(annotated)}".rstrip("; ")]
    lines += [f"  left out: {count} {why}" for why, count in sorted(annotated.unused.items())]
    for each in assess(annotated.sentences):
        kind = Kind(type="syntactic", relation=each.relation)
        lines += ["", f"{title(kind)} ({each.relation})"]
        queries, having = plural(each.queries, "query", "queries"), plural(each.sentences, "sentence", "sentences")
        lines.append(f"  {queries} in {having}")
        if each.groups:
            lines.append("  " + ", ".join(f"{group} {count}" for group, count in sorted(each.groups.items())))
        for distance, count in sorted(each.distances.items()):
            bar = "#" * round(BAR * count / each.queries)
            lines.append(f"  {distance:4} back {count:6}  {percent(count / each.queries):>7}  {bar}".rstrip())
        lines.append(f"  the best blind head: {each.blind_head}, right {percent(each.baseline)} of the time")
        lines += [f"  warning: {warning}" for warning in each.warnings()]
    return "\n".join(lines)


def as_yaml(sentences: Sequence[OwnSentence]) -> str:
    """Return the sentences as `own_sentences`, indented to go under an exercise's `probes`.

    Raises:
        InvalidInput: They are too large for an exercise.
    """
    lines = ["  own_sentences:"]
    for sentence in sentences:
        lines.append(f"    - words: {json.dumps(list(sentence.words), ensure_ascii=False)}")
        lines.append(f"      classes: [{', '.join(sentence.classes)}]")
        lines.append("      arcs:")
        for arc in sentence.arcs:
            group = f", group: {arc.group}" if arc.group else ""
            lines.append(f"        - {{relation: {arc.relation}, query: {arc.query}, target: {arc.target}{group}}}")
    text = "\n".join(lines) + "\n"
    if (size := len(text.encode())) > SIZE_LIMIT:
        message = f"{size // 1024} KB of sentences, but an exercise holds {SIZE_LIMIT // 1024} KB at most; use fewer"
        raise InvalidInput("own_sentences", [Problem("too-large", message)])
    return text


def _left_out(annotated: AnnotatedFile) -> str:
    return "; ".join(f"{count} {why}" for why, count in sorted(annotated.left_out.items()))


def _tokens(sentence: OwnSentence) -> ProbeSequence:
    """Return the sentence as if every word were one token, after one token at the beginning of the text."""
    count = len(sentence.words)
    return ProbeSequence(
        tuple(range(count + 1)),
        frozenset({0}),
        "all",
        tuple(Span(word + 1, word + 2) for word in range(count)),
        sentence.words,
        sentence.classes,
        tuple(Link(arc.relation, arc.query, arc.target, arc.groups) for arc in sentence.arcs),
    )
