"""The line item of a link is looked for by one courier, for all students of the link, in either database."""

from concurrent.futures import ThreadPoolExecutor

from grader.ledger import Ledger
from grader.ledger.lti import line_items
from grader.ledger.lti.line_items import LaunchedItem

WHAT, FOUND = "https://lms.example/items#resource_id=x&resource_link_id=1", "https://lms.example/items/7"


def launched(student: str, url: str = WHAT, what: str | None = WHAT) -> LaunchedItem:
    return LaunchedItem("canvas", "course-1", "x", student, url, what)


def test_one_courier_looks_for_it_and_all_students_of_the_link_get_it(url: str) -> None:
    with Ledger(url) as ledger:
        line_items.keep(ledger, launched("bea", FOUND, None))
        for student in ("ada", "bea", "cleo"):
            line_items.keep(ledger, launched(student))
        line_items.keep(ledger, launched("ada", f"{WHAT}2", f"{WHAT}2"))
        with ThreadPoolExecutor(4) as threads:
            began = list(threads.map(lambda who: line_items.begin_search(ledger, launched(who)), ("ada", "cleo") * 2))
        assert sorted(began) == [False, False, False, True]
        assert line_items.found(ledger, launched("cleo")) is None
        line_items.end_search(ledger, launched("cleo"), FOUND)
        line_items.keep(ledger, launched("dora"))
        kept = [line_items.find(ledger, number) for number in range(1, 7)]

        assert line_items.found(ledger, launched("ada")) == FOUND
        assert [(item.launched.student, item.launched.url) for item in kept if item] == [
            ("bea", FOUND),
            ("ada", FOUND),
            ("bea", WHAT),  # her score is there already
            ("cleo", FOUND),
            ("ada", f"{WHAT}2"),
            ("dora", FOUND),
        ]
        assert line_items.begin_search(ledger, launched("bea"))
