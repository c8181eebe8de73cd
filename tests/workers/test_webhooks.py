"""Results reach every receiver at least once, whatever it does first, and no receiver delays another."""

import json
import ssl
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from grader.service import answers
from tests.support.servers import Valkey, wait_for
from tests.support.webhooks import verify_webhook
from tests.workers.support import receiver
from tests.workers.support.owing import SWIFT, Owing
from tests.workers.support.receiver import Post, Receiver
from workers.courier import Patience
from workers.webhooks import EACH_AT_ONCE

ELSEWHERE = "/elsewhere"
MISBEHAVIOUR: dict[str, receiver.Behaviour] = {
    "fails": receiver.says("500 Internal Server Error"),
    "is-gone": receiver.says("410 Gone"),
    "has-too-much-to-do": receiver.says("429 Too Many Requests"),
    "has-an-odd-status": receiver.says("599"),
    "stalls": receiver.stalls,
    "drips-headers": receiver.drips(b"HTTP/1.1 200 OK\r\nX: "),
    "drips-a-body": receiver.drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "redirects": receiver.says("302 Found", f"Location: {ELSEWHERE}"),
    "redirects-for-good": receiver.says("308 Permanent Redirect", f"Location: {ELSEWHERE}"),
    "breaks-off": receiver.sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok"),
    "hangs-up": receiver.sends(b""),
    "speaks-no-http": receiver.sends(b"220 mail.example ESMTP\r\n"),
    "promises": receiver.sends(b"HTTP/1.1 100 Continue\r\n\r\n"),
}
"""The behaviour of each platform's receiver at the first posts; then it accepts them."""
BADLY = 2
NAMES = ("one", "two")


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey") as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def by_name(posts: list[Post]) -> dict[str, list[Post]]:
    """Return the posts by their submission."""
    posts_by_name = defaultdict(list)
    for post in posts:
        posts_by_name[json.loads(post.body)["id"]].append(post)
    return dict(posts_by_name)


def test_everything_arrives_signed_and_under_one_id_whatever_the_receiver_does_first(
    tmp_path: Path, valkey: Valkey, there: Receiver
) -> None:
    hooks = {name: f"{there.url}/{name}" for name in MISBEHAVIOUR}
    with Owing(tmp_path, valkey, hooks) as owing:
        for name, behaviour in MISBEHAVIOUR.items():
            there.scripts[f"/{name}"] = [behaviour] * BADLY
            owing.owe(name, *NAMES)
        owing.courier(SWIFT._replace(post=1.5))
        owing.wait_until_nothing_is_owed()

        for name in MISBEHAVIOUR:
            posts = there.to(f"/{name}")
            tried = by_name(posts)
            assert len(posts) >= BADLY + len(NAMES)
            assert (name, sorted(tried)) == (name, sorted(NAMES))
            for post in posts:
                verify_webhook(owing.secrets[name], post.headers, post.body, post.at)
            ids = {submission: {post.headers["webhook-id"] for post in tries} for submission, tries in tried.items()}
            assert [len(each) for each in ids.values()] == [1, 1]
            assert len(set.union(*ids.values())) == len(NAMES)
    assert not there.to(ELSEWHERE)


def test_a_post_holds_the_result_as_json(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    with Owing(tmp_path, valkey, {"canvas": there.url + "/grades"}) as owing:
        owing.owe_report("canvas", "s1")
        owing.courier()
        owing.wait_until_nothing_is_owed()
        result = answers.result(owing.ledger, "canvas", "s1")

    (post,) = there.posts
    assert result
    assert (result.state, result.student) == ("graded", "ada")
    assert post.body.decode() == result.model_dump_json()
    assert post.headers["content-type"] == "application/json"


def test_an_answer_without_end_is_not_read_to_its_end(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    there.then["/talks"] = receiver.takes_and_talks
    with Owing(tmp_path, valkey, {"talks": f"{there.url}/talks"}) as owing:
        owing.owe("talks", "s1")
        owing.courier()
        owing.wait_until_nothing_is_owed()

    assert len(there.posts) == 1


def test_a_stalling_receiver_holds_up_neither_the_others_nor_the_streams(
    tmp_path: Path, valkey: Valkey, there: Receiver
) -> None:
    many, few = [f"s{number}" for number in range(100)], [f"q{number}" for number in range(20)]
    there.then["/stalls"] = receiver.stalls
    with Owing(tmp_path, valkey, {"stalls": f"{there.url}/stalls", "quick": f"{there.url}/quick"}) as owing:
        owing.owe("stalls", *many)
        owing.courier(Patience(post=600.0))
        wait_for(lambda: len(there.to("/stalls")) == EACH_AT_ONCE, "posts to stall")
        owing.owe("quick", *few)
        wait_for(lambda: len(there.to("/quick")) == len(few), "the others' posts")

        assert len(there.to("/stalls")) == EACH_AT_ONCE
        wait_for(lambda: len(owing.owed()) == len(many), "all but the stalling receiver's answers to be delivered")
        assert [fields["id"] for fields in owing.on_stream("stalls")] == many
        assert {channel for _, channel in owing.owed()} == {"webhook"}


def test_a_receiver_that_is_away_is_not_asked_by_every_result(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    """The first posts fail together; then the receiver rests, and its other answers keep all their tries."""
    names = [f"s{number}" for number in range(20)]
    there.then["/away"] = receiver.says("503 Service Unavailable")
    with Owing(tmp_path, valkey, {"away": f"{there.url}/away", "well": f"{there.url}/well"}) as owing:
        owing.owe("away", *names)
        owing.courier(Patience(first=600.0, rest=600.0))
        wait_for(lambda: len(there.to("/away")) == EACH_AT_ONCE, "the first posts")
        owing.owe("well", "s1")
        wait_for(lambda: there.to("/well"), "a later post to another")
        wait_for(lambda: len(owing.owed()) == len(names), "all other answers to be delivered")

        owed = owing.owed().values()
        assert len(there.to("/away")) == EACH_AT_ONCE
        assert sorted(row["tries"] for row in owed) == [0] * (len(names) - EACH_AT_ONCE) + [1] * EACH_AT_ONCE
        assert {row["reason"] for row in owed} == {"", "answered 503"}


def test_what_cannot_be_posted_is_kept_with_the_reason_until_it_can(
    tmp_path: Path, valkey: Valkey, there: Receiver
) -> None:
    hooks = {name: f"{there.url}/{name}" for name in ("unlisted", "unreadable", "moved", "well")}
    with Owing(tmp_path, valkey, hooks) as owing:
        for name in hooks:
            there.scripts[f"/{name}"] = [receiver.says("500 Internal Server Error")]
            owing.owe(name, name)
        with owing.courier(Patience(first=600.0)):
            wait_for(lambda: owing.reasons() == dict.fromkeys(hooks, "answered 500"), "every post to fail once")
        owing.list_platforms({"unreadable": hooks["unreadable"], "moved": "http://127.0.0.1:9/", "well": hooks["well"]})
        (tmp_path / "unreadable.secret").chmod(0o666)
        owing.let_time_pass()
        with owing.courier(Patience(first=600.0)):
            wait_for(lambda: "answered 500" not in owing.reasons().values(), "everything to be tried again")
        reasons = owing.reasons()

        assert reasons.keys() == hooks.keys() - {"well"}
        assert "no webhook for unlisted" in reasons["unlisted"]
        assert "other users can read" in reasons["unreadable"]
        assert reasons["moved"].startswith("no answer: ConnectError")
        owing.list_platforms(hooks)
        owing.let_time_pass()
        owing.courier()
        owing.wait_until_nothing_is_owed()
    assert {post.path: len(there.to(post.path)) for post in there.posts} == {f"/{name}": 2 for name in hooks}


def test_a_receiver_is_believed_for_its_certificate_alone(tmp_path: Path, valkey: Valkey) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    stranger.cert_pem.write_to_path(tmp_path / "stranger.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with Receiver(tls) as there, Owing(tmp_path, valkey, {"canvas": there.url + "/grades"}) as owing:
        owing.owe("canvas", "s1")
        distrusts = owing.courier(SSL_CERT_FILE=str(tmp_path / "stranger.pem"))
        wait_for(lambda: "CERTIFICATE_VERIFY_FAILED" in str(owing.owed()), "the certificate to be refused")
        distrusts.stop()

        assert not there.posts
        owing.courier(SSL_CERT_FILE=str(tmp_path / "authority.pem"))
        owing.let_time_pass()
        owing.wait_until_nothing_is_owed()
        assert len(there.posts) == 1
