"""The explorer through its doors: a folder opened as files and under a path, a frame and a widget in a notebook."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comm.base_comm import BaseComm
from playwright.sync_api import FrameLocator, Page, expect

import grader
from grader import exercises
from grader.explorer import site
from grader.explorer.widget import HeadsWidget
from grader.measuring.transformer import load
from tests.browser.conftest import Opens
from tests.browser.site import on_a_site

pytestmark = pytest.mark.browser

TEXT = "one two one two"
HARNESS = """async ([code, traits]) => {
  const hearers = new Set();
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer);
  const model = {
    get: (name) => traits[name],
    send: async (message) => {
      for (const [answer, buffers] of await tell(message)) for (const hear of hearers) hear(answer, buffers.map(bytes));
    },
    on: (_, hear) => hearers.add(hear),
    off: (_, hear) => hearers.delete(hear),
  };
  const { default: widget } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  globalThis.end = widget.render({ model, el: document.getElementById("cell") });
  globalThis.heard = hearers;
}"""
"""A notebook's front end, as far as anywidget's contract goes."""


@pytest.fixture(scope="module")
def exercise() -> grader.Exercise:
    return exercises.load("mini-heads")


@pytest.fixture(scope="module")
def built(exercise: grader.Exercise, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "course" / "heads"
    site.build(exercise, load(exercise.transformer, dtype=exercise.probes.precision), out)
    return out


@pytest.fixture(scope="module")
def address(built: Path) -> Iterator[str]:
    """The folder under a path of a static host."""
    with on_a_site(built.parents[1]) as origin:
        yield f"{origin}/course/heads/"


def expect_every_head(page: Page | FrameLocator, text: str) -> None:
    page.locator("#sentence-text").fill(text)
    expect(page.locator("[id^=cell-L]")).to_have_count(48)
    page.locator("#cell-L1H2").click()
    expect(page.locator("#pinned-title")).to_contain_text("L1H2")
    expect(page.locator(".summary")).to_contain_text("looks at", timeout=20_000)  # so it was computed


def test_the_folder_works_as_files_and_under_a_path_and_fetches_nothing_from_elsewhere(
    opens: Opens, built: Path, address: str
) -> None:
    for where in ("file", "http"):
        seen = opens(path=built / site.INDEX)
        if where == "http":
            seen.page.goto(address)
        expect(seen.page.locator(".loading")).to_have_count(0)
        expect_every_head(seen.page, TEXT)
        expect(seen.page.locator("#pinned-title")).to_be_visible()
        assert seen.complaints == []
        assert all(each.startswith((built.as_uri(), address, "blob:")) for each in seen.requests)


def test_a_missing_transformer_is_said(opens: Opens, built: Path, tmp_path: Path) -> None:
    (tmp_path / site.INDEX).write_bytes((built / site.INDEX).read_bytes())
    seen = opens(path=tmp_path / site.INDEX)

    expect(seen.page.get_by_text("the file transformer.js must lie beside this page")).to_be_visible()


def test_an_array_is_shown_in_a_frame(opens: Opens, built: Path, tmp_path: Path) -> None:
    pattern = np.tril(np.ones((2, 3, 4, 4)))
    shown = grader.show(pattern / pattern.sum(-1, keepdims=True), ["<s>", " one", " two", " three"])
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>n</title>{shown._repr_html_()}", encoding="utf-8")
    seen = opens(path=notebook)
    frame = seen.page.frame_locator("iframe")
    expect(frame.locator("[id^=cell-L]")).to_have_count(6)
    frame.locator("#cell-L1H2").click()
    expect(frame.locator("#pinned-title")).to_contain_text("L1H2")
    expect(frame.locator(".summary")).to_contain_text("looks at", timeout=20_000)
    seen.page.wait_for_timeout(400)  # in which an address would be changed

    assert [each for each in seen.complaints if "base" not in each] == []


class Wire(BaseComm):  # type: ignore[misc]
    """The widget's connection to a notebook, which keeps what Python sends."""

    sent: list[tuple[Any, list[bytes]]]

    def publish_msg(  # as the package calls it
        self,
        msg_type: str,
        data: Any = None,  # noqa: ANN401
        metadata: object = None,
        buffers: Any = None,  # noqa: ANN401
        **keys: object,
    ) -> None:
        if data and data.get("method") == "custom":
            self.__dict__.setdefault("sent", []).append((data["content"], list(buffers or ())))


def test_a_widget_asks_python_and_leaves_the_notebook_as_it_is(
    opens: Opens, exercise: grader.Exercise, built: Path, tmp_path: Path
) -> None:
    widget: HeadsWidget = grader.explore(exercise, text=TEXT)
    wire = Wire(target_name="test")
    widget.comm = wire

    def tell(message: object) -> list[Any]:
        wire.__dict__["sent"] = []
        wire.handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": []})
        return [[content, [b64encode(each).decode() for each in buffers]] for content, buffers in wire.sent]

    notebook = tmp_path / "notebook.html"
    notebook.write_text("<!doctype html><title>n</title><p id=other>other</p><div id=cell></div>")
    seen = opens(path=notebook)
    page = seen.page
    before = page.evaluate("JSON.stringify({...getComputedStyle(document.getElementById('other'))})")
    page.expose_function("tell", tell)
    page.evaluate(HARNESS, [widget._esm, json.loads(json.dumps({"given": widget.given, "styles": widget.styles}))])
    expect_every_head(page, "a b a b 안녕")
    expect(page.locator("#sentence-text")).to_have_value("a b a b 안녕")
    page.wait_for_timeout(400)

    assert page.evaluate("JSON.stringify({...getComputedStyle(document.getElementById('other'))})") == before
    assert page.evaluate("location.hash") == ""
    assert page.evaluate("end(), heard.size") == 0
    assert seen.complaints == []
