"""People: the student and the platform that somebody names, or a message with the one that was probably meant."""

from collections.abc import Collection, Iterable

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.base.names import plain
from grader.documents import did_you_mean, listed, shown
from grader.ledger import LOCAL, KnownStudent


def check_platform(platform: str | None, known: Iterable[KnownStudent], others: Collection[str] = ()) -> None:
    """Check that somebody of the platform is known, or that it is one of the `others`; None means any platform.

    Raises:
        InvalidInput: It is unknown.
    """
    platforms = {each.platform for each in known} | {LOCAL, *others}
    if platform is not None and platform not in platforms:
        message = _(
            "nothing was handed in on platform `{platform}`; known: {known}{hint}",
            platform=shown(platform),
            known=listed(sorted(platforms)),
            hint=did_you_mean(platform, sorted(platforms)),
        )
        raise InvalidInput("--platform", [Problem("unknown-platform", message)])


def check_student(name: str, platform: str | None, known: Iterable[KnownStudent], source: str) -> None:
    """Check that the student is known, on the platform where one is given; `source` is the command.

    Raises:
        InvalidInput: Nobody of this name is.
    """
    names = {plain(each.student) for each in known if platform in (None, each.platform)}
    if name not in names:
        message = _(
            "the ledger on this machine knows no student `{name}`{hint}",
            name=shown(name),
            hint=did_you_mean(name, sorted(names)),
        )
        raise InvalidInput(source, [Problem("unknown-student", message)])


def the_student(name: str, platform: str | None, known: Collection[KnownStudent], source: str) -> KnownStudent:
    """Return the one student of this name.

    Raises:
        InvalidInput: Nobody of this name is known, or several platforms have one and none of them is given.
    """
    check_platform(platform, known)
    check_student(plain(name), platform, known, source)
    platforms = sorted({each.platform for each in known if plain(each.student) == plain(name)})
    if platform is None and len(platforms) > 1:
        raise several_platforms(plain(name), platforms, source)
    return KnownStudent(platform or platforms[0], plain(name))


def several_platforms(name: str, platforms: Iterable[str], source: str) -> InvalidInput:
    """Return the error that students of several platforms have this name."""
    message = _(
        "{name} is on several platforms, perhaps as different persons: {platforms}. Add --platform NAME",
        name=name,
        platforms=", ".join(platforms),
    )
    return InvalidInput(source, [Problem("several-platforms", message)])
