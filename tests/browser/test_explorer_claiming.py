"""Claiming on the page: kinds, shares, hints, the basket, files, and handing in to a service."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, Route, expect

from grader import exercises
from grader.exercises import submissions
from grader.explorer.content import contents
from grader.explorer.page import page
from grader.laboratory import Laboratory
from grader.measuring.attention.streaming import pattern_of
from grader.measuring.sentence import read, recompute
from grader.schema import Kind
from tests.browser.conftest import DESK, PHONE, Opens, Seen
from tests.browser.site import on_a_site
from tests.service import planted
from tests.support.door import RunningDoor, token

pytestmark = pytest.mark.browser

TEXT = "Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge."
HEADS = ((0, 5), (1, 3), (2, 5))
"""A previous-token head, an induction head, and neither."""


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercises.load("mini-heads"), tmp_path_factory.mktemp("tables"))


Explorer = Callable[..., Path]


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory, laboratory: Laboratory) -> Explorer:
    """A function that writes the page of mini-heads with the patterns of one text."""
    model, tokenizer = laboratory.loaded.model, laboratory.loaded.tokenizer
    got = read(model, tokenizer, TEXT)
    start, tokens = 0, []
    for place, (text, number) in enumerate(zip(got.tokens, got.token_ids, strict=True)):
        special = place in got.special
        end = start if special else start + len(text)
        tokens.append({"text": text, "id": number, "special": special, "start": start, "end": end})
        start = end
    patterns = [pattern_of(model, got.token_ids, layer, head) for layer in range(3) for head in range(8)]
    about = {
        "id": "mini-gpt2",
        "layers": 3,
        "heads": 8,
        "causal": True,
        "longest": 256,
        "predicts": False,
        "switches": False,
    }
    raw = b"".join((pattern * 65535).round().to(torch.int32).numpy().astype("<u2").tobytes() for pattern in patterns)
    source = {
        "kind": "given",
        "about": about,
        "text": TEXT,
        "tokens": tokens,
        "patterns": b64encode(raw).decode(),
    }
    folder = tmp_path_factory.mktemp("explorer")

    def written(name: str, service: str | None = None, **changes: object) -> Path:
        exercise = laboratory.exercise.model_copy(update=changes)
        in_languages = {
            language: content.model_copy(update={"text": TEXT}) for language, content in contents(exercise).items()
        }
        path = folder / f"{name}.html"
        path.write_text(page(in_languages, source, service=service), encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def plain(explorer: Explorer) -> Path:
    return explorer("plain")


def claims(seen: Seen) -> Locator:
    return seen.page.locator(".basket > li")


def pin(page: Page, name: str) -> None:
    page.locator(f'#cell-{name}[aria-label*="looks at"]').click(timeout=20_000)


def claim(page: Page, head: str, kind: str, note: str = "") -> None:
    pin(page, head)
    button = page.locator(f"#kind-{kind}")
    if button.get_attribute("aria-expanded") != "true":
        button.click()
    form = page.locator(f"#kind-{kind}-more .claim")
    form.get_by_label("Your note").fill(note)
    form.get_by_role("button", name=f"Claim {head}").click()


def file_of(page: Page) -> bytes:
    """The file that the page offers for download."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my_heads.yaml").click()
    assert download.value.suggested_filename == "my_heads.yaml"
    return Path(download.value.path()).read_bytes()


def test_the_pinned_heads_share_on_this_sentence_is_what_a_report_would_say_of_it(
    opens: Opens, plain: Path, laboratory: Laboratory
) -> None:
    model, tokenizer = laboratory.loaded.model, laboratory.loaded.tokenizer
    shares = {place: recompute(model, tokenizer, Kind(type="induction"), place, TEXT)[0] for place in HEADS[1:]}
    assert shares[1, 3].share != shares[2, 5].share
    seen = opens(DESK, plain)
    seen.page.locator("#kind-induction").click()
    more = seen.page.locator("#kind-induction-more")
    expect(more).to_contain_text("Choose a head to see")
    pin(seen.page, "L1H3")
    expect(more.locator("dd").first).to_have_text(f"{shares[1, 3].share:.2f}", timeout=20_000)
    pin(seen.page, "L2H5")
    expect(more).to_contain_text("L2H5 on this sentence")
    expect(more.locator("dd").first).to_have_text(f"{shares[2, 5].share:.2f}")

    assert f"{shares[2, 5].queries} of {len(shares[2, 5].tokens)} tokens have a target" in more.inner_text()
    assert seen.complaints == []


def test_where_the_tokens_do_not_tell_a_student_marks_targets(opens: Opens, plain: Path) -> None:
    seen = opens(DESK, plain)
    pin(seen.page, "L0H5")
    seen.page.locator("#kind-semantic").click()
    more = seen.page.locator("#kind-semantic-more")
    expect(more).to_contain_text("you are the judge")
    more.get_by_text("Mark your own targets").click()
    more.get_by_label("this word").select_option("5")
    more.get_by_label("should look at").select_option("4")
    more.get_by_role("button", name="Mark", exact=True).click()
    expect(more.locator("dd").first).to_have_text("1.00")
    more.get_by_role("button", name=re.compile("Remove the mark")).click()

    expect(more).to_contain_text("you are the judge")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_by_keyboard_alone_a_head_is_claimed_edited_removed_and_brought_back(opens: Opens, plain: Path) -> None:
    seen = opens(DESK, plain)
    page = seen.page
    page.locator('#cell-L0H5[aria-label*="looks at"]').focus()
    press(page, "Enter")
    page.locator("#kind-positional--1").focus()
    press(page, "Enter")
    expect(page.locator("#kind-positional--1")).to_have_attribute("aria-expanded", "true")
    press(page, "Tab")  # there is one text only, so that none can be tried
    page.keyboard.type("one back")
    press(page, "Tab", "Tab", "Enter")
    expect(claims(seen)).to_contain_text("one back")
    expect(page.locator("#basket-title")).to_have_text("Your claims: 1 of 12")
    expect(page.locator("#kind-positional--1-more .main")).to_be_disabled()
    expect(page.locator("#kind-positional--1-more .claim [role=status]")).to_contain_text("L0H5 is among your claims")
    page.get_by_role("button", name=re.compile("^Edit the claim L0H5")).focus()
    press(page, "Enter", "End")
    page.keyboard.type(", always")
    press(page, "Tab", "Tab", "Tab", "Enter")
    expect(claims(seen)).to_contain_text("one back, always")
    page.get_by_role("button", name=re.compile("^Remove the claim L0H5")).focus()
    press(page, "Enter")
    expect(claims(seen)).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    press(page, "Enter")

    expect(claims(seen)).to_contain_text("one back, always")
    assert seen.complaints == []


def test_two_kinds_on_one_head_are_two_claims_and_the_budget_is_kept(opens: Opens, explorer: Explorer) -> None:
    seen = opens(DESK, explorer("small", budget=2))
    claim(seen.page, "L0H5", "positional--1")
    claim(seen.page, "L0H5", "induction")
    expect(claims(seen)).to_have_count(2)
    seen.page.locator("#kind-semantic").click()

    more = seen.page.locator("#kind-semantic-more")
    expect(more).to_contain_text("All 2 places for claims are taken")
    expect(more.locator(".main")).to_be_disabled()


def test_claims_outlive_the_page_and_its_language(opens: Opens, plain: Path) -> None:
    seen = opens(DESK, plain)
    claim(seen.page, "L0H5", "positional--1", "kept")
    expect(claims(seen)).to_have_count(1)
    seen.page.reload()
    expect(claims(seen)).to_contain_text("kept")
    seen.page.get_by_role("button", name="한국어").click()

    expect(claims(seen)).to_contain_text("kept")
    assert "kept" not in seen.page.url
    for odd in ("null", '{"claims": [null]}', '{"claims": [], "more": null, "pending": 5}'):
        seen.page.evaluate("odd => Object.keys(localStorage).forEach(key => localStorage.setItem(key, odd))", odd)
        seen.page.reload()
        expect(claims(seen)).to_have_count(0)


def test_the_file_goes_out_and_comes_back_with_all_that_it_says(opens: Opens, plain: Path, tmp_path: Path) -> None:
    note = ' "q": yes # no\n🙂 한국어 - {x: [1]} '
    seen = opens(DESK, plain, accept_downloads=True)
    expect(seen.page.get_by_role("button", name="Download my_heads.yaml")).to_be_disabled()
    claim(seen.page, "L0H5", "positional--1", note)
    written = file_of(seen.page)
    submission, _ = submissions.load(written)
    file = tmp_path / "mine.yaml"
    file.write_text(
        "student: ada  # me\nexercise: mini-heads\ngallery: true\nclaims:\n"
        "- {layer: 1, head: 3, type: induction, evidence: '  Nora # waved', note: 'it''s one'}\n"
        "- layer: 0\n  head: 5\n  type: previous_token\n"
    )
    seen.page.locator("#claims-file").set_input_files(file)
    expect(seen.page.get_by_label("Show my confirmed claims in the gallery")).to_be_checked()
    expect(claims(seen)).to_have_count(2)
    again, _ = submissions.load(file_of(seen.page))

    assert [(each.place, each.name, each.note, each.evidence) for each in submission.claims] == [
        ("L0H5", "positional:-1", note.strip(), TEXT)
    ]
    assert again == submissions.load(file)[0]
    expect(claims(seen).last).to_contain_text("positional, offset -1")
    assert seen.complaints == []


def test_a_file_that_cannot_be_read_changes_nothing(opens: Opens, plain: Path, tmp_path: Path) -> None:
    seen = opens(DESK, plain)
    claim(seen.page, "L0H5", "positional--1")
    file = tmp_path / "broken.yaml"
    file.write_text("exercise: mini-heads\nclaims:\n  - layer: 1\n    note: |\n      over lines\n")
    seen.page.locator("#claims-file").set_input_files(file)

    expect(seen.page.get_by_text("broken.yaml: line 4: text over several lines")).to_be_visible()
    expect(claims(seen)).to_have_count(1)


def three_claims(page: Page) -> None:
    claim(page, "L0H5", "positional--1")
    claim(page, "L1H3", "induction")
    claim(page, "L2H5", "induction")


def hand_in(page: Page, shown: str, student: str = "ada") -> None:
    page.get_by_label("Your id").fill(student)
    page.get_by_label("Your token").fill(shown)
    page.get_by_role("button", name=re.compile("^Hand in")).click()


def graded(page: Page, door: RunningDoor, shown: str) -> Locator:
    """Hand in, grade, and return the result on the page."""
    with page.expect_response(lambda answer: answer.status == 202):
        hand_in(page, shown)
    door.work()
    result = page.get_by_role("group", name="Result")
    expect(result).to_be_focused(timeout=20_000)
    return result


@pytest.fixture(scope="module")
def site(plain: Path) -> Iterator[str]:
    """The address of the pages on a site of their own."""
    with on_a_site(plain.parent) as origin:
        yield origin


@pytest.fixture(scope="module")
def door(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDoor]:
    """A real web door, which lets the site's pages hand in."""
    with RunningDoor(tmp_path_factory.mktemp("door"), GRADER_WEB_ORIGINS=site) as opened:
        yield opened


On = Callable[..., Seen]


@pytest.fixture
def on_site(opens: Opens, explorer: Explorer, site: str, door: RunningDoor) -> On:
    """A function that opens a page of the site, which hands in at the door."""

    def opened(name: str, **changes: object) -> Seen:
        path = explorer(name, door.url, **changes)
        seen = opens(DESK, path)
        seen.page.goto(f"{site}/{path.name}")
        return seen

    return opened


def test_the_web_door_grades_and_the_verdicts_stand_in_their_places(on_site: On, door: RunningDoor) -> None:
    seen, shown = on_site("graded"), token(door.ledger, student="ada")
    three_claims(seen.page)
    result = graded(seen.page, door, shown)

    assert re.search(r"(not )?passed", result.inner_text())
    expect(result).to_contain_text(re.compile(r"of \d+ points"))
    for at, word in enumerate(["✓ confirmed", "✓ confirmed", "✗ refuted"]):
        expect(claims(seen).nth(at)).to_contain_text(word)
    result.get_by_role("button", name="Next: duplicate token").click()
    expect(seen.page.locator("#kind-duplicate_token")).to_be_focused()
    row = list(planted.rows(door.ledger).values())[-1]
    assert (row["platform"], row["student"], row["state"]) == ("local", "ada", "graded")
    assert shown not in seen.page.evaluate("JSON.stringify(localStorage)")
    assert _axe(seen) == []


def test_only_the_score_is_shown_if_the_exercise_tells_no_more(on_site: On, door: RunningDoor) -> None:
    def told(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "feedback": "score"})  # even if a service told more

    seen = on_site("score")
    three_claims(seen.page)
    seen.page.route("**/report", told)
    graded(seen.page, door, token(door.ledger, student="ada"))

    assert seen.page.locator(".basket .verdict").count() == 0


def keys_of(seen: Seen) -> list[str]:
    """The keys of the submissions that the page sends from now on."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            keys.append(request.headers["idempotency-key"])

    seen.page.on("request", note)
    return keys


def test_what_the_door_does_not_take_is_said_and_gets_a_key_of_its_own(on_site: On, door: RunningDoor) -> None:
    seen = on_site("unknown", id="no-such-exercise")
    claim(seen.page, "L0H5", "positional--1")
    keys = keys_of(seen)
    for _ in range(2):
        hand_in(seen.page, token(door.ledger))
        expect(seen.page.get_by_role("alert")).to_contain_text("there is no exercise `no-such-exercise`")
        expect(claims(seen)).to_have_count(1)

    assert len({*keys}) == 2  # what was refused once would be refused again under its key


def answered(status: int, **headers: str) -> Callable[[Route], None]:
    """What a door says that is too busy for a test."""
    shared = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
    return lambda route: route.fulfill(status=status, json={"problems": []}, headers={**shared, **headers})


BUSY = (
    (answered(413), "too large"),
    (answered(429, **{"Retry-After": "7"}), "in 7 seconds"),
    (answered(500), "the error 500"),
    (lambda route: route.abort(), "cannot be reached"),
)


def test_nothing_is_lost_and_the_same_key_is_sent_again_even_after_a_reload(on_site: On, door: RunningDoor) -> None:
    seen, shown = on_site("away"), token(door.ledger, student="bob")
    claim(seen.page, "L0H5", "positional--1")
    keys, before = keys_of(seen), len(door.ids())
    for wrong, student in (("secret", "bob"), (shown, "ada")):
        hand_in(seen.page, wrong, student)
        expect(seen.page.get_by_role("alert")).to_contain_text("does not know this id and token")
    del keys[0]  # each name is another content, with a key of its own
    for busy, said in BUSY:
        seen.page.route("**/submissions", busy)
        hand_in(seen.page, shown, "bob")
        expect(seen.page.get_by_role("alert")).to_contain_text(said)
        expect(claims(seen)).to_have_count(1)
        seen.page.unroute("**/submissions")
    seen.page.reload()
    with seen.page.expect_response(lambda answer: answer.status == 202):
        hand_in(seen.page, shown, "bob")
    door.work()
    expect(seen.page.get_by_role("group", name="Result")).to_be_focused(timeout=20_000)

    assert len({*keys[1:]}) == 1
    assert len(keys) == len(BUSY) + 2
    assert len(door.ids()) == before + 1


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_no_violation_and_nothing_scrolls_sideways(
    opens: Opens, explorer: Explorer, scheme: str, size: tuple[int, int]
) -> None:
    seen = opens(size, explorer("axe", "http://127.0.0.1:9"), color_scheme=scheme)
    claim(seen.page, "L0H5", "positional--1", "a note")
    claim(seen.page, "L1H3", "induction")
    more = seen.page.locator("#kind-induction-more")
    more.get_by_role("button", name="Next hint").click()
    expect(more.locator(".hints li")).to_have_count(1)
    expect(more.locator(".hints li")).to_be_focused()
    seen.page.get_by_role("button", name=re.compile("^Edit the claim L0H5")).click()

    assert _axe(seen) == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert seen.complaints == []


def _axe(seen: Seen) -> list[str]:
    found = Axe().run(seen.page).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in found for node in violation["nodes"]]
