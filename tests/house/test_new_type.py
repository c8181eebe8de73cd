"""A new type of head is one file: in a copy of the product, every command, format and page works on it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.cli import COMMANDS
from grader.report.formats import Format

REPOSITORY = Path(__file__).parents[2]
TYPE = Path(__file__).with_name("stride.py")
COPIED = ("grader", "workers", "docs", "exercises", "deploy")
EXERCISE = """\
id: stride-heads
version: 1
title: Strides
transformer: {name: mini-gpt2, family: decoder, layers: 6, heads: 8, bundled: mini-gpt2}
probes: {seed: 5, random_sequences: 4, repeat_sequences: 6, sentences: 20}
budget: 4
wrong_costs: 20
pass_at: 0.3
kinds_needed: 1
kinds:
  - {type: stride, steps: 1, heads: 1, points: 10, passing: 1}
  - {type: stride, steps: 3, heads: 1, points: 10, passing: 1}
  - {type: positional, heads: 1, points: 10, passing: 1}
"""
KIND, TITLE = "stride:1", "stride, 1 back"


class Product:
    """A copy of the product with one file more, and a home of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in COPIED:
            shutil.copytree(REPOSITORY / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(REPOSITORY / "README.md", root / "README.md")
        shutil.copy(TYPE, root / "grader" / "kinds" / "types" / TYPE.name)
        folder = root / "mine" / "stride-heads"
        folder.mkdir(parents=True)
        (folder / "exercise.yaml").write_text(EXERCISE)
        (folder / "README.md").write_text("# Strides\n")
        self.hand_in = self.submission("stride, steps: 1", note="It looks one back.")
        shutil.copy(self.hand_in, folder / "my_heads.yaml")
        (folder / "known_heads.yaml").write_text(
            "- {layer: 0, head: 5, type: stride, steps: 1, expect: confirmed, source: the test that adds a type}\n"
        )

    def submission(self, kind: str, *, layer: int = 0, head: int = 5, note: str = "") -> Path:
        file = self.root / f"{kind.replace(', ', '-').replace(': ', '-')}-{layer}-{head}.yaml"
        claim = f"{{layer: {layer}, head: {head}, type: {kind}, note: '{note}', evidence: one two three four five}}"
        gallery = "true" if note else "false"
        file.write_text(f"exercise: stride-heads\nstudent: ada\ngallery: {gallery}\nclaims:\n  - {claim}\n")
        return file

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """The output of a Python program in the copy, which must end so."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
        ours = {
            "GRADER_HOME": str(self.root / "home"),
            "GRADER_EXERCISES": str(self.root / "mine"),
            "PYTHONPATH": str(self.root),
            "PYTHONSAFEPATH": "1",
            "HF_HUB_OFFLINE": "1",
            "USER": "ada",
            "LOGNAME": "ada",
        }
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.root,
            env=clean | ours,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def grade(self, *arguments: str | Path, code: int = 0) -> str:
        return self.run("-m", "grader.cli", *arguments, code=code)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """The copy, in which one submission was graded."""
    made = Product(tmp_path_factory.mktemp("product"))
    assert TITLE in made.grade("submit", made.hand_in)
    return made


def tried() -> set[str]:
    """The commands that a test of this file runs."""
    source = Path(__file__).read_text()
    return {name for name in COMMANDS if f'("{name}"' in source}


def test_every_command_is_tried() -> None:
    assert tried() | {"up"} == set(COMMANDS)  # what `up` runs are processes that know no kinds


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("form", Format)
def test_a_report_in_every_format(product: Product, form: str, language: str) -> None:
    out = product.root / f"report.{form}"
    product.grade("--lang", language, "submit", product.hand_in, "--format", form, "--out", out)
    text = out.read_text()

    assert KIND.partition(":")[0] in text
    if form in ("json", "gradescope"):
        json.loads(text)
    if form == "junit":
        ElementTree.fromstring(text)  # noqa: S314 - our own output
    if form == "html":
        assert "--stride: #005f73" in text
        assert "--stride: #94d2bd" in text
        assert ".head-stride" in text


def test_a_refuted_claim_is_explained(product: Product) -> None:
    refuted = product.submission("stride, steps: 3", layer=3, head=7)

    assert "Hint: Count the steps." in product.grade("submit", refuted, code=1)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("stride, steps: 10", "must be from 1 to 9"),
        ("stride, steps: 2, side: ahead", "looks ahead"),
        ("stride, offset: -1", "`offset` belongs to positional heads, not to stride"),
        ("induction, steps: 2", "`steps` belongs to stride heads, not to induction"),
        ("strid", "did you mean `stride`?"),
        ("stride, side: beside", "allowed: back, ahead"),
    ],
)
def test_mistakes_with_it_are_told(product: Product, claim: str, said: str) -> None:
    assert said in product.grade("check", product.submission(claim), code=2)


def test_check_takes_its_spellings(product: Product) -> None:
    assert "valid" in product.grade("check", product.submission("neighbour"))


def test_exercises(product: Product) -> None:
    assert "stride-heads" in product.grade("exercises")
    assert TITLE in product.grade("exercises", "stride-heads")
    assert " invalid" in product.grade("exercises", "check", product.root / "mine")
    product.grade("exercises", "new", "another", "--in", product.root / "elsewhere")


def test_scan(product: Product) -> None:
    heads = json.loads(product.grade("scan", "stride-heads", "--type", KIND, "--format", "json"))["heads"]
    assert len(heads) == 48
    assert {"steps", "side", "offset"} <= heads[0].keys()
    assert TITLE in product.grade("scan", "stride-heads", "--top", "2")
    product.grade("scan", "stride-heads", "--format", "html", "--out", product.root / "scan.html")
    assert f'title="L0H5: {TITLE}' in (product.root / "scan.html").read_text()


def test_atlas(product: Product) -> None:
    assert TITLE in product.grade("atlas", "mini-gpt2", "--kinds", KIND)


def test_a_recorded_pattern(product: Product) -> None:
    script = (
        "import numpy as np; a = np.eye(40, k=-2); a[:2, 0] = 1;"
        "np.savez('pattern.npz', token_ids=np.arange(40), attn=a[None, None])"
    )
    product.run("-c", script)
    found = json.loads(product.grade("scan", "--pattern", "pattern.npz", "--type", "stride:2", "--format", "json"))[
        "heads"
    ]
    assert [(row["share"], row["confirmed"]) for row in found] == [(1.0, True)]


def test_show(product: Product) -> None:
    assert "[" in product.grade("show", "0", "5", "--type", KIND, "--text", "one two three four", "--ascii")
    for form in ("svg", "html", "png"):
        product.grade("show", "0", "5", "--type", "stride:2:ahead", "--out", product.root / f"head.{form}")


def test_explore(product: Product) -> None:
    product.grade("explore", "build", "stride-heads", "--out", product.root / "explorer")
    page = (product.root / "explorer" / "index.html").read_text()
    assert "stride: (tokens, { steps, side }) => " in page
    assert TITLE in page


def test_ablate_and_trace(product: Product) -> None:
    assert f"no causal measure for {KIND}" in product.grade("ablate", "stride-heads", "0", "5", "--kind", KIND, code=2)
    assert TITLE in product.grade("trace", "stride-heads", "L1H5", "--kind", KIND)


def test_hint(product: Product) -> None:
    assert "A line beside the diagonal." in product.grade("hint", "stride-heads", KIND)
    for _ in range(3):
        product.grade("hint", "stride-heads", KIND)
    assert f"--type {KIND}" in product.grade("hint", "stride-heads", "neighbour", "--again")


def test_progress(product: Product) -> None:
    assert "stride-heads" in product.grade("progress")
    json.loads(product.grade("progress", "--format", "json"))


def test_schema(product: Product) -> None:
    for record in ("submission", "exercise", "report"):
        schema = json.loads(product.grade("schema", record))["$defs"]
        kinds = [each for each in schema.values() if "type" in each.get("properties", {}) and "steps" in str(each)]
        assert kinds, record
        assert all("stride" in str(each["properties"]["type"]) for each in kinds)


def test_calibrate(product: Product) -> None:
    assert TITLE in product.grade("calibrate", "stride-heads")
    json.loads(product.grade("calibrate", "stride-heads", "--format", "json"))
    product.grade(
        "calibrate", "stride-heads", "--format", "html", "--out", product.root / "calibration.html", "--untrained"
    )
    assert TITLE in (product.root / "calibration.html").read_text()


def test_cohort(product: Product) -> None:
    assert KIND in product.grade("cohort", "stride-heads")
    for form in ("json", "html"):
        product.grade("cohort", "stride-heads", "--format", form, "--out", product.root / f"cohort.{form}")


def test_what_if_and_regrade(product: Product) -> None:
    change = ("--set", f"{KIND}.share.at_least=1.0")
    for form in ("text", "json", "csv"):
        assert KIND in product.grade("whatif", "stride-heads", *change, "--format", form)
    assert "nothing has changed" in product.grade("regrade", "stride-heads", "--reason", "to see")


def test_grades_and_students(product: Product) -> None:
    assert "local,,,ada" in product.grade("grades", "stride-heads", "--format", "csv")
    assert "ada" in product.grade("students", "list")
    assert KIND in product.grade("students", "export", "ada")


def test_what_an_operator_runs(product: Product) -> None:
    backup = product.root / "backup.zip"

    assert re.search(r"ledger: [1-9]\d* reports", product.grade("backup", "--out", backup))  # other tests hand in, too
    assert "whole" in product.grade("restore", backup, "--check")
    assert "no token" in product.grade("platforms", "list")
    assert "no platform is registered" in product.grade("lti", "list")


def test_a_package_needs_a_transformer_that_is_pinned(product: Product) -> None:
    told = product.grade("package", "nbgrader", "stride-heads", "--out", product.root / "package", code=3)

    assert "no file of its transformer is pinned" in told


def test_gallery(product: Product) -> None:
    product.grade("submit", product.hand_in)  # the newest submission decides
    product.grade("gallery", "build", "--out", product.root / "site")
    assert ".head-stride" in (product.root / "site" / "gallery.css").read_text()
    assert (product.root / "site" / "found" / "stride-1.html").is_file()


def test_what_is_asked_of_the_service_when_nothing_came_through_it(product: Product) -> None:
    assert "there is no submission x" in product.grade("status", "x", code=2)
    assert "there is no submission x" in product.grade("report", "x", code=2)
    assert "nothing was given up" in product.grade("dead", "list")


def test_doctor(product: Product) -> None:
    assert f"L0H5 {KIND}: confirmed" in product.grade("doctor", "--exercise", "stride-heads")


def test_the_documentation_follows(product: Product) -> None:
    product.run("-m", "docs.generate")
    page = (product.root / "docs" / "detectors.md").read_text()
    assert "## `stride`" in page
    assert "`stride`" in (product.root / "docs" / "glossary.md").read_text()
    assert '"stride"' in (product.root / "docs" / "schema" / "submission.json").read_text()


def test_half_of_it_is_refused_with_all_that_is_missing(product: Product, tmp_path: Path) -> None:
    package = tmp_path / "grader"
    shutil.copytree(product.root / "grader", package, ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    file = package / "kinds" / "types" / "stride.py"
    file.write_text(file.read_text().replace('hint=N_("Count the steps.")', 'hint=""').replace("decides=", "order="))
    (tmp_path / "mine").mkdir()
    half = Product.__new__(Product)
    half.root = tmp_path
    file.write_text(file.read_text().replace('    order="share",\n', ""))

    told = half.grade("exercises", code=3)
    assert "grader/kinds/types/stride.py: `hint` is missing" in told
    assert "grader/kinds/types/stride.py: `decides` is missing" in told
