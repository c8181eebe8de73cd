"""A class and its gallery: some students want to be shown, some do not, and some write what must not be shown."""

from pathlib import Path

import pytest

from grader.gallery.folder import replaced
from grader.gallery.site import Gallery, Site
from tests.gallery.planted import Class, right

LOGINS = ("a", "ada", "bob42", "grace.hopper@navy.example", "eve", "mallory", "20231234", "김민수")
"""The logins of all students with a submission."""
INJECTION = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&amp;\x1b[31m\u202eevil'
SECRETS = (
    "I am Grace Hopper, grace.hopper@navy.example",
    "ask bob42 or me, ada ( ADA )",
    "it was bob42 or Ada who came",
)


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Class:
    found = Class(tmp_path_factory.mktemp("room"))
    found.keep_pictures()
    found.hand_in("a", *right(0, "a head that looks at a token before a token"), gallery_name="Clara")
    found.hand_in("ada", *right(1, SECRETS[1], SECRETS[2]), gallery_name="Ada the first")
    found.hand_in(
        "grace.hopper@navy.example", *right(2, SECRETS[0], "the old door is red"), gallery_name="Grace Hopper"
    )
    found.hand_in("bob42", *right(3, "mail eve@school.example or mallory [at] school [dot] example"))
    found.hand_in("20231234", *right(0, "20231234 was here, 김민수도"), platform="campus", gallery_name="2023-1234")
    found.hand_in("김민수", *right(1, "김민수는 여기를 본다", "the keys are red"), platform="campus")
    found.hand_in("mallory", *right(2, INJECTION, INJECTION), gallery_name="O'Mallet")
    found.hand_in("eve", *right(0, "SECRET OF EVE"), gallery=False)
    return found


@pytest.fixture(scope="session")
def built(room: Class, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(room.gallery(), tmp_path_factory.mktemp("built") / "site")


def build(gallery: Gallery, out: Path) -> Path:
    with replaced(out) as folder:
        Site(gallery, folder).write()
    return out
