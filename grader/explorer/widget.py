"""The page as a widget in a notebook: Python computes the patterns, and numbers travel as they are."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from grader.base.errors import GraderError, InvalidInput
from grader.base.language import N_, _
from grader.explorer.content import Content
from grader.explorer.joined import joined
from grader.explorer.page import given, styles

if TYPE_CHECKING:
    from grader.laboratory.looking import Looking

FAILED = N_("This is an error of the grader; the notebook's log says more.")
Lends = Callable[[], AbstractContextManager["Looking"]]
"""A function that lends a transformer for one question."""


class HeadsWidget(anywidget.AnyWidget):
    """The heads of a transformer on any sentence."""

    _esm = joined("widget.js")
    given = traitlets.Dict().tag(sync=True)
    styles = traitlets.Unicode().tag(sync=True)

    def __init__(self, contents: Mapping[str, Content], lends: Lends) -> None:
        """Show the contents; `lends` gives the transformer whenever the page asks for something."""
        with lends() as looking:
            source = {"kind": "widget", "about": asdict(looking.about)}
        super().__init__(given=given(contents, source), styles=styles())
        self._lends = lends
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        return f"<HeadsWidget of {self.given['source']['about']['id']}>"

    def _hear(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        """Answer one question of the page."""
        try:
            with self._lends() as looking:
                answer, buffers = ANSWERS[message["question"]](looking, *message["values"])
        except GraderError as error:
            self.send({"number": message["number"], "refused": _said(error)})
        except Exception:
            self.send({"number": message["number"], "refused": _(FAILED)})  # else the page would wait for ever
            raise
        else:
            self.send({"number": message["number"], "answer": answer}, buffers)


Answer = tuple[object, list[bytes]]


def _read(looking: "Looking", text: str) -> Answer:
    return {"text": text, "tokens": [token._asdict() for token in looking.read(text)]}, []


def _layer(looking: "Looking", text: str, layer: int, off: list[list[int]]) -> Answer:
    return None, [looking.layer(text, layer, [(at, head) for at, head in off]).astype("<f4").tobytes()]


def _predict(looking: "Looking", text: str, off: list[list[int]]) -> Answer:
    return [guess._asdict() for guess in looking.predict(text, [(at, head) for at, head in off]) or ()], []


ANSWERS: dict[str, Callable[..., Answer]] = {"read": _read, "layer": _layer, "predict": _predict}
"""The questions that the page asks."""


def _said(error: GraderError) -> str:
    """Return an error as one sentence for the person at the page."""
    return "; ".join(each.message for each in error.problems) if isinstance(error, InvalidInput) else str(error)
