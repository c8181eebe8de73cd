"""Annotated sentences with mistakes; what is taken comes back from the YAML as it was."""

import random
from pathlib import Path

from benchmarks.fuzz.submissions import ODD, changed
from grader import documents
from grader.authoring import sentences
from grader.base.errors import InvalidInput
from grader.schema import OwnSentence, Record

ROWS = (
    "1\tThe\tthe\tDET\t_\t_\t2\tdet\t_\t_",
    "2\tkeys\tkey\tNOUN\t_\t_\t4\tnsubj\t_\t_",
    "3\tare\tbe\tAUX\t_\t_\t4\tcop\t_\t_",
    "4\told\told\tADJ\t_\t_\t0\troot\t_\t_",
    "5\tand\tand\tCCONJ\t_\t_\t7\tcc\t_\t_",
    "6\tthey\tthey\tPRON\t_\t_\t7\tnsubj\t_\tAntecedent=2",
    "7\topen\topen\tVERB\t_\t_\t4\tconj\t_\t_",
    "8-9\tNora's\t_\t_\t_\t_\t_\t_\t_\t_",
    "8\tNora\tNora\tPROPN\t_\t_\t10\tnmod:poss\t_\t_",
    "9\t's\t's\tPART\t_\t_\t8\tcase\t_\t_",
    "10\tdoor\tdoor\tNOUN\t_\t_\t7\tobj\t_\tSpaceAfter=No",
    "10.1\tgap\t_\tNOUN\t_\t_\t_\t_\t_\t_",
    "11\t.\t.\tPUNCT\t_\t_\t4\tpunct\t_\t_",
)
PIECES = [
    *(
        "\t",
        "\n",
        "\n\n",
        "_",
        "0",
        "11",
        "99",
        "1-2",
        "2-1",
        "3.1",
        "-1",
        "9" * 30,
        "Antecedent=7",
        "Antecedent=",
        "|",
        "=",
    ),
    *(
        "nsubj",
        "nsubj:outer",
        "csubj",
        "obj",
        "det",
        "amod",
        "cop",
        "VERB",
        "NOUN",
        "ADJ",
        "# text",
        " ",
        "  ",
        "\r",
        '"',
        "\\",
    ),
]


class Own(Record):
    """The content of the file that is written for an exercise."""

    own_sentences: tuple[OwnSentence, ...]


class Changed(Exception):
    """The written sentences are not those that were read."""


def case(rng: random.Random, folder: Path) -> None:
    """Assess one file; what can be used is written, read back and compared."""
    text = changed("\n".join(ROWS) + "\n\n" + "\n".join(ROWS[:7]) + "\n", rng, [*ODD, *PIECES])
    file = folder / "own.conllu"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        annotated = sentences.read(file)
    except InvalidInput:
        return
    sentences.text(annotated)
    written = sentences.as_yaml(annotated.sentences)
    read = documents.read(written.encode(), "own.yaml", Own)
    if read.own_sentences != annotated.sentences:
        raise Changed(read)
