"""Pages for students from planted heads: a report and a map that have every feature."""

from functools import cache

from grader.grading.grade import grade, shown
from grader.grading.standings import Standings
from grader.report.formats import html
from grader.report.pages import picture
from grader.report.pages import scan as scan_page
from grader.schema import Claim, Evidence, Feedback, Picture, Submission
from tests.support.planted_calibration import RULE, planted

TOKENS = ("<|endoftext|>", "Nora", " waved", ",", " and", " Nora", " waved", "고양이", "\u202eodd", "\n")
SENTENCE = "Nora waved, and Nora waved 고양이"
CLAIMS = (
    Claim(layer=0, head=0, type="induction", note="bright where a name comes again", evidence=SENTENCE),
    Claim(layer=3, head=3, type="induction"),
    Claim(layer=2, head=1, type="syntactic", relation="verb_subject", note="it only looks at the word before"),
    Claim(layer=0, head=4, type="induction", note="a guess"),
    Claim(layer=9, head=9, type="induction"),
)


@cache
def standings() -> Standings:
    return Standings(RULE, planted())


def drawn(caption: str) -> Picture:
    """Return the picture of a head that attends to the token after an earlier copy, else to the first position."""
    size = range(len(TOKENS))
    targets = tuple(
        (query, TOKENS.index(TOKENS[query].strip()) + 1) for query in size if TOKENS[query].strip() in TOKENS[1:query]
    )
    looks = dict(targets)
    rows = [[0.0] * len(TOKENS) for _ in size]
    for query in size:
        rows[query][0] += 0.2
        rows[query][looks.get(query, max(query - 1, 0))] += 0.8
    return Picture(caption=caption, tokens=TOKENS, pattern=tuple(map(tuple, rows)), targets=targets)


@cache
def report(feedback: Feedback = "all", *, at_hand: bool = True, found: bool = True) -> str:
    """Return the report's page; without `at_hand`, it has no standings, as after grading by a queue.

    With `found`, all wanted induction heads are confirmed, and not by luck.
    """
    rule = RULE.model_copy(update={"feedback": feedback})
    evidence = Evidence(text=SENTENCE, tokens=TOKENS, share=0.8, hit_rate=1.0, queries=2)
    sent = Submission(exercise=rule.id, student="ada", claims=CLAIMS)
    graded = shown(grade(sent, rule, planted(), {0: evidence}, standings()))
    if found:
        graded = graded.model_copy(update={"wanted": {**graded.wanted, "induction": 1}, "luck": 0.01, "passed": True})
    pictures = {
        0: [drawn("L0H0 on the probe for induction"), drawn(f"L0H0 on “{SENTENCE}”")],
        2: [drawn("L2H1 on the probe for syntactic"), drawn("L2H1 on the probe for positional, offset -1")],
    }
    told = pictures if feedback == "all" and at_hand else {}
    return html.render(graded, told, rule, standings() if at_hand else None)


@cache
def scan() -> str:
    """Return the page of all heads."""
    worth = scan_page.worth_drawing(standings())
    return scan_page.render(RULE, standings(), {place: drawn(f"L{place[0]}H{place[1]}") for place in list(worth)[:4]})


@cache
def shown_head() -> str:
    """Return the page that `grade show --out x.html` writes."""
    return picture.page(drawn(f"L0H0 on “{SENTENCE}”"))
