"""Signatures: computed here a second time in another way, and refused after any change."""

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest

from grader.service.platforms import Platform, SigningKey
from grader.service.signing import (
    SignatureRefused,
    sign_submission,
    submission_text,
    verify_submission,
    webhook_headers,
)
from tests.support.webhooks import WebhookRefused, verify_webhook

KEY = "5f2b8c3a9d7e4f10a6b1c2d3e4f50617"
NOW = 1_790_000_000
SUBMISSION = "exercise: mini-heads\nclaims:\n  - {layer: 0, head: 3, type: positional, note: \u201eschön\u201c}\n"
FIELDS = {
    "id": "hw1:ada-1",
    "submission": SUBMISSION,
    "student": "ada",
    "course": "ling-201",
    "key_id": "k1",
    "timestamp": str(NOW),
}
TEXT = """grader-v1
k1
1790000000
canvas
ling-201
hw1:ada-1
ada
4e8180f5e814b1616913587a264d7f78700d2ac2e9ff573ae2b64e8c0645254f"""
SIGNATURE = "e42e07b3e71838d835eb621cc3d9910104a92a6da1a95571912b9c96c9cd9112"

HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


@pytest.fixture
def canvas(tmp_path: Path) -> Platform:
    """A platform that signs with `KEY`, under the name k1."""
    file = tmp_path / "k1"
    file.write_text(KEY)
    file.chmod(0o600)
    return Platform(name="canvas", signing=(SigningKey(key_id="k1", secret_file=str(file)),))


def signed(**changed: str) -> dict[str, str]:
    """Return the fields with these changes, signed after them."""
    fields = {**FIELDS, **changed}
    return {**fields, "signature": sign_submission(KEY.encode(), "canvas", fields)}


def refusal_of(platform: Platform, fields: dict[str, str], entry_time: float = NOW) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        verify_submission(platform, fields, entry_time)
    return caught.value


def hmac_by_hand(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 as RFC 2104 defines it, without the module that our own code uses."""
    padded = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def test_the_signed_text_is_the_published_one() -> None:
    assert submission_text("canvas", FIELDS) == TEXT.encode()
    assert TEXT.endswith(hashlib.sha256(SUBMISSION.encode()).hexdigest())


def test_the_signature_is_the_published_one_and_openssl_s() -> None:
    argv = ["openssl", "dgst", "-sha256", "-hmac", KEY]
    openssl = subprocess.run(argv, input=TEXT.encode(), capture_output=True, check=True).stdout.decode()

    ours = sign_submission(KEY.encode(), "canvas", FIELDS)

    assert ours == SIGNATURE == openssl.split()[-1] == hmac_by_hand(KEY.encode(), TEXT.encode()).hex()


def test_what_is_missing_is_signed_as_an_empty_line() -> None:
    text = submission_text("canvas", {"id": "7", "submission": "", "key_id": "k1", "timestamp": "5"})

    assert text.decode().split("\n") == ["grader-v1", "k1", "5", "canvas", "", "7", "", hashlib.sha256().hexdigest()]


def test_a_signed_submission_is_accepted(canvas: Platform) -> None:
    verify_submission(canvas, signed(), NOW)
    verify_submission(canvas, {**signed(), "signature": SIGNATURE.upper()}, NOW)


def test_a_platform_without_keys_need_not_sign() -> None:
    verify_submission(Platform(name="canvas"), {"id": "1", "submission": SUBMISSION}, NOW)


@pytest.mark.parametrize("missing", ["key_id", "timestamp", "signature"])
def test_an_unsigned_submission_is_refused(canvas: Platform, missing: str) -> None:
    fields = signed()
    del fields[missing]

    refused = refusal_of(canvas, fields)

    assert refused.code == "unsigned"
    assert str(refused) == f"platform canvas must sign its submissions; missing: `{missing}`"


@pytest.mark.parametrize("empty", ["key_id", "timestamp", "signature"])
def test_an_empty_field_counts_as_unsigned(canvas: Platform, empty: str) -> None:
    assert refusal_of(canvas, {**signed(), empty: ""}).code == "unsigned"


def test_an_unknown_key_is_refused(canvas: Platform) -> None:
    refused = refusal_of(canvas, signed(key_id="k2"))

    assert refused.code == "unknown-key"
    assert str(refused) == "platform canvas has no key `k2`"


@pytest.mark.parametrize("field", ["id", "submission", "student", "course", "timestamp"])
def test_a_field_that_was_changed_on_the_way_is_refused(canvas: Platform, field: str) -> None:
    assert refusal_of(canvas, {**signed(), field: signed()[field] + "1"}).code == "bad-signature"


@pytest.mark.parametrize("field", ["student", "course"])
def test_a_field_that_was_added_or_taken_away_is_refused(canvas: Platform, field: str) -> None:
    without = {name: value for name, value in signed(**{field: ""}).items() if name != field}

    verify_submission(canvas, without, NOW)
    assert refusal_of(canvas, {**without, field: "x"}).code == "bad-signature"
    assert refusal_of(canvas, {**signed(), field: ""}).code == "bad-signature"


def test_a_submission_moved_to_another_platform_is_refused(canvas: Platform) -> None:
    assert refusal_of(canvas.model_copy(update={"name": "moodle"}), signed()).code == "bad-signature"


@pytest.mark.parametrize("forged", ["0" * 64, "x", SIGNATURE[:-1], SIGNATURE + "0", "\ud800", "\u00e9" * 64])
def test_what_is_no_signature_is_refused(canvas: Platform, forged: str) -> None:
    assert refusal_of(canvas, {**signed(), "signature": forged}).code == "bad-signature"


def test_a_signature_by_another_key_is_refused(canvas: Platform) -> None:
    forged = sign_submission(b"another key, as long as it", "canvas", FIELDS)

    assert refusal_of(canvas, {**FIELDS, "signature": forged}).code == "bad-signature"


@pytest.mark.parametrize("field", ["id", "student", "course", "timestamp"])
@pytest.mark.parametrize("line_end", ["\n", "\r"])
def test_a_line_end_in_a_field_is_refused(canvas: Platform, field: str, line_end: str) -> None:
    fields = {**FIELDS, field: f"a{line_end}b"}

    with pytest.raises(ValueError, match=f"`{field}` has a line end in it"):
        sign_submission(KEY.encode(), "canvas", fields)
    assert refusal_of(canvas, {**fields, "signature": SIGNATURE}).code == "bad-signature"


def test_text_that_is_no_unicode_is_refused(canvas: Platform) -> None:
    assert refusal_of(canvas, {**signed(), "submission": "\ud800"}).code == "bad-signature"


@pytest.mark.parametrize("entry_time", [NOW - 300, NOW, NOW + 300])
def test_the_timestamp_may_be_five_minutes_off(canvas: Platform, entry_time: float) -> None:
    verify_submission(canvas, signed(), entry_time)


@pytest.mark.parametrize(("entry_time", "where"), [(NOW - 301, "after"), (NOW + 301, "before")])
def test_a_timestamp_further_off_is_refused(canvas: Platform, entry_time: float, where: str) -> None:
    refused = refusal_of(canvas, signed(), entry_time)

    assert refused.code == "stale-timestamp"
    assert str(refused) == (
        f"the timestamp is 301 s {where} the arrival; at most 300 s are allowed: check the clock, or sign again"
    )


@pytest.mark.parametrize("timestamp", ["soon", "1790000000.5", "-1", "007", "9" * 13, "\u0661"])
def test_a_timestamp_that_is_no_unix_time_is_refused(canvas: Platform, timestamp: str) -> None:
    assert refusal_of(canvas, signed(timestamp=timestamp)).code == "stale-timestamp"


def test_a_forged_signature_learns_nothing_of_the_clock(canvas: Platform) -> None:
    assert refusal_of(canvas, {**FIELDS, "signature": "0" * 64}, NOW + 9999).code == "bad-signature"


def test_no_refusal_shows_the_key_or_the_right_signature(canvas: Platform) -> None:
    message = str(refusal_of(canvas, {**FIELDS, "signature": "0" * 64}))

    assert KEY not in message
    assert SIGNATURE not in message


def test_the_webhook_signature_is_the_one_of_the_standard_s_own_example() -> None:
    headers = webhook_headers(HOOK, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_webhook_signature_is_an_hmac_of_id_time_and_body() -> None:
    key = base64.b64decode(HOOK.removeprefix("whsec_"))

    signature = webhook_headers(HOOK, "d-1", NOW, BODY)["webhook-signature"]

    assert signature == "v1," + base64.b64encode(hmac_by_hand(key, b"d-1.1790000000." + BODY)).decode()


def webhook_refusal(headers: dict[str, str], body: bytes = BODY, now: float = NOW) -> str:
    with pytest.raises(WebhookRefused) as caught:
        verify_webhook(HOOK, headers, body, now)
    return str(caught.value)


def test_a_webhook_message_is_accepted() -> None:
    headers = webhook_headers(HOOK, "d-1", NOW, BODY)

    verify_webhook(HOOK, headers, BODY, NOW + 300)
    verify_webhook(HOOK, {name.title(): value for name, value in headers.items()}, BODY, NOW)
    several = f"v1,AAAA v2,zzzz {headers['webhook-signature']}"
    verify_webhook(HOOK, {**headers, "webhook-signature": several}, BODY, NOW)


def test_a_webhook_message_that_was_changed_is_refused() -> None:
    headers = webhook_headers(HOOK, "d-1", NOW, BODY)

    assert webhook_refusal(headers, BODY + b" ") == "bad-signature"
    assert webhook_refusal({**headers, "webhook-id": "d-2"}) == "bad-signature"
    assert webhook_refusal({**headers, "webhook-timestamp": str(NOW + 1)}) == "bad-signature"
    assert webhook_refusal({**headers, "webhook-signature": "v1,\u00e9"}) == "bad-signature"
    assert webhook_refusal({**headers, "webhook-signature": headers["webhook-signature"][3:]}) == "bad-signature"


def test_a_webhook_message_that_is_repeated_later_is_refused() -> None:
    headers = webhook_headers(HOOK, "d-1", NOW, BODY)

    assert webhook_refusal(headers, now=NOW + 301) == "stale-timestamp"
    assert webhook_refusal(headers, now=NOW - 301) == "stale-timestamp"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_webhook_message_without_a_header_is_refused(name: str) -> None:
    headers = webhook_headers(HOOK, "d-1", NOW, BODY)
    del headers[name]

    assert webhook_refusal(headers) == "unsigned"


def test_a_webhook_secret_in_another_form_is_an_error_that_does_not_show_it() -> None:
    with pytest.raises(ValueError, match=r"^a webhook's secret begins with whsec_$"):
        webhook_headers(KEY, "d-1", NOW, BODY)
