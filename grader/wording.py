"""The words for kinds of head, statistics and slices, what a verdict says, and one hint on each kind."""

from collections.abc import Sequence

from grader.language import _, later
from grader.schema import Check, Claim, HeadType, Kind, Relation, Statistic, WhyNot

TYPES: dict[HeadType, str] = {
    "positional": later("positional"),
    "induction": later("induction"),
    "duplicate_token": later("duplicate token"),
    "syntactic": later("syntactic"),
    "semantic": later("semantic"),
    "rare_token": later("rare token"),
}
NEIGHBOURS: dict[int, str] = {-1: later("positional, offset -1"), +1: later("positional, offset +1")}
"""The offsets that some languages have a name for."""

RELATIONS: dict[Relation, tuple[str, str]] = {
    "verb_subject": (later("verb to subject"), later("subject ahead to verb")),
    "noun_adjective": (later("noun and adjective"), later("noun and adjective, ahead")),
    "pronoun_antecedent": (later("pronoun to antecedent"), later("antecedent ahead to pronoun")),
    "object_verb": (later("object to verb"), later("verb ahead to object")),
    "noun_determiner": (later("noun to determiner"), later("determiner ahead to noun")),
    "possessive_noun": (later("possessed noun to possessor"), later("possessor ahead to possessed noun")),
}
"""Each relation as the later word follows it back, and as the earlier word follows it ahead."""

HINTS: dict[HeadType, str] = {
    "positional": later("Look for one bright line parallel to the diagonal, in every text alike."),
    "induction": later(
        "Write a name twice, as in `Nora Belling waved, and Nora Belling smiled`, and see whether the second "
        "`Nora` looks at the first `Belling`."
    ),
    "duplicate_token": later(
        "Write a word twice, far apart, and see whether the second looks at the first itself, "
        "not at what came after it."
    ),
    "syntactic": later(
        "Put another noun in between: in `the keys near the old door are`, a head that follows grammar still "
        "looks at `keys`."
    ),
    "semantic": later(
        "Mix words of three topics in a list, and see whether each looks at distant words of its own topic."
    ),
    "rare_token": later("Put one rare word among common ones, and see whether everything after it looks there."),
}

STATISTICS: dict[Statistic, str] = {
    "share": later("share"),
    "hit_rate": later("hit rate"),
    "lead": later("lead"),
    "lift": later("lift"),
}
SLICES = (
    later("random"),
    later("text"),
    later("repeats"),
    later("lists"),
    later("all"),
    later("nearest"),
    later("apart"),
    later("attributive"),
    later("predicative"),
    later("same_number"),
    later("other_number"),
    later("first"),
    later("second"),
    later("third"),
)
"""What the parts of our probes are called; an instructor's own sentences may have other groups."""

WHY_NOT: dict[WhyNot, str] = {
    "repeated": later("Not graded: it repeats an earlier claim."),
    "no_such_head": later("Not graded: the transformer has no such head."),
    "not_asked": later("Not graded: the exercise does not ask for this kind."),
    "over_budget": later("Not graded: the exercise does not take so many claims."),
}


def title(kind: Kind) -> str:
    """The kind in words, such as `positional, offset -1`."""
    if kind.type == "positional":
        named = NEIGHBOURS.get(kind.offset or 0)
        return _(named) if named else _("positional, offset {offset}", offset=f"{kind.offset:+d}")
    if kind.type == "syntactic" and kind.relation:
        relation = RELATIONS[kind.relation][kind.direction == "forward"]
        return _("syntactic, {relation}", relation=_(relation))
    return _(TYPES[kind.type])


def statistic(name: Statistic) -> str:
    """The statistic in words."""
    return _(STATISTICS[name])


def sentence(check: Check) -> str:
    """What was measured against what is needed, in one clause."""
    what = _(
        "{statistic} on {slice} {measured}; needed {needed}",
        statistic=statistic(check.statistic),
        slice=_(check.on),
        measured=f"{check.measured:.2f}",
        needed=f"{check.at_least:.2f}",
    )
    if check.result != "borderline":
        return what
    low, high = check.interval
    return _("{found}, inside the interval {low} to {high}", found=what, low=f"{low:.2f}", high=f"{high:.2f}")


def rationale(claim: Claim, confirmed: bool, checks: Sequence[Check]) -> str:
    """Why the outcome is what it is: the first threshold that was not met, or the first of all, on its worst slice."""
    order = {"under": 0, "borderline": 1, "over": 2}
    result = min((check.result for check in checks), key=order.__getitem__)
    first = next(check for check in checks if check.result == result)
    worst = min(
        (check for check in checks if (check.result, check.statistic) == (result, first.statistic)),
        key=lambda check: check.measured,
    )
    said = {
        True: later("{place} is confirmed as {kind}: {found}."),
        False: later("{place} is not confirmed as {kind}: {found}."),
    }
    return _(said[confirmed], place=claim.place, kind=title(claim), found=sentence(worst))
