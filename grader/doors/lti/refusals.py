"""Refusals of launches: what their students read, and a code for those who can do something about it."""

from grader.base.errors import GraderError
from grader.base.language import N_, _

UNTRUSTED = N_("this launch cannot be trusted; tell your instructor this code: {code}")
NO_COOKIE = N_(
    "your browser kept no cookie for this launch; allow cookies, or open it in a tab of its own, and try again"
)
OVER = N_("this launch is over; go back to your course and open the exercise again")
NOBODY = N_("your course did not say who you are; tell your instructor")
NO_EXERCISE = N_("the link in your course leads to no exercise of this server; tell your instructor")
NOT_FOR_STUDENTS = N_("only those who teach the course choose its exercises")
NO_COURSE = N_("the link is in no course; open the exercise from a course that you teach")
AWAY = N_("your platform does not answer at present; try again in a few minutes")

MESSAGES = {
    "no-cookie": NO_COOKIE,
    "replayed": OVER,
    "expired": OVER,
    "anonymous": NOBODY,
    "no-exercise": NO_EXERCISE,
    "not-an-instructor": NOT_FOR_STUDENTS,
    "no-course": NO_COURSE,
    "platform-away": AWAY,
}
"""The message for each code; for every other code it is `UNTRUSTED`."""


class LaunchRefused(GraderError):
    """A launch is not let in."""

    exit_code = 2

    def __init__(self, code: str, detail: str = "") -> None:
        """`code` is stable; `detail` is for the operator's log alone."""
        super().__init__(_(MESSAGES.get(code, UNTRUSTED), code=code))
        self.code, self.detail = code, detail
