"""An autograder for transformer interpretability: claims about attention heads, verified by measurement.

The names below are all that a program needs; each is loaded when it is first used, so that `import grader` stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.doors.python import (
        AttentionPage,
        Claim,
        Comparison,
        Exercise,
        GraderError,
        InvalidInput,
        Kind,
        Pattern,
        ProbeSettings,
        Report,
        Score,
        Scores,
        Submission,
        UnsupportedTransformer,
        Verdict,
        attention,
        check,
        explore,
        grade,
        load_exercise,
        scan,
        show,
    )

__version__ = "0.1.0"
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
    "__version__",
    "attention",
    "check",
    "explore",
    "grade",
    "load_exercise",
    "scan",
    "show",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    return getattr(import_module("grader.doors.python"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
