"""An exercise for tests to write to disk: a decoder of 12 layers with 12 heads, three kinds, 12 claims."""

from pathlib import Path

ID = "sample-heads"

TEXT = """\
id: sample-heads
version: 1
title: Heads to try things on
transformer: {name: sample, family: decoder, layers: 12, heads: 12, bundled: sample}
probes: {seed: 1}
budget: 12
wrong_costs: 20
kinds:
  - {type: positional, heads: 2, points: 10, passing: 3}
  - type: induction
    heads: 2
    points: 10
    passing: 3
    thresholds:
      - {statistic: share, at_least: 1, source: measured for this test}
  - {type: syntactic, relation: verb_subject, heads: 2, points: 10, passing: 3}
"""


def write(root: Path, text: str = TEXT, name: str = ID) -> Path:
    """Write the exercise under `root` and return its folder."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "exercise.yaml").write_text(text, encoding="utf-8")
    return folder
