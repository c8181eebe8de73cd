"""Sentences for CoNLL-U, written by hand as `ID FORM UPOS HEAD DEPREL`, with the MISC column if there is one."""

KEYS = """\
1 The DET 2 det
2 keys NOUN 8 nsubj
3 near ADP 6 case
4 the DET 6 det
5 old ADJ 6 amod
6 door NOUN 2 nmod
7 rarely ADV 8 advmod
8 open VERB 0 root
9 a DET 11 det
10 heavy ADJ 11 amod
11 chest NOUN 8 obj
12 because SCONJ 15 mark
13 they PRON 15 nsubj Antecedent=2
14 are AUX 15 cop
15 rusty ADJ 8 advcl SpaceAfter=No
16 . PUNCT 8 punct
"""
HOUSE = """\
1 Nora PROPN 4 nmod:poss
2 's PART 1 case
3 quiet ADJ 4 amod
4 house NOUN 10 nsubj
5 , PUNCT 8 punct
6 as SCONJ 8 mark
7 everybody PRON 8 nsubj
8 knows VERB 10 advcl
9 is AUX 10 cop
10 old ADJ 0 root
"""


def columns(*sentences: str) -> str:
    """Return the sentences with all ten columns, an empty line after each."""
    return "".join("".join(map(_row, sentence.splitlines())) + "\n" for sentence in sentences)


def _row(line: str) -> str:
    if line.startswith("#"):
        return line + "\n"
    number, form, name, head, relation, *misc = line.split(" ")
    return "\t".join([number, form, "_", name, "_", "_", head, relation, "_", *(misc or ["_"])]) + "\n"
