"""Pictures of our pages for the documents, taken in the Chromium at /usr/bin/chromium or CHROMIUM.

Everything but the atlases is measured on the bundled transformer, so the pictures show what a student sees; measuring
SmolLM2 for its atlas takes minutes. A picture of another page is a line in `shots`.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Literal

from playwright.sync_api import Page, ViewportSize, sync_playwright

from grader import exercises
from grader.exercises import submissions
from grader.explorer import site as explorer_site
from grader.gallery import entries, site
from grader.gallery.discretion import Discretion
from grader.gallery.pictures import Pictures
from grader.grading.grade import shown
from grader.laboratory import Laboratory
from grader.laboratory.atlas import AtlasLaboratory
from grader.ledger import Ledger
from grader.measuring.transformer import load
from grader.report.formats import html
from grader.report.pages import atlas as atlas_page
from grader.report.pages import scan
from grader.schema import Claim, Submission

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
PICTURES = Path(__file__).with_name("pictures")
EXERCISE = Path(__file__).parents[1] / "exercises" / "mini-heads"
STUDENTS = 41
NOTES = (
    "every row is dark just left of the diagonal",
    "the second copy looks just behind the first",
    "whatever comes after it looks back at the odd one",
    "it skips the noun in between",
)
NO_ANSWER = "L4H1"
"""A head of mini-heads that is confirmed for no kind, so that its picture gives no answer away."""
DESK, PHONE, WINDOW = (1000, 1250), (390, 844), (1280, 900)
"""Width and height of what is shown, in pixels."""


@dataclass(frozen=True)
class Shot:
    """One picture: its page, size and colours, and the steps before it is taken."""

    name: str
    page: Path
    size: tuple[int, int] = DESK
    scheme: Literal["light", "dark"] = "light"
    link: str = ""
    """The part of the address behind `#`."""
    prepare: Callable[[Page], None] = lambda page: None
    element: str = "body"
    """The part of the page that is shown, as a CSS selector; the window decides how much of a whole page."""


def pages(folder: Path) -> tuple[Path, Path]:
    """The report on the example of the exercise, and the map of all heads, written into the folder."""
    exercise = exercises.load(EXERCISE)
    submission, _ = submissions.load(EXERCISE / "my_heads.yaml")
    bench = Laboratory(exercise, folder / "tables")
    submission = submission.model_copy(update={"student": "ada"})
    report = shown(bench.report(submission))
    worth = scan.worth_drawing(bench.standings)
    drawn = {place: bench.picture(kind, place) for place, kind in worth.items()}
    for name, text in (
        ("report.html", html.render(report, bench.pictures(report), exercise, bench.standings)),
        ("map.html", scan.render(exercise, bench.standings, drawn)),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "report.html", folder / "map.html"


def gallery(folder: Path) -> Path:
    """The gallery of a class that found what there is to find, written into the folder."""
    exercise, random = exercises.load(EXERCISE), Random(1)  # noqa: S311 - drawn to be repeatable
    bench, out, found, logins = Laboratory(exercise, folder / "tables"), folder / "site", [], set[str]()
    right = [
        Claim(**kind.kind.model_dump(), layer=layer, head=head, note=random.choice(NOTES))
        for kind in exercise.kinds
        for (layer, head), standing in bench.standings.by_kind[kind.name].items()
        if standing.confirmed
    ]
    with Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}") as ledger:
        for number in range(STUDENTS):
            claims = tuple(random.sample(right, 4))
            submission = Submission(exercise=exercise.id, student=f"student{number:02}", claims=claims, gallery=True)
            ledger.append(bench.report(submission), when=datetime(2026, 3, 1 + number % 28, tzinfo=UTC))
        found += entries.shown_submissions(ledger, exercise.id, logins)
    out.mkdir()
    exhibits = entries.exhibits(found, b"a key for pictures", Discretion(logins))
    drawn = {exercise.id: Pictures(exercise, folder / "tables", recompute=False)}
    site.Site(site.Gallery("Gallery of attention heads", exhibits, {exercise.id: exercise}, drawn, None), out).write()
    return out


def explorer(folder: Path) -> Path:
    """The page on which heads are looked at, written into the folder."""
    exercise, out = exercises.load(EXERCISE), folder / "explorer"
    explorer_site.build(exercise, load(exercise.transformer), out)
    return out / explorer_site.INDEX


def atlas(word: str, tables: Path) -> Path:
    """The atlas of a transformer, written beside its tables."""
    lab, out = AtlasLaboratory(word, tables), tables / f"{word}.html"
    drawn = {place: lab.picture(kind, place) for place, kind in scan.worth_drawing(lab.standings).items()}
    out.write_text(atlas_page.render(lab.standings, drawn, lab.left_out), encoding="utf-8")
    return out


def shots(folder: Path) -> Iterator[Shot]:
    """What there is to take."""
    report, whole = pages(folder)
    front = gallery(folder) / "index.html"
    yield Shot("gallery", front, (1100, 1130))
    yield Shot("gallery-phone-dark", front, PHONE, scheme="dark")
    yield Shot("gallery-entry", min((front.parent / "entry").glob("*.html")))
    yield Shot("report", report)
    yield Shot("pattern", report, prepare=_at_a_claim, element="#claim-2 .views")
    yield Shot("report-dark", report, scheme="dark", prepare=_at_a_claim)
    yield Shot("report-phone", report, PHONE)
    yield Shot("map", whole)
    yield Shot("atlas-smollm2", atlas("smollm2-heads", folder / "tables"), element="section.map")
    yield Shot("atlas-minilm", atlas("minilm-heads", folder / "tables"), element="section.map")
    looking = explorer(folder)
    pinned = f"#head={NO_ANSWER}"
    yield Shot("explorer", looking, WINDOW, link=f"{pinned}&query=12", prepare=_drawn)
    yield Shot("explorer-phone", looking, PHONE, link=pinned, prepare=_at_the_heads)
    yield Shot("explorer-dark-ko", looking, WINDOW, "dark", f"{pinned}&language=ko", _drawn)


def _at_a_claim(page: Page) -> None:
    page.locator("#claim-2 .picture").first.scroll_into_view_if_needed()
    page.locator("#claim-2 .view .query text").nth(16).click()


def _drawn(page: Page) -> None:
    page.locator(".summary:not(:empty)").wait_for()
    page.locator('.row:not(.waiting) .cell button[aria-label*=":"]').first.wait_for()
    page.wait_for_timeout(1000)


def _at_the_heads(page: Page) -> None:
    _drawn(page)
    page.locator(".grid").evaluate("each => each.scrollIntoView()")
    _drawn(page)


def main(into: Path = PICTURES) -> None:
    """Take them all."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for shot in shots(Path(scratch)):
            size = ViewportSize(width=shot.size[0], height=shot.size[1])
            page = browser.new_page(viewport=size, color_scheme=shot.scheme)
            page.goto(f"{shot.page.as_uri()}{shot.link}")
            shot.prepare(page)
            shown = page if shot.element == "body" else page.locator(shot.element).first
            shown.screenshot(path=into / f"{shot.name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
