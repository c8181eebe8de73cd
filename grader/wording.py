"""The words for kinds of head and statistics, and one hint on how to look for each kind."""

from grader.schema import Check, HeadType, Kind, Relation, Statistic

RELATIONS: dict[Relation, tuple[str, str]] = {
    "verb_subject": ("verb to subject", "subject ahead to verb"),
    "noun_adjective": ("noun and adjective", "noun and adjective, ahead"),
    "pronoun_antecedent": ("pronoun to antecedent", "antecedent ahead to pronoun"),
    "object_verb": ("object to verb", "verb ahead to object"),
    "noun_determiner": ("noun to determiner", "determiner ahead to noun"),
    "possessive_noun": ("possessed noun to possessor", "possessor ahead to possessed noun"),
}
"""Each relation as the later word follows it back, and as the earlier word follows it ahead."""

HINTS: dict[HeadType, str] = {
    "positional": "Look for one bright line parallel to the diagonal, in every text alike.",
    "induction": "Write a name twice, as in `Nora Belling waved, and Nora Belling smiled`, and see whether the second "
    "`Nora` looks at the first `Belling`.",
    "duplicate_token": "Write a word twice, far apart, and see whether the second looks at the first itself, "
    "not at what came after it.",
    "syntactic": "Put another noun in between: in `the keys near the old door are`, a head that follows grammar still "
    "looks at `keys`.",
    "semantic": "Mix words of three topics in a list, and see whether each looks at distant words of its own topic.",
    "rare_token": "Put one rare word among common ones, and see whether everything after it looks there.",
}

STATISTICS: dict[Statistic, str] = {"share": "share", "hit_rate": "hit rate", "lead": "lead", "lift": "lift"}


def title(kind: Kind) -> str:
    """The kind in words, such as `positional, offset -1`."""
    if kind.type == "positional":
        return f"positional, offset {kind.offset:+d}"
    if kind.type == "syntactic" and kind.relation:
        return f"syntactic, {RELATIONS[kind.relation][kind.direction == 'forward']}"
    return kind.type.replace("_", " ")


def sentence(check: Check) -> str:
    """What was measured against what is needed, in one clause."""
    what = f"{STATISTICS[check.statistic]} on {check.on} {check.measured:.2f}; needed {check.at_least:.2f}"
    low, high = check.interval
    return f"{what}, inside the interval {low:.2f} to {high:.2f}" if check.result == "borderline" else what
