"""Names in publications of heads that are not measured: what each is, and the nearest kind that is."""

from grader.base.language import N_

UNMEASURED: dict[str, str] = {
    "name mover, backup name mover, negative name mover, negative, backup, s-inhibition, s inhibition, "
    "copy suppression, anti-induction, negative copying, 이름 이동, 네임 무버, 복사 억제": N_(
        "such a head is known by its effect on the next word, which is not measured; the nearest kinds, of the same "
        "circuit, are `duplicate_token`, `induction` and `previous_token`"
    ),
    "successor, greater than, retrieval, function vector, concept induction, task, 후속, 검색, 함수 벡터": N_(
        "such a head is known by its effect on what the transformer writes, which is not measured; `induction` is the "
        "nearest kind"
    ),
    "local, neighbor, neighbour, window, broad, uniform, bag of words, average, 지역, 균등": N_(
        "attention that is spread over many tokens is not measured; `positional` is the nearest kind, with one offset"
    ),
    "aux, auxpass, advmod, advcl, acl, case, cc, conj, ccomp, xcomp, csubj, csubj:pass, csubjpass, compound, cop, "
    "iobj, indirect object, mark, nmod, nummod, obl, pobj, prep, preposition, prt, particle, root, relcl, auxiliary, "
    "부사, 전치사, 조사, 접속사": N_(
        "this relation is not measured; the nearest kind is `syntactic`, with one of the relations that are"
    ),
}
"""By the names, joined by commas, in English and Korean."""
