"""The calibration page in use: mouse, finger, keys and buttons move a threshold, and all numbers follow."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from grader import documents
from grader.base.errors import InvalidInput
from grader.exercises.changes import changed
from grader.exercises.thresholds import thresholds_of
from grader.grading.calibration.records import Step
from grader.report.pages import calibration as calibration_page
from grader.schema import AskedKind
from tests.browser.conftest import PHONE, Opens, Seen
from tests.support.planted_calibration import RULE, calibration

pytestmark = pytest.mark.browser

CALIBRATION = calibration()
KINDS = {kind.name: kind for kind in CALIBRATION.kinds}
INDUCTION, PREVIOUS, SUBJECT = "induction", "positional:-1", "syntactic:verb_subject"


def told(number: float | None) -> str:
    return "none" if number is None else f"{number + 1e-9:.2f}"


def shows(seen: Seen, name: str, step: Step) -> None:
    """Assert that the page shows exactly the sweep's step."""
    kind = KINDS[name]
    confirmed = [head.place for head in kind.heads if head.confirmed_at(step.at_least, CALIBRATION.borderline)]
    others = [head.place for head in kind.heads if head.place not in confirmed]
    counts = f"{step.confirmed} of 25 heads confirmed, {step.in_noise} within the noise"
    expected: dict[str, object] = {
        "at": f"{step.at_least:.2f}",
        "confirmed": str(step.confirmed),
        "others": str(25 - step.confirmed),
        "far": str(max(len(others) - calibration_page.NEAR, 0)),
        "noise": str(step.in_noise),
        "too-close": str(sum(head.state_at(step.at_least) == "borderline" for head in kind.heads)),
        "in": confirmed,
        "out": others,
        "said": f"{step.at_least:.2f}: {counts}",
    }
    if kind.labels:
        expected |= {"right": str(step.right), "wrong": str(step.wrong), "missed": str(step.missed)}
        expected |= {"precision": told(step.precision), "recall": told(step.recall), "f1": told(step.f1)}

    assert seen.shown(name) == expected


def at(name: str, at_least: float) -> Step:
    return next(step for step in KINDS[name].sweep if step.at_least == at_least)


def middle(of: Locator) -> tuple[float, float]:
    of.scroll_into_view_if_needed()
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def width(seen: Seen, name: str) -> float:
    box = seen.kind(name).locator(".strip .layer").first.bounding_box()
    assert box is not None
    return box["width"]


@pytest.mark.parametrize("name", KINDS)
def test_at_every_step_the_keys_show_what_the_sweep_counted(opens: Opens, name: str) -> None:
    seen = opens()
    slider = seen.slider(name)
    slider.focus()
    slider.press("Home")

    shows(seen, name, at(name, 0.0))
    for step in KINDS[name].sweep[1:]:
        slider.press("ArrowRight")
        shows(seen, name, step)
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("keys", "at_least"),
    [
        ("ArrowRight", 0.61), ("ArrowUp", 0.61), ("ArrowLeft", 0.59), ("ArrowDown", 0.59), ("PageUp", 0.7),
        ("PageDown", 0.5), ("Home", 0.0), ("End", 1.0), ("End ArrowUp", 1.0), ("Home PageDown", 0.0), ("Shift", 0.6),
    ],
)  # fmt: skip
def test_the_threshold_is_a_slider(opens: Opens, keys: str, at_least: float) -> None:
    seen = opens()
    slider = seen.slider(INDUCTION)
    slider.focus()
    for key in keys.split():
        slider.press(key)

    expect(slider).to_have_attribute("aria-valuenow", f"{at_least:g}")
    expect(slider).to_have_attribute("aria-valuemin", "0")
    expect(slider).to_have_attribute("aria-valuemax", "1")
    expect(slider).to_have_accessible_name("Threshold: share, induction")
    assert seen.number(INDUCTION, "at") == f"{at_least:.2f}"


@pytest.mark.parametrize(("key", "at_least"), [("ArrowUp", "0.63"), ("ArrowDown", "0.62")])
def test_from_between_two_steps_a_key_goes_to_the_next_one(
    opens: Opens, tmp_path: Path, key: str, at_least: str
) -> None:
    path = tmp_path / "between.html"
    found = calibration(changed(RULE, ["induction.at_least=0.625"]))
    path.write_text(calibration_page.render(found), encoding="utf-8")
    seen = opens(path=path)

    assert seen.number(INDUCTION, "at") == "0.625"
    seen.slider(INDUCTION).press(key)
    assert seen.number(INDUCTION, "at") == at_least


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("to", [0.12, 0.45, 0.87])
def test_the_mouse_drags_it(opens: Opens, name: str, to: float) -> None:
    seen = opens()
    x, y = middle(seen.kind(name).locator(".grip"))
    far = (to - KINDS[name].at_least) * width(seen, name)
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + far / 2, y + 40, steps=3)
    seen.page.mouse.move(x + far, y + 90, steps=3)
    seen.page.mouse.up()
    seen.page.mouse.move(x, y + 200)

    shows(seen, name, at(name, to))


def test_a_finger_drags_it(opens: Opens) -> None:
    seen = opens(PHONE, has_touch=True, is_mobile=True)
    x, y = middle(seen.kind(INDUCTION).locator(".grip"))
    far = (0.8 - 0.6) * width(seen, INDUCTION)
    touch = seen.page.context.new_cdp_session(seen.page)
    for type_, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + far / 2, "y": y}]),
        ("touchMove", [{"x": x + far, "y": y + 10}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": type_, "touchPoints": points})

    shows(seen, INDUCTION, at(INDUCTION, 0.8))


def test_pressing_beside_the_grip_takes_it_there_and_a_button_to_a_place_worth_a_look(opens: Opens) -> None:
    seen = opens()
    x, y = middle(seen.kind(INDUCTION).locator(".grip"))
    seen.page.mouse.click(x - 0.3 * width(seen, INDUCTION), y)
    shows(seen, INDUCTION, at(INDUCTION, 0.3))

    labels = KINDS[INDUCTION].labels
    assert labels is not None
    assert labels.best_margin is not None
    seen.kind(INDUCTION).get_by_role("button", name="widest margin").click()
    shows(seen, INDUCTION, at(INDUCTION, labels.best_margin.at_least))


def test_a_head_is_named_where_the_mouse_is_near_and_escape_dismisses_it(opens: Opens) -> None:
    seen = opens()
    kind = seen.kind(INDUCTION)
    x, y = middle(kind.locator('.head[data-rank="5"] .dot'))
    seen.page.mouse.move(x + 6, y + 4)

    expect(kind.locator(".tip")).to_have_text("L4H4 0.520")
    expect(kind.locator(".readout")).to_have_text(
        "L4H4: share 0.520 on repeats, interval 0.460 to 0.580, rank 5, labelled refuted: below the threshold"
    )
    seen.slider(INDUCTION).focus()
    seen.page.keyboard.press("Escape")
    expect(kind.locator(".tip")).to_have_count(0)


def test_the_keys_go_from_head_to_head(opens: Opens) -> None:
    seen = opens()
    kind = seen.kind(INDUCTION)
    seen.slider(INDUCTION).focus()
    seen.page.keyboard.press("Tab")
    expect(kind.locator(".tip")).to_have_text("L0H0 0.930")
    for key, name in (("ArrowLeft", "L1H1 0.880"), ("ArrowDown", "L2H2 0.710"), ("ArrowRight", "L1H1 0.880")):
        seen.page.keyboard.press(key)
        expect(kind.locator(".tip")).to_have_text(name)
    expect(kind.locator(".head:focus")).to_have_accessible_name(re.compile("^L1H1: share 0.880"))
    assert kind.locator('.head[role="img"]').count() == 1


def test_a_state_is_told_by_shape_and_word_not_by_colour_alone(opens: Opens) -> None:
    seen = opens()
    dot = seen.kind(PREVIOUS).locator('.head[data-rank="3"] .dot')
    item = seen.kind(PREVIOUS).locator('.heads li[data-rank="3"]')

    expect(dot).to_have_attribute("href", "#ruled_out")
    expect(item).to_have_text(
        re.compile(r"^✕ L2H3\s*0\.450 hit rate on random 0\.45; needed 0\.70$"), use_inner_text=True
    )
    seen.slider(PREVIOUS).press("End")
    expect(dot).to_have_attribute("href", "#below")
    expect(item).to_have_text(re.compile(r"^○ L2H3\s*0\.450$"), use_inner_text=True)


@pytest.mark.parametrize("name", KINDS)
def test_the_line_to_paste_is_taken_with_a_source_and_refused_without(opens: Opens, name: str) -> None:
    seen = opens()
    seen.slider(name).press("PageUp")
    line = seen.kind(name).locator("[data-yaml]").inner_text()
    asked = RULE.asked(KINDS[name].kind)
    assert asked is not None
    head = {key: value for key, value in asked.kind.model_dump().items() if value is not None}
    rest = "\n".join(f"{key}: {value}" for key, value in {**head, "heads": 1, "points": 1, "passing": 1}.items())
    whole = documents.read(f"{rest}\nthresholds:\n  {line.replace('}', 'us}')}".encode(), "it", AskedKind)

    moved = {each.statistic: each.at_least for each in thresholds_of(whole)}
    assert moved[KINDS[name].statistic] == round(KINDS[name].at_least + 0.1, 2)
    with pytest.raises(InvalidInput, match="source"):
        documents.read(f"{rest}\nthresholds:\n  {line}".encode(), "it", AskedKind)
