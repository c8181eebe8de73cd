"""The door for programs: what `import grader` gives to notebooks and scripts, loaded when it is first used."""

from grader.base.errors import GraderError, InvalidInput, UnsupportedTransformer
from grader.doors.python.checking import check
from grader.doors.python.exploring import explore
from grader.doors.python.grading import grade
from grader.doors.python.opening import load_exercise
from grader.doors.python.patterns import Pattern, attention
from grader.doors.python.scanning import scan
from grader.doors.python.scores import Score, Scores
from grader.doors.python.showing import AttentionPage, show
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
    "check",
    "explore",
    "grade",
    "load_exercise",
    "scan",
    "show",
]
