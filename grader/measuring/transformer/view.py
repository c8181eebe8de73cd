"""A folder that shows the library only the files that count: whatever else lies beside them cannot be read."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from grader.base.errors import UnsupportedTransformer
from grader.base.folders import temporary


@contextmanager
def view(path: Path, files: Mapping[str, Path]) -> Iterator[Path]:
    """Provide a folder of links to these files, by name; for a `.gguf` file, the link to it.

    Errors inside name the file where it really lies.
    """
    with temporary("grader-") as folder:
        for file, target in files.items():
            _link(folder / file, target.resolve())
        shown = folder if path.is_dir() else folder / path.name
        try:
            yield shown
        except UnsupportedTransformer as error:
            raise UnsupportedTransformer(str(error).replace(str(shown), str(path))) from error


def _link(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target)
    except OSError:  # Windows lets few people make links
        shutil.copyfile(target, link)
