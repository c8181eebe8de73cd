"""The pages of the site: `mkdocs.yml` builds it, `make docs` runs that.

The site has the tree of the repository, so that a link between two pages leads to the same place on the site, on a
forge and in an editor.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PAGES = ("*.md", "docs/**/*.md", "exercises/*/*.md", "training/README.md", "benchmarks/*.md", "grader/**/*.md")
LINKED = ("LICENSE", "docs/examples/*", "docs/pictures/*.png", "docs/schema/*.json", "grader/**/heat-maps/*.png")
"""What pages show or link to besides each other."""
STARTING_POINTS = ("grader/authoring/starting_point", "grader/authoring/starting_from")
"""Not for readers: the beginnings of exercises that are not written yet."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the repository's pages, in place of those that MkDocs found in `docs` alone."""
    root = Path(config.config_file_path or "").parent
    from_theme = [file for file in files if file.src_dir != config.docs_dir]
    found = {path.relative_to(root) for pattern in (*PAGES, *LINKED) for path in root.glob(pattern)}
    ours = [
        File(path.as_posix(), str(root), config.site_dir, config.use_directory_urls)
        for path in sorted(found)
        if not any(map(path.is_relative_to, STARTING_POINTS))
    ]
    return Files([*from_theme, *ours])
