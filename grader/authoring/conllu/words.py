"""The lines of CoNLL-U as words, each with its line number, and all that is wrong with them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import conllu
from conllu.exceptions import ParseException

from grader.base.errors import Problem
from grader.documents import did_you_mean, listed, shown

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
CLASSES = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM",
    "VERB", "X",
)  # fmt: skip
"""The universal part-of-speech tags."""
PRONOUNS = ("PRON", "DET")
"""Classes of words that may have an antecedent: `she`, `her`."""
ANTECEDENT = "Antecedent"
"""The key in the MISC column that gives the ID of a pronoun's antecedent."""

_ALLOWED = {
    "id": "a word's number such as 3, a range such as 3-4 (words that the text writes as one), or 3.1 (an empty node)",
    "head": "the number of the word that this one hangs on, or 0 for the root",
}
"""The columns that the library reads as numbers."""
_FIELD = re.compile(r"field '(\w+)'")

Block = list[tuple[int, str]]
"""One sentence's lines with their numbers, comments left out."""


class ConlluWord(NamedTuple):
    """One word of the grammar."""

    line: int
    number: int
    """Words are counted from 1."""
    form: str
    name: str
    """The class."""
    head: int
    """The number of the word that it hangs on; 0 is the root."""
    relation: str
    antecedent: str | None


class Together(NamedTuple):
    """Words that the text writes as one."""

    line: int
    first: int
    last: int
    form: str


class Parsed(NamedTuple):
    """One sentence."""

    words: tuple[ConlluWord, ...]
    together: tuple[Together, ...]


def blocks(text: str) -> Iterator[Block]:
    """The sentences, which empty lines part."""
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


def is_a_words_line(line: str) -> bool:
    """Whether the line has as many columns as a word's."""
    return line.count("\t") == len(COLUMNS) - 1


def parsed(block: Block, problems: list[Problem]) -> Parsed:
    """The words of a sentence; what is wrong with them is added to the problems."""
    words: list[ConlluWord] = []
    together: list[Together] = []
    is_whole = True
    for line, text in block:
        token = _token(line, text, problems)
        if token is None:
            is_whole = is_whole and "-" in text.partition("\t")[0]  # a range is no word that could be missed
        elif "." in str(token["id"]):
            continue  # an empty node is not in the text
        elif isinstance(token["id"], int):
            words.append(_word(line, token))
        else:
            together.append(Together(line, token["id"][0], token["id"][2], token["form"]))
    sentence = Parsed(tuple(words), tuple(together))
    if is_whole:
        problems += _misfits(sentence)
    return sentence


def _token(line: int, text: str, problems: list[Problem]) -> conllu.models.Token | None:
    cells = text.split("\t")
    if not is_a_words_line(text):
        message = f"a word has {len(COLUMNS)} columns, parted by tabs ({listed(COLUMNS)}); here are {len(cells)}"
        problems.append(Problem("bad-columns", message, line, 1))
        return None
    for number, cell in enumerate(cells):
        if not cell.strip() or "  " in cell:
            message = (
                f"the column {COLUMNS[number]} is empty, or has two spaces in a row; write _ where there is nothing"
            )
            problems.append(Problem("bad-columns", message, line, _column(cells, number)))
            return None
    try:
        token = conllu.parse(text)[0][0]
        name = "id" if token["id"] is None else ""
    except ParseException as error:
        found = _FIELD.search(str(error))
        name = found[1] if found else "id"
    if not name:
        return token
    number = COLUMNS.index(name.upper())
    message = f"{name.upper()} cannot be `{shown(cells[number])}`; allowed: {_ALLOWED[name]}"
    problems.append(Problem(f"bad-{name}", message, line, _column(cells, number)))
    return None


def _column(cells: list[str], number: int) -> int:
    """Where a cell begins, counted from 1."""
    return sum(len(cell) + 1 for cell in cells[:number]) + 1


def _word(line: int, token: conllu.models.Token) -> ConlluWord:
    head = -1 if token["head"] is None else token["head"]
    antecedent = (token["misc"] or {}).get(ANTECEDENT)
    return ConlluWord(line, token["id"], token["form"], token["upos"], head, token["deprel"], antecedent)


def _misfits(sentence: Parsed) -> Iterator[Problem]:
    """What is wrong with words that can be read: numbers, classes, heads, antecedents, ranges."""
    count = len(sentence.words)
    for number, word in enumerate(sentence.words, 1):
        if word.number != number:
            message = f"words are numbered 1, 2, 3 and so on: {number} is next here, not {word.number}"
            yield Problem("bad-id", message, word.line, 1)
            return  # all that follows would be wrong with it
        if word.name not in CLASSES:
            message = (
                f"UPOS cannot be `{shown(word.name)}`; allowed: {listed(CLASSES)}{did_you_mean(word.name, CLASSES)}"
            )
            yield Problem("unknown-class", message, word.line)
        if not 0 <= word.head <= count or word.head == number:
            given = "nothing" if word.head < 0 else str(word.head)
            message = f"HEAD cannot be {given}: the sentence has the words 1 to {count}, 0 is the root"
            yield Problem("bad-head", message, word.line)
        if word.antecedent is not None:
            yield from _bad_antecedent(word)
    end = 0
    for range_ in sentence.together:
        if range_.first <= end or range_.last > count:
            message = f"the range {range_.first}-{range_.last} overlaps another one, or reaches beyond word {count}"
            yield Problem("bad-range", message, range_.line, 1)
        end = range_.last


def _bad_antecedent(word: ConlluWord) -> Iterator[Problem]:
    given = word.antecedent or ""
    if word.name not in PRONOUNS:
        message = f"`{ANTECEDENT}` belongs to a {' or a '.join(PRONOUNS)}; `{shown(word.form)}` is a {word.name}"
    elif not given.isascii() or not given.isdigit() or not 1 <= int(given) < word.number:
        message = f"`{ANTECEDENT}={shown(given)}` must be the number of an earlier word, 1 to {word.number - 1}"
    else:
        return
    yield Problem("bad-antecedent", message, word.line)
