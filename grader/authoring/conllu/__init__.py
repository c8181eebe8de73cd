"""CoNLL-U, the field's format for annotated sentences, read as an exercise's own sentences with their arcs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from grader.authoring.conllu.arcs import sentence
from grader.authoring.conllu.words import COLUMNS, blocks, is_a_words_line, parsed
from grader.base.errors import InvalidInput, Problem
from grader.documents import limited
from grader.documents.encoding import decoded
from grader.schema import OwnSentence, Relation

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes; the largest treebanks of one language are about as large."""

_WORDS = OwnSentence.model_json_schema()["properties"]["words"]
FEWEST_WORDS, MOST_WORDS = _WORDS["minItems"], _WORDS["maxItems"]
"""In a sentence, as the record says."""


class Brought(NamedTuple):
    """What a file holds."""

    sentences: tuple[OwnSentence, ...]
    """Those that can be used."""
    read: int
    """How many there are."""
    left_out: Mapping[str, int]
    """Why some are not used, and how many."""


def read(raw: bytes, source: str, relations: Sequence[Relation] = ()) -> Brought:
    """The sentences that have an arc of one of the relations; none named: of any.

    Raises:
        InvalidInput: They are not CoNLL-U; tells all that is wrong, with line numbers.
    """
    problems: list[Problem] = []
    found = list(blocks(decoded(raw, source, SIZE_LIMIT).original))
    if not any(is_a_words_line(line) for block in found for _, line in block):
        message = f"no line of this file is a word's in CoNLL-U: {len(COLUMNS)} columns, parted by tabs"
        raise InvalidInput(source, [Problem("not-conllu", message, 1)])
    every = [parsed(block, problems) for block in found]
    if problems:
        raise InvalidInput(source, limited(problems))
    sentences: list[OwnSentence] = []
    left_out: Counter[str] = Counter()
    for words, classes, arcs in map(sentence, every):
        kept = tuple(arc for arc in arcs if not relations or arc.relation in relations)
        if not kept:
            left_out["without a relation that is asked for"] += 1
        elif not FEWEST_WORDS <= len(words) <= MOST_WORDS:
            left_out[f"shorter than {FEWEST_WORDS} words or longer than {MOST_WORDS}"] += 1
        else:
            sentences.append(OwnSentence(words=words, classes=classes, arcs=kept))
    return Brought(tuple(sentences), len(every), left_out)
