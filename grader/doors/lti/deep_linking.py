"""Deep linking: somebody who teaches chooses an exercise, and the platform makes a link of it in the course.

Every choice on the page carries its answer already, signed: nothing is kept until one comes back, and no choice can be
forged.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from starlette.responses import Response

from grader import exercises
from grader.base.errors import ExerciseError
from grader.doors.lti import claims as names
from grader.doors.lti import pages
from grader.doors.lti.calling import may_be_called
from grader.doors.lti.claims import part, text, texts
from grader.doors.lti.keys import KeysError
from grader.doors.lti.launch import Launch, origins
from grader.doors.lti.refusals import LaunchRefused
from grader.doors.lti.standing import FULL
from grader.doors.lti.tool import Tool
from grader.schema import Exercise

LASTS = timedelta(hours=1)
"""The time that somebody has to choose."""
LINK = "ltiResourceLink"


class Offer(NamedTuple):
    """One exercise that can be chosen."""

    id: str
    title: str
    answer: str
    """The signed message that goes to the platform if it is chosen."""


def page(tool: Tool, launch: Launch) -> Response:
    """Return the page on which an exercise is chosen.

    Raises:
        LaunchRefused: The platform takes no links, or wants the answer at an address that cannot be trusted; or there
            is no key to sign it with.
    """
    settings = part(launch.claims, names.LINKING_SETTINGS)
    address = settings.get("deep_link_return_url")
    if not may_be_called(address, launch.registration):
        raise LaunchRefused("bad-return-address", str(address))
    if LINK not in texts(settings, "accept_types"):
        raise LaunchRefused("takes-no-links")
    try:
        offers = [Offer(each.id, each.title, _answer(tool, launch, each)) for each in _offered()]
    except KeysError as error:
        raise LaunchRefused("no-key", str(error)) from None
    return pages.choice(str(address), offers, origins(tool, launch))


def _offered() -> Iterator[Exercise]:
    """Yield every exercise that can be loaded."""
    for name in exercises.available():
        try:
            yield exercises.load(name)
        except ExerciseError:
            continue  # `grade doctor` shows its fault


def _answer(tool: Tool, launch: Launch, exercise: Exercise) -> str:
    settings = part(launch.claims, names.LINKING_SETTINGS)
    item: dict[str, Any] = {
        "type": LINK,
        "title": exercise.title,
        "url": tool.address(exercise.id),
        "custom": {"exercise": exercise.id},
    }
    if settings.get("accept_lineitem") is not False:
        item["lineItem"] = {"scoreMaximum": FULL, "label": exercise.title, "resourceId": exercise.id}
    told = {
        "iss": launch.registration.client_id,
        "aud": launch.registration.issuer,
        "nonce": uuid4().hex,
        names.MESSAGE_TYPE: names.LINKING_RESPONSE,
        names.VERSION: names.VERSION_HERE,
        names.DEPLOYMENT: text(launch.claims, names.DEPLOYMENT),
        names.CONTENT_ITEMS: [item],
    }
    if "data" in settings:
        told[names.LINKING_DATA] = settings["data"]
    return tool.keys.signed(told, LASTS)
