"""Output in a notebook or a terminal: pages in a frame of their own, and one progress bar."""

import html
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TALLEST = 640
"""Pixels that a page takes in a notebook; what is longer scrolls, and the frame can be pulled taller."""
BASE = '<base href="about:srcdoc">'
"""Without it, a link within the page would lead out of the frame."""


def framed(page: str, height: int = TALLEST) -> str:
    """Return a whole page as a fragment of HTML for a notebook.

    The frame keeps the styles apart, gives the page's script no way to the notebook, and requests nothing.
    """
    title = page.partition("<title>")[2].partition("</title>")[0]
    inside = html.escape(page.replace("<head>", f"<head>\n{BASE}", 1))
    return (
        f'<div style="height: {min(height, TALLEST)}px; overflow: hidden; resize: vertical">'
        f'<iframe title="{title}" sandbox="allow-scripts" style="width: 100%; height: 100%; border: 0" '
        f'srcdoc="{inside}"></iframe></div>'
    )


@contextmanager
def progress_bar() -> Iterator["ProgressBar"]:
    """A bar that appears once there is something to say, and is gone when the block ends."""
    bar = ProgressBar()
    try:
        yield bar
    finally:
        bar.close()


class ProgressBar:
    """One bar, on a terminal or in a notebook; it stays hidden where nobody watches, as in a pipe."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._bar: Any = None  # tqdm has no types

    def say(self, doing: str) -> None:
        """Show what is being done."""
        if self._bar is None:
            self._bar = _bar(doing)
        self._bar.set_description_str(doing)

    def reach(self, done: float) -> None:
        """Show which part of it is done, 0 to 1."""
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away, if it ever appeared."""
        if self._bar is not None:
            self._bar.close()


def _bar(doing: str) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a notebook without widgets, where the bar is made of letters
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    form = "{desc}: {percentage:3.0f}% |{bar}| {elapsed}"
    return tqdm(desc=doing, total=1.0, leave=False, bar_format=form, disable=not _is_watched())


def _is_watched() -> bool:
    """Return whether somebody sees what is written to stderr as it comes."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return sys.stderr.isatty() or (shell is not None and "IPKernelApp" in shell.config)
