"""The list of platforms: every mistake is reported with its place, and no secret is shown."""

from pathlib import Path

import pytest

from grader.service import platforms
from grader.service.platforms import RESERVED, Platform, PlatformsError, SigningKey, Webhook
from grader.service.secret_files import SecretError

LINE = "0123456789abcdef0123456789abcdef"
HOOK = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
FILE, KEY_FILE, HOOK_FILE = "/run/secrets/canvas", "/run/secrets/canvas-k1", "/run/secrets/canvas-hook"


def listed(folder: Path, text: str) -> dict[str, Platform]:
    file = folder / "platforms.yaml"
    file.write_text(text)
    return platforms.load(file)


def refusals(folder: Path, text: str) -> list[str]:
    """Return the messages about the file, without its path."""
    with pytest.raises(PlatformsError) as caught:
        listed(folder, text)
    assert caught.value.exit_code == 3
    return [line.removeprefix(f"{folder / 'platforms.yaml'}:") for line in str(caught.value).splitlines()]


def secret_file(folder: Path, content: str = LINE + "\n", mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_text(content)
    file.chmod(mode)
    return file


def refusal_of_secret(file: Path) -> str:
    signed = Platform(name="canvas", signing=(SigningKey(key_id="k1", secret_file=str(file)),))
    with pytest.raises(SecretError) as caught:
        signed.signing_secret("k1")
    assert str(caught.value).startswith(f"{file}: ")
    return str(caught.value).removeprefix(f"{file}: ")


def test_without_a_file_there_is_one_platform_that_signs_nothing() -> None:
    assert platforms.load(None) == {"local": Platform(name="local")}


def test_a_whole_entry_is_read(tmp_path: Path) -> None:
    (canvas, moodle) = listed(
        tmp_path,
        """
        platforms:
          - name: canvas
            password_file: /run/secrets/canvas
            signing: [{key_id: k1, secret_file: /run/secrets/canvas-k1}]
            webhook: {url: https://lms.example/grades, secret_file: /run/secrets/canvas-hook}
            per_minute: 600
          - name: moodle
        """,
    ).values()

    assert canvas == Platform(
        name="canvas",
        password_file=FILE,
        signing=(SigningKey(key_id="k1", secret_file=KEY_FILE),),
        webhook=Webhook(url="https://lms.example/grades", secret_file=HOOK_FILE),
        per_minute=600,
    )
    assert moodle == Platform(name="moodle")


def test_every_mistake_is_told_at_its_place(tmp_path: Path) -> None:
    text = """platforms:
  - name: canvas
    password_file: secrets/canvas
    signing: [{key_id: k1, secret_file: /run/k1}, {key_id: k1, secret_file: 5}]
    per_minute: 0
  - name: Canvas
  - name: canvas
    webhok: {}
"""

    assert refusals(tmp_path, text) == [
        "3:20: `secrets/canvas` is a relative path; write the whole path, from / [does-not-fit]",
        "4:60: `key_id` k1 is taken by an earlier item; each item needs its own name [repeated]",
        '4:77: `secret_file` must be text, not `5`; put it in quotes: "5" [wrong-type]',
        "5:17: `per_minute` must be from 1 to 1000000, not `0` [out-of-range]",
        "6:11: `name` is `Canvas`; it must be lower-case words and digits joined by hyphens, such as mini-heads "
        "[bad-name]",
        "7:11: `name` canvas is taken by an earlier item; each item needs its own name [repeated]",
        "8:5: unknown key `webhok` in platforms[2]; allowed: name, password_file, signing, webhook, lti, per_minute, "
        "most_waiting; did you mean `webhook`? [unknown-key]",
    ]


def test_two_names_that_are_the_same_are_refused_where_all_else_is_right(tmp_path: Path) -> None:
    assert refusals(tmp_path, "platforms: [{name: canvas}, {name: canvas}]") == [
        "1:36: `name` canvas is taken by an earlier item; each item needs its own name [repeated]"
    ]


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_the_name_of_one_of_our_own_users_is_refused(tmp_path: Path, name: str) -> None:
    (message,) = refusals(tmp_path, f"platforms: [{{name: {name}}}]")

    assert message.startswith("1:20: `name` cannot be ")


def test_a_file_that_is_no_list_of_platforms_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, "") == ["1:1: the file is empty [empty]"]
    assert refusals(tmp_path, "platforms: []") == ["1:12: `platforms` needs at least 1 item [too-short]"]
    assert refusals(tmp_path, "platforms: &all []") == [
        "1:12: `&all`: YAML aliases are not allowed; text that begins with & must be in quotes [alias]"
    ]


def test_a_missing_file_is_an_error_that_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(PlatformsError, match=r"none\.yaml: the list of platforms cannot be read.*GRADER_PLATFORMS"):
        platforms.load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "url",
    [
        "https://lms.example/grades",
        "https://lms.example:8443/grades?course=7",
        "http://localhost:8000/",
        "http://127.0.0.1:8000/x",
        "http://127.9.9.9/",
        "http://[::1]:8000/",
    ],
)
def test_a_webhook_may_go_by_https_or_stay_on_this_machine(tmp_path: Path, url: str) -> None:
    result = listed(tmp_path, f"platforms: [{{name: canvas, webhook: {{url: '{url}', secret_file: /run/hook}}}}]")

    webhook = result["canvas"].webhook
    assert webhook
    assert webhook.url == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://lms.example/", "must begin with https://"),
        ("http://localhost.lms.example/", "must begin with https://"),
        ("http://2130706433/", "must begin with https://"),
        ("http://10.0.0.1/", "must begin with https://"),
        ("https://user@lms.example/", "must not hold a user or a password"),
        ("https://:word@lms.example/", "must not hold a user or a password"),
        ("http://127.0.0.1@lms.example/", "must not hold a user or a password"),
        ("http://127.0.0.1\\@lms.example/", "must be a URL such as"),
        ("ftp://lms.example/", "must be a URL such as"),
        ("file:///etc/passwd", "must be a URL such as"),
        ("https://lms.example:99999/", "must be a URL such as"),
        ("https://lms.example/#top", "must be a URL such as"),
        ("https://", "must be a URL such as"),
        ("lms.example/grades", "must be a URL such as"),
    ],
)
def test_any_other_webhook_is_refused(tmp_path: Path, url: str, why: str) -> None:
    (message,) = refusals(tmp_path, f"platforms: [{{name: canvas, webhook: {{url: '{url}', secret_file: /run/hook}}}}]")

    assert message.startswith("1:43: `url` ")
    assert why in message


LTI = """
        platforms:
          - name: canvas
            lti:
              issuer: https://canvas.example
              client_id: "1"
              deployments: [a, b]
              auth_login_url: https://canvas.example/auth
              auth_token_url: https://canvas.example/token
              jwks_url: https://canvas.example/keys
              framed_by: [https://school.example]
"""


def test_what_lti_needs_is_read(tmp_path: Path) -> None:
    (canvas,) = listed(tmp_path, LTI).values()
    assert canvas.lti
    known = canvas.lti.registration("canvas")

    assert known
    assert (known.platform, known.issuer, known.deployments) == ("canvas", "https://canvas.example", ("a", "b"))
    assert canvas.lti.framed_by == ("https://school.example",)
    assert not canvas.lti.names


def test_a_platform_that_registers_itself_needs_nothing_more(tmp_path: Path) -> None:
    (moodle,) = listed(tmp_path, "platforms: [{name: moodle, lti: {names: true}}]").values()
    assert moodle.lti

    assert moodle.lti.registration("moodle") is None
    assert moodle.lti.names


@pytest.mark.parametrize(
    ("right", "wrong", "why"),
    [
        ("jwks_url: https://canvas.example/keys", "", "`jwks_url` of `lti` must be given, too"),
        ("https://canvas.example/token", "http://canvas.example/token", "must begin with https://"),
        ("https://canvas.example/token", "https://canvas.example;x/token", "must be a URL"),
        ("https://school.example", "https://school.example/courses", "must be an origin"),
        ("deployments: [a, b]", "deployments: []", "`deployments` of `lti` must be given, too"),
    ],
)
def test_what_lti_cannot_use_is_refused(tmp_path: Path, right: str, wrong: str, why: str) -> None:
    (told,) = refusals(tmp_path, LTI.replace(right, wrong))

    assert why in told


def test_a_secret_is_the_one_line_of_its_file(tmp_path: Path) -> None:
    file = str(secret_file(tmp_path, f"{LINE}\r\n", mode=0o640))
    canvas = Platform(name="canvas", password_file=file, signing=(SigningKey(key_id="k1", secret_file=file),))

    assert canvas.signing_secret("k1") == LINE.encode()
    assert canvas.password() == LINE
    assert canvas.signing_secret("k2") is None


def test_a_webhook_secret_keeps_its_written_form(tmp_path: Path) -> None:
    file = secret_file(tmp_path, HOOK)
    canvas = Platform(name="canvas", webhook=Webhook(url="https://lms.example/", secret_file=str(file)))

    assert canvas.webhook_secret() == HOOK
    assert Platform(name="moodle").webhook_secret() is None


def test_a_changed_secret_holds_at_once(tmp_path: Path) -> None:
    file = secret_file(tmp_path)
    canvas = Platform(name="canvas", signing=(SigningKey(key_id="k1", secret_file=str(file)),))
    before = canvas.signing_secret("k1")

    file.write_text(LINE[::-1])

    assert canvas.signing_secret("k1") == LINE[::-1].encode() != before


def test_a_missing_secret_names_its_file_and_the_fix(tmp_path: Path) -> None:
    message = refusal_of_secret(tmp_path / "none")

    assert message == (
        "this secret's file cannot be read (No such file or directory); create it, readable only for this user"
    )


@pytest.mark.parametrize("content", ["", "\n", " \r\n"])
def test_an_empty_secret_names_its_file_and_the_fix(tmp_path: Path, content: str) -> None:
    message = refusal_of_secret(secret_file(tmp_path, content))

    assert message == "this secret's file is empty; make one with: openssl rand -hex 32"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o666, 0o444])
def test_a_secret_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = secret_file(tmp_path, mode=mode)

    message = refusal_of_secret(file)

    assert message == f"other users can read or write this secret (mode {mode:04o}); run: chmod o= {file}"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("too-short-secret"[:15], "this secret has fewer than 16 characters"),
        (f"{LINE}\n{LINE}\n", "a secret is one line of ASCII characters without spaces"),
        (f"two {LINE}", "a secret is one line of ASCII characters without spaces"),
        (f"\u00e4{LINE}", "this file does not hold a secret"),
        (LINE * 200, "this file does not hold a secret"),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(tmp_path: Path, content: str, why: str) -> None:
    message = refusal_of_secret(secret_file(tmp_path, content))

    assert message.startswith(why)
    assert content not in message
    assert LINE not in message


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (LINE, "a webhook's secret begins with whsec_"),
        (f"whsec_{LINE[:30]}!", "the part after whsec_ is not base64"),
        ("whsec_MDEyMzQ1Njc4OWFiY2Rl", "a webhook's key has at least 24 bytes"),
    ],
)
def test_what_is_no_webhook_secret_is_refused_and_not_repeated(tmp_path: Path, content: str, why: str) -> None:
    file = secret_file(tmp_path, content)
    canvas = Platform(name="canvas", webhook=Webhook(url="https://lms.example/", secret_file=str(file)))

    with pytest.raises(SecretError) as caught:
        canvas.webhook_secret()

    assert str(caught.value) == f'{file}: {why}; make one with: echo "whsec_$(openssl rand -base64 32)"'


def test_signing_keys_are_checked_when_the_service_starts(tmp_path: Path) -> None:
    file = secret_file(tmp_path, HOOK)
    sound = Platform(name="canvas", signing=(SigningKey(key_id="k1", secret_file=str(file)),))
    sound.check_signing()

    file.chmod(0o644)

    with pytest.raises(SecretError, match="other users can read"):
        sound.check_signing()


def test_no_secret_is_in_what_a_platform_shows_of_itself(tmp_path: Path) -> None:
    file = str(secret_file(tmp_path, HOOK))
    webhook = Webhook(url="https://lms.example/", secret_file=file)
    signing = (SigningKey(key_id="k1", secret_file=file),)
    canvas = Platform(name="canvas", password_file=file, signing=signing, webhook=webhook)
    canvas.check_signing()
    assert canvas.webhook_secret() == HOOK

    shown = f"{canvas!r} {canvas} {canvas.model_dump()} {canvas.model_dump_json()} {vars(canvas)}"

    assert HOOK not in shown
    assert HOOK.removeprefix("whsec_") not in shown
