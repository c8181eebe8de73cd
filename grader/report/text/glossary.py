"""The words of a report that a reader may not know, each with a short definition: the same in every format."""

from collections.abc import Iterable

from grader.base.language import N_, _
from grader.exercises.names import STATISTICS
from grader.schema import Report

GLOSSARY = ""
"""The web address of the glossary; empty because it has none yet."""
PAGE = "docs/glossary.md"
"""The glossary's path in the repository, which is named if there is no web address."""
MORE = N_("For more words, see {glossary}.")
DEFINITIONS: dict[str, str] = {
    N_("share"): N_(
        "the part of a query's attention that goes to its targets (the tokens that such a head should look at), on "
        "average; from 0 to 1"
    ),
    N_("hit rate"): N_(
        "the fraction of queries whose most attended token is a target, from 0 to 1; the first token and special "
        "tokens are ignored"
    ),
    N_("lead"): N_(
        "the hit rate minus the baseline, where the baseline is the hit rate of the best head that knows nothing "
        "about this kind"
    ),
    N_("lift"): N_(
        "how many times more attention the targets get than if it were spread evenly over all tokens that could be "
        "targets"
    ),
    N_("query"): N_("a token that looks at other tokens; a token that it can look at is a key"),
    N_("probe"): N_("the token sequences on which all heads are measured for one kind; their targets are known"),
    N_("slice"): N_("a part of the probe that is measured separately; a head must reach the threshold on each one"),
}
"""The definitions by word, both marked for translation."""
PLURALS = {"query": N_("queries")}
"""The plurals that do not contain the word itself."""


def statistics_in(report: Report) -> list[str]:
    """Return the words of DEFINITIONS for the statistics that the report's verdicts show."""
    checks = {check.statistic for verdict in report.verdicts for check in verdict.threshold}
    sentences = [verdict.evidence for verdict in report.verdicts if verdict.evidence]
    if any(sentence.share is not None for sentence in sentences):
        checks.add("share")
    if any(sentence.hit_rate is not None for sentence in sentences):
        checks.add("hit_rate")
    return [word for name, word in STATISTICS.items() if name in checks]


def lines(words: Iterable[str]) -> list[str]:
    """Return a line `word: definition` for each word, and one that names the glossary."""
    return [f"{_(word)}: {_(DEFINITIONS[word])}" for word in words] + [_(MORE, glossary=GLOSSARY or PAGE)]
