"""The package for PrairieLearn: an image that grades, and a question that uses it."""

import uuid
from pathlib import Path

from grader.doors.packages.introduction import start
from grader.doors.packages.making import MY_HEADS, Files, Order, Package, common, filled

IMAGE, QUESTION = "image/", "question/"
"""The folders of a package: what the image is built from, and the question's."""
NAMESPACE = uuid.UUID("8f3f6c3e-6c0a-5b0e-9d0c-3f1f4a0c7b52")
"""The namespace of questions' ids, so that a package made again has the same question in it."""


def files(order: Order) -> Files:
    """Return the folders `image` and `question`."""
    question_id = uuid.uuid5(NAMESPACE, order.exercise.id)
    own = filled(Path(__file__).with_name("templates"), order, question_id=question_id)
    return common(order, IMAGE) | own | {f"{QUESTION}{MY_HEADS}": start(order.exercise).encode()}


PACKAGE = Package(
    files,
    "build {out}/image as an image and push it, name it in {out}/question/info.json, and put the question into your "
    "course",
)
