"""What a kept score follows from: the code that measures, reworded, moved and changed; and the probes as built."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from grader.measuring.tables import digests
from grader.measuring.tables.digests import code_digest
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, exercise

REPOSITORY = Path(__file__).parents[3]
TYPES = ["induction", "positional", "syntactic"]
SIZES = {"random_sequences": 4, "repeat_sequences": 6, "sentences": 20, "category_sequences": 10, "rare_sequences": 10}
ASKED = exercise(
    PREVIOUS,
    INDUCTION,
    SUBJECT,
    transformer={"name": "tiny", "family": "decoder", "layers": 3, "heads": 4},
    probes={"seed": 3, **SIZES},
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package's code, to be changed."""
    for file in (REPOSITORY / "grader").rglob("*.py"):
        copied = tmp_path / file.relative_to(REPOSITORY)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(file.read_bytes())
    return tmp_path / "grader"


def digest(copy: Path) -> str:
    script = f"from grader.measuring.tables.digests import code_digest; print(code_digest({TYPES}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=copy.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def reworded(source: str) -> str:
    """The source with another text in every docstring and beside every attribute, and a comment at its end."""
    lines = source.split("\n")
    texts = [
        statement
        for statement in ast.walk(ast.parse(source))
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement.value.value, str)
    ]
    for text in sorted(texts, key=lambda each: -each.lineno):
        indent = " " * text.col_offset
        lines[text.lineno - 1 : text.end_lineno] = [f'{indent}"""Other words."""']
    return "\n".join(lines) + "\n# and a comment\n"


def test_the_copy_has_the_digest_of_what_it_is_a_copy_of(copy: Path) -> None:
    assert digest(copy) == code_digest(TYPES)


def test_rewording_every_docstring_changes_nothing(copy: Path) -> None:
    before = digest(copy)
    for file in [*(copy / "measuring").rglob("*.py"), *(copy / "kinds").rglob("*.py")]:
        text = reworded(file.read_text())
        assert text != file.read_text()
        file.write_text(text)

    assert digest(copy) == before


def test_a_helper_that_moved_with_a_changed_constant_is_seen(copy: Path) -> None:
    before = digest(copy)
    masks = copy / "kinds" / "masks.py"
    change(masks, "DISTANT = 3\n", "from grader.kinds.distances import DISTANT\n")
    (copy / "kinds" / "distances.py").write_text("DISTANT = 3\n")
    moved = digest(copy)
    (copy / "kinds" / "distances.py").write_text("DISTANT = 1\n")

    assert len({before, moved, digest(copy)}) == 3


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("measuring/scan.py", "TOKENS = 256", "TOKENS = 128"),
        ("measuring/statistics/patterns.py", "on_targets > elsewhere", "on_targets >= elsewhere"),
        ("measuring/probes/grammar/english.py", "once again", "once more"),
        ("measuring/probes/vocabulary.py", "king kings", "count counts"),
        ("measuring/transformer/activation.py", "0.044715", "0.045"),
        ("kinds/types/induction.py", "distance(sequence) >= 2", "distance(sequence) >= 1"),
        ("kinds/types/positional.py", 'decides="share"', 'decides="hit_rate"'),
        ("kinds/types/induction.py", 'probes=("repeats",)', 'probes=("repeats", "running_text")'),
        ("kinds/types/syntactic.py", "range(asker)", "range(asker - 1)"),
        ("kinds/types/syntactic.py", '"verb_subject": "agreement"', '"verb_subject": "copying"'),
        ("measuring/interventions/measures/copying.py", "LENGTH = 30", "LENGTH = 20"),
    ],
)
def test_what_is_measured_with_is_seen(copy: Path, file: str, before: str, after: str) -> None:
    was = digest(copy)
    change(copy / file, before, after)

    assert digest(copy) != was


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("kinds/types/induction.py", "Write a name twice", "Write any name twice"),
        ("kinds/types/induction.py", '"share",\n            0.6', '"share",\n            0.7'),
        ("kinds/types/semantic.py", "DISTANT", "VERY_DISTANT"),
        ("kinds/definition.py", "LEAST_SOURCE = 20", "LEAST_SOURCE = 30"),
        ("grading/grade.py", "<= on_kind.asked.heads", "< on_kind.asked.heads"),
    ],
)
def test_words_thresholds_other_types_and_grading_are_not_measured_with(
    copy: Path, file: str, before: str, after: str
) -> None:
    was = digest(copy)
    change(copy / file, before, after)

    assert digest(copy) == was


def test_the_digest_is_kept_under_the_bytes_that_it_was_taken_of(tmp_path: Path) -> None:
    found = code_digest(TYPES, tmp_path)
    (note,) = tmp_path.glob("*.code")

    whole = note.read_text()
    assert whole.startswith(f"{found}\n")
    assert found == code_digest(TYPES, tmp_path) == code_digest(reversed(TYPES))
    for damaged in ("half", "0" * 64, whole.replace(found, "0" * 64)):
        digests._code_digest.cache_clear()  # as another process would begin
        note.write_text(damaged)
        assert code_digest(TYPES, tmp_path) == found
        assert note.read_text() == whole
