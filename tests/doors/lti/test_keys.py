"""Our keys change without a message that nobody believes."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest

from grader.base.errors import GraderError
from grader.doors.lti import keys
from grader.doors.lti.keys import SIGNS_AFTER, STAYS_FOR, OwnKeys

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def kept(folder: Path, *ages: timedelta) -> list[str]:
    """Make keys of these ages, and return their ids, oldest first."""
    own = OwnKeys(folder)
    for age in ages:
        made = folder / f"{own.rotate()}.jwk"
        made.rename(folder / f"{NOW - age:{keys.MADE_AT}}-{len(own._names()):08x}.jwk")
    return own._names()


def test_a_key_signs_when_it_was_published_for_an_hour_and_stays_for_a_week(tmp_path: Path) -> None:
    old, new = kept(tmp_path, timedelta(days=400), timedelta(minutes=59))
    own = OwnKeys(tmp_path)
    over = NOW - timedelta(minutes=59) + SIGNS_AFTER + STAYS_FOR

    assert own.signing(NOW) == old
    assert own.signing(NOW + timedelta(minutes=1)) == new
    assert set(own._published(over - timedelta(seconds=1))) == {old, new}
    assert own._published(over) == [new]


def test_the_first_key_signs_at_once(tmp_path: Path) -> None:
    own = OwnKeys(tmp_path / "new")
    own.ensure()
    (name,) = own._names()

    assert own.signing() == name
    token = own.signed({"aud": "x"}, timedelta(minutes=5))
    (public,) = own.published()["keys"]
    assert jwt.decode(token, jwt.PyJWK(public), algorithms=["RS256"], audience="x")["exp"]
    assert stat.S_IMODE((tmp_path / "new" / f"{name}.jwk").stat().st_mode) == 0o600


def test_a_key_that_others_can_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    (name,) = kept(tmp_path, timedelta())
    file = tmp_path / f"{name}.jwk"
    file.chmod(0o604)
    with pytest.raises(GraderError, match="other users can read"):
        OwnKeys(tmp_path).published()
    file.chmod(0o600)
    file.write_text('{"kty":"oct","k":"c2VjcmV0"}')
    with pytest.raises(GraderError, match="not a private key"):
        OwnKeys(tmp_path).published()


def test_without_a_key_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="grade lti keys --rotate"):
        OwnKeys(tmp_path).signing()
