import subprocess
import sys

HEAVY = ("rich", "matplotlib", "jinja2", "torch", "numpy")


def test_no_format_pays_for_another() -> None:
    script = (
        "import sys; import grader.report, grader.canonical, grader.report.json, grader.report.gradescope, "
        f"grader.report.junit; found = [name for name in {HEAVY} if name in sys.modules]; assert not found, found"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
