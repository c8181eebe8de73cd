"""Claiming on the page: kinds, shares, hints, the basket, files, and handing in to a service."""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from grader import exercises
from grader.exercises import submissions
from grader.explorer.content import contents
from grader.explorer.page import page
from grader.grading.grade import grade, shown
from grader.laboratory import Laboratory
from grader.measuring.attention.streaming import pattern_of
from grader.measuring.sentence import read, recompute
from grader.schema import Kind
from tests.browser.conftest import DESK, PHONE, Opens, Seen
from tests.browser.service import Answer, Service, serving

pytestmark = pytest.mark.browser

TEXT = "Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge."
HEADS = ((0, 5), (1, 3), (2, 5))
"""A previous-token head, an induction head, and neither."""


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercises.load("mini-heads"), tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    """A laboratory that measures on few texts."""
    exercise = exercises.load("mini-heads")
    probes = exercise.probes.model_copy(update={"random_sequences": 4, "repeat_sequences": 6, "sentences": 20})
    changed = exercise.model_copy(update={"kinds": exercise.kinds[:3], "probes": probes})
    return Laboratory(changed, tmp_path_factory.mktemp("small"))


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


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as running:
        yield running


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


def report(small: Laboratory, body: dict[str, object]) -> dict[str, object]:
    submission = submissions.made(body, small.exercise, "page")  # type: ignore[arg-type]
    made = shown(grade(submission, small.exercise, small.table))
    return dict(json.loads(made.model_dump_json()))


def three_claims(page: Page) -> dict[str, object]:
    claim(page, "L0H5", "positional--1")
    claim(page, "L1H3", "induction")
    claim(page, "L2H5", "induction")
    entries = [{"layer": 0, "head": 5, "type": "positional"}, *({"layer": at, "head": head, "type": "induction"}
               for at, head in HEADS[1:])]  # fmt: skip
    return {"exercise": "mini-heads", "student": "ada", "claims": tuple(entries)}


def hand_in(page: Page) -> None:
    page.get_by_label("Your id").fill("ada")
    page.get_by_label("Your token").fill("secret")
    page.get_by_role("button", name=re.compile("^Hand in")).click()


def test_a_service_grades_and_the_verdicts_stand_in_their_places(
    opens: Opens, explorer: Explorer, small: Laboratory, service: Service
) -> None:
    seen = opens(DESK, explorer("graded", service.address))
    service.report = report(small, three_claims(seen.page))
    hand_in(seen.page)
    result = seen.page.get_by_role("group", name="Result")
    expect(result).to_be_focused(timeout=20_000)

    assert re.search(r"(not )?passed", result.inner_text())
    expect(result).to_contain_text("of 60 points")
    for at, word in enumerate(["✓ confirmed", "✓ confirmed", "✗ refuted"]):
        expect(claims(seen).nth(at)).to_contain_text(word)
    result.get_by_role("button", name="Next: duplicate token").click()
    expect(seen.page.locator("#kind-duplicate_token")).to_be_focused()
    assert service.tokens == ["Bearer secret"]
    assert service.bodies[0]["student"] == "ada"
    submissions.made(_tuples(service.bodies[0]), small.exercise, "page")
    assert "secret" not in seen.page.evaluate("JSON.stringify(localStorage)")
    assert _axe(seen) == []


def test_only_the_score_is_shown_if_the_exercise_tells_no_more(
    opens: Opens, explorer: Explorer, small: Laboratory, service: Service
) -> None:
    seen = opens(DESK, explorer("score", service.address))
    full = report(small, three_claims(seen.page))
    service.report = full | {"feedback": "score"}  # even if a service told more
    hand_in(seen.page)

    expect(seen.page.get_by_role("group", name="Result")).to_be_focused(timeout=20_000)
    assert seen.page.locator(".basket .verdict").count() == 0


REFUSALS: tuple[tuple[Answer, str], ...] = (
    ((422, {"problems": [{"where": "claims[0]", "message": "too bright"}]}, {}), "claims[0]: too bright"),
    ((413, {}, {}), "too large"),
    ((429, {}, {"Retry-After": "7"}), "in 7 seconds"),
    ((401, {}, {}), "does not know this id and token"),
    ((500, {}, {}), "the error 500"),
)


def test_what_a_service_refuses_is_said_and_nothing_is_lost(
    opens: Opens, explorer: Explorer, small: Laboratory, service: Service
) -> None:
    service.refusals = [answer for answer, _ in REFUSALS]
    seen = opens(DESK, explorer("refused", service.address))
    claim(seen.page, "L0H5", "positional--1")
    entry = {"layer": 0, "head": 5, "type": "positional"}
    service.report = report(small, {"exercise": "mini-heads", "claims": (entry,)})
    for _, said in REFUSALS:
        hand_in(seen.page)
        expect(seen.page.get_by_role("alert")).to_contain_text(said)
        expect(claims(seen)).to_have_count(1)
    hand_in(seen.page)

    expect(seen.page.get_by_role("group", name="Result")).to_be_focused(timeout=20_000)
    assert len(service.keys) == len(REFUSALS) + 1
    assert len({*service.keys[1:]}) == 1
    assert service.keys[0] != service.keys[1]  # what was refused once would be refused again under its key


def test_without_a_network_the_same_key_is_sent_again_even_after_a_reload(
    opens: Opens, explorer: Explorer, small: Laboratory, service: Service
) -> None:
    seen = opens(DESK, explorer("away", service.address))
    claim(seen.page, "L0H5", "positional--1")
    keys: list[str] = []

    def away(route: object) -> None:
        keys.append(route.request.headers["idempotency-key"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    seen.page.route("**/submissions", away)
    hand_in(seen.page)
    expect(seen.page.get_by_role("alert")).to_contain_text("cannot be reached")
    seen.page.unroute("**/submissions")
    seen.page.reload()
    entry = {"layer": 0, "head": 5, "type": "positional"}
    service.report = report(small, {"exercise": "mini-heads", "claims": (entry,)})
    hand_in(seen.page)

    expect(seen.page.get_by_role("group", name="Result")).to_be_focused(timeout=20_000)
    assert service.keys == keys


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


def _tuples(value: object) -> object:
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _axe(seen: Seen) -> list[str]:
    found = Axe().run(seen.page).response["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in found for node in violation["nodes"]]
