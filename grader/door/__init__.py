"""The door for programs: what `import grader` gives to notebooks and scripts, loaded when it is first used."""

from grader.base.errors import GraderError, InvalidInput, UnsupportedTransformer
from grader.door.exploring import explore
from grader.door.grading import grade
from grader.door.opening import load_exercise
from grader.door.patterns import Pattern, attention
from grader.door.scanning import scan
from grader.door.scores import Score, Scores
from grader.door.showing import AttentionPage, show
from grader.schema import Claim, Exercise, Kind, ProbeSettings, Report, Submission, Verdict
from grader.schema.atlas import Comparison

__all__ = [
    "AttentionPage",
    "Claim",
    "Comparison",
    "Exercise",
    "GraderError",
    "InvalidInput",
    "Kind",
    "Pattern",
    "ProbeSettings",
    "Report",
    "Score",
    "Scores",
    "Submission",
    "UnsupportedTransformer",
    "Verdict",
    "attention",
    "explore",
    "grade",
    "load_exercise",
    "scan",
    "show",
]
