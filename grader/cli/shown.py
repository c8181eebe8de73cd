"""Heads on one text, as `grade show` prints and writes them."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from grader.base.language import _
from grader.base.screen import Clean
from grader.report.drawing import terminal_grid, terminal_picture
from grader.report.drawing.terminal_picture import ColourCount
from grader.schema import HeadIndex, Picture, head_name

PIPE_WIDTH = 100
"""Columns if there is no window."""


@dataclass(frozen=True)
class Screen:
    """The abilities of the standard output."""

    colours: ColourCount
    unicode: bool

    @property
    def width(self) -> int:
        """The number of its columns."""
        return shutil.get_terminal_size((PIPE_WIDTH, 24)).columns


@dataclass(frozen=True)
class HeadsOnText:
    """Heads with their pictures."""

    transformer: str
    text: str
    pictures: Mapping[HeadIndex, Picture]
    are_all: bool
    """True if no head was named."""

    @property
    def whole(self) -> list[Picture]:
        """The pictures, each with its caption."""
        captions = (_("{place} on “{text}”", place=head_name(*place), text=self.text) for place in self.pictures)
        pairs = zip(captions, self.pictures.values(), strict=True)
        return [picture.model_copy(update={"caption": caption}) for caption, picture in pairs]

    @property
    def caption(self) -> str:
        """The caption of all pictures together."""
        return _("Heads of {transformer} on “{text}”", transformer=self.transformer, text=self.text)

    def drawn(self, screen: Screen) -> str:
        """Return the pictures as text: one after the other, or each small if they are all."""
        width, colours, unicode = screen.width, screen.colours, screen.unicode
        if self.are_all:
            drawn = terminal_grid.terminal(self.caption, self.pictures, width=width, colours=colours, unicode=unicode)
            return Clean(drawn + _("To see one in full, name it in the same command: {head}", head="L0H3"))
        each = (
            terminal_picture.terminal(picture, width=width, colours=colours, unicode=unicode) for picture in self.whole
        )
        return Clean("\n".join(each))

    def listed(self) -> str:
        """Return the picture of one head as JSON, or a list with a line for each of several."""
        if len(self.pictures) == 1:
            return self.whole[0].model_dump_json(indent=2, ensure_ascii=True)
        lines = (
            json.dumps({"layer": layer, "head": head, **picture.model_dump(mode="json")})
            for (layer, head), picture in zip(self.pictures, self.whole, strict=True)
        )
        return "[\n" + ",\n".join(lines) + "\n]"

    def filed(self, form: str) -> bytes:
        """Return the pictures in a format for files: one head in full, several small."""
        from grader.report.pages import grid, picture

        if len(self.pictures) == 1:
            return picture.FORMATS[form](self.whole[0])
        return grid.FORMATS[form](self.caption, self.pictures)
