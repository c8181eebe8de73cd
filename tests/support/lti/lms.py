"""A strict course platform on loopback, with the differences of Canvas, Moodle and Open edX, from their sources.

It shares no code with the grader and signs with another library. It refuses everything that either of them refuses, and
answers with their statuses and words.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Self
from urllib.parse import SplitResult, parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.lti.loopback import Loopback, Reply

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
SCORES = "application/vnd.ims.lis.v1.score+json"
ITEM, ITEMS = "application/vnd.ims.lis.v2.lineitem+json", "application/vnd.ims.lis.v2.lineitemcontainer+json"
TOKEN_SECONDS = 3600
EXERCISE = "planted-heads"
"""The exercise to which its links lead."""

Take = Callable[[], Reply]
"""A function that takes a score, and returns the answer."""
Fault = Callable[[Take], Reply | None]
"""What happens instead; None hangs up."""


EVERY = pytest.mark.parametrize("lms", ["canvas", "moodle", "openedx"], indirect=True)
"""Runs a test with each platform."""


class Grade(NamedTuple):
    """One cell of the gradebook."""

    part: float | None
    """Of the full score; None if there is no grade."""
    stamp: datetime
    submitted_at: datetime


@cache
def private_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return a private key, the same for the same number."""
    return rsa.generate_private_key(65537, 2048)


class Lms:
    """A platform with one tool, one gradebook and any number of courses."""

    client_id, deployment = "client-1", "deployment-1"

    def __init__(self, flavour: str = "canvas", tool_url: str = "") -> None:
        """Behave like `canvas`, `moodle` or `openedx`, towards the tool with this public URL."""
        self.flavour, self.tool_url, self.name = flavour, tool_url, flavour
        self.key, self.key_id = private_key(), "key-1"
        self.grades: dict[tuple[str, str], Grade] = {}
        self.students: set[str] = set()
        self.members: list[dict[str, Any]] = []
        self.page_size = 2
        self.posts: list[dict[str, Any]] = []
        """The scores that it was told, taken or not, each with the path of its `item`."""
        self.faults: list[Fault] = []
        """The faults that happen to the next scores."""
        self.is_down = False
        self.gone: set[str] = set()
        self.names_line_items = True
        """False if its links come with the list of line items alone."""
        self.line_items: list[dict[str, Any]] = []
        """Those that the tool made."""
        self.tokens: dict[str, tuple[str, float]] = {}
        self.token_requests = 0
        self.assertions: set[str] = set()
        self.registered: dict[str, Any] = {}
        self._server = Loopback(self._reply)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def registration(self) -> dict[str, Any]:
        """What the tool's operator is told of it, as it stands under `lti` in the list of platforms."""
        # Its port may be another platform's later, so its keys have an address apart.
        addresses = {"auth_login_url": "auth", "auth_token_url": "token", "jwks_url": f"jwks?{self.name}"}
        known = {"issuer": self.url, "client_id": self.client_id, "deployments": (self.deployment,)}
        return known | {name: f"{self.url}/{path}" for name, path in addresses.items()}

    # What a browser does with it

    def login(self, user: str, exercise: str = EXERCISE, **changes: str) -> dict[str, str]:
        """Return the fields with which it begins a launch."""
        return {
            "iss": self.url,
            "login_hint": user,
            "target_link_uri": f"{self.tool_url}/lti/exercises/{exercise}",
            "lti_message_hint": f"hint-of-{user}",
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment,
            **changes,
        }

    def authorize(self, address: str, **changes: Any) -> dict[str, str]:  # noqa: ANN401
        """Return the form that it lets the browser post, after the tool sent the browser to this address.

        `changes` replace claims; one that is None is left out.
        """
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/auth"
        asked = dict(parse_qsl(parts.query))
        fixed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        assert fixed.items() <= asked.items()
        assert asked["client_id"] == self.client_id
        assert asked["redirect_uri"] == f"{self.tool_url}/lti/launch"
        assert asked["nonce"]
        claims = {**self.claims(asked["login_hint"], asked["nonce"]), **changes}
        return {"state": asked["state"], "id_token": self.signed({k: v for k, v in claims.items() if v is not None})}

    def claims(self, user: str, nonce: str, course: str = "course-1", exercise: str = EXERCISE) -> dict[str, Any]:
        """Return the claims of a student's launch."""
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": self.client_id,
            "azp": self.client_id,
            "sub": user,
            "name": f"Name of {user}",
            "email": f"{user}@school.example",
            "iat": now,
            "exp": now + (60 if self.flavour == "moodle" else 3600),
            "nonce": nonce,
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": self.deployment,
            f"{CLAIM}target_link_uri": f"{self.tool_url}/lti/exercises/{exercise}",
            f"{CLAIM}resource_link": {"id": f"link-{course}-{exercise}"},
            f"{CLAIM}roles": [LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
            f"{CLAIM}context": {"id": course, "label": "HEADS", "title": "Attention heads"},
            f"{CLAIM}launch_presentation": {"document_target": "iframe", "return_url": f"{self.url}/courses/{course}"},
            **self.services(course, exercise),
        }

    def services(self, course: str = "course-1", exercise: str = EXERCISE) -> dict[str, Any]:
        """Return the claims about the services for this course."""
        scopes = [f"{AGS}scope/score", f"{AGS}scope/lineitem", f"{AGS}scope/result.readonly"]
        named = {"lineitem": self.line_item(course, exercise)} if self.names_line_items else {}
        return {
            f"{AGS}claim/endpoint": {"scope": scopes, "lineitems": f"{self.url}/courses/{course}/lineitems", **named},
            f"{NRPS}claim/namesroleservice": {
                "context_memberships_url": f"{self.url}/courses/{course}/members",
                "service_versions": ["2.0"],
            },
        }

    def line_item(self, course: str = "course-1", exercise: str = EXERCISE) -> str:
        """Return the address of a line item; Moodle's has a query."""
        path = f"{self.url}/courses/{course}/lineitems/{exercise}"
        return f"{path}/lineitem?type_id=2" if self.flavour == "moodle" else path

    def signed(self, claims: dict[str, Any], **header: Any) -> str:  # noqa: ANN401
        """Return a message that it signed."""
        payload = json.dumps(claims).encode()
        return jwt.PyJWS().encode(payload, self.key, algorithm="RS256", headers={"kid": self.key_id, **header})

    def rotate(self, key_id: str = "key-2") -> None:
        """Sign with another key from now on; the old one is gone at once."""
        self.key, self.key_id = private_key(1), key_id

    def grade(self, user: str, course: str = "course-1", exercise: str = EXERCISE) -> Grade | None:
        """Return what the gradebook holds."""
        return self.grades.get((urlsplit(self.line_item(course, exercise)).path, user))

    # What it answers to the tool

    def _reply(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply | None:
        parts = urlsplit(target)
        if self.is_down:
            return None
        given = {name.lower(): value for name, value in headers.items()}
        answers: dict[tuple[str, str], Callable[[], Reply | None]] = {
            ("GET", "jwks"): lambda: _json(200, self._jwks()),
            ("POST", "token"): lambda: self._token(dict(parse_qsl(body.decode()))),
            ("GET", "openid-configuration"): lambda: self._about_itself(given),
            ("POST", "register"): lambda: self._register(given, json.loads(body)),
            ("GET", "members"): lambda: self._members(target, given),
            ("POST", "scores"): lambda: self._or_fault(lambda: self._score(parts.path, given, body)),
            ("GET", "lineitems"): lambda: self._listed(parts, given),
            ("POST", "lineitems"): lambda: self._or_fault(lambda: self._made(parts, given, json.loads(body))),
        }
        answer = answers.get((method, parts.path.rpartition("/")[2]))
        return answer() if answer else _json(404, {"error": "not found"})

    def _jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def _token(self, form: dict[str, str]) -> Reply:
        self.token_requests += 1
        assertion = form["client_assertion"]
        try:
            key = jwt.PyJWKClient(f"{self.tool_url}/lti/keys").get_signing_key_from_jwt(assertion)
            told = jwt.decode(assertion, key, algorithms=["RS256"], audience=f"{self.url}/token", leeway=5)
        except jwt.PyJWTError as error:
            return _json(400, {"error": "invalid_client", "error_description": str(error)})
        fine = form["grant_type"] == "client_credentials" and told["iss"] == told["sub"] == self.client_id
        if not fine or told["jti"] in self.assertions or told["exp"] - told["iat"] > 3600:
            return _json(400, {"error": "invalid_request"})
        self.assertions.add(told["jti"])
        token = uuid4().hex
        self.tokens[token] = (form["scope"], time.time() + TOKEN_SECONDS)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": form["scope"]}
        return _json(200, answer)

    def _refusal(self, headers: dict[str, str], scope: str) -> Reply | None:
        kind, _, token = headers.get("authorization", "").partition(" ")
        scopes, until = self.tokens.get(token, ("", 0.0))
        if kind != "Bearer" or until < time.time():
            return _json(401, {"error": "unauthorized"})
        return None if scope in scopes.split() else _json(403, {"error": "insufficient scope"})

    def _or_fault(self, take: Take) -> Reply | None:
        return self.faults.pop(0)(take) if self.faults else take()

    def _listed(self, parts: SplitResult, headers: dict[str, str]) -> Reply:
        if refusal := self._refusal(headers, f"{AGS}scope/lineitem"):
            return refusal
        if headers.get("accept") != ITEMS:
            return _json(400, {"error": "unsupported content type"})
        asked = dict(parse_qsl(parts.query))
        known = [each for each in self.line_items if each["id"].startswith(f"{self.url}{parts.path}/")]
        if self.flavour != "openedx":  # it lists all of them
            known = [each for each in known if each["resourceId"] == asked["resource_id"]]
        begin = int(asked.get("from", "0"))
        more = {}
        if begin + self.page_size < len(known):
            more = {
                "link": f'<{self.url}{parts.path}?{urlencode({**asked, "from": begin + self.page_size})}>; rel="next"'
            }
        status, own, content = _json(200, known[begin : begin + self.page_size])
        return status, {**own, **more}, content

    def _made(self, parts: SplitResult, headers: dict[str, str], told: dict[str, Any]) -> Reply:
        if refusal := self._refusal(headers, f"{AGS}scope/lineitem"):
            return refusal
        if headers.get("content-type") != ITEM or not told["label"] or told["scoreMaximum"] <= 0:
            return _json(400, {"error": "no label or score maximum"})
        if self.flavour == "canvas" and "resourceLinkId" in told:
            return 412, {}, b""  # the link has no line item to which this one could be tied
        path = f"{self.url}{parts.path}/own-{len(self.line_items) + 1}"
        item = {**told, "id": f"{path}/lineitem?type_id=2" if self.flavour == "moodle" else path}
        self.line_items.append(item)
        return _json(201, item)

    def _score(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        item = path.removesuffix("/scores")
        refusal = self._refusal(headers, f"{AGS}scope/score")
        if refusal:
            return refusal
        if headers.get("content-type") != SCORES or item in self.gone:
            return _json(404 if item in self.gone else 400, {"error": "no such line item"})
        told = json.loads(body)
        self.posts.append({**told, "item": item})
        stamp = datetime.fromisoformat(told["timestamp"])
        assert stamp.tzinfo
        assert {"userId", "activityProgress", "gradingProgress", "timestamp"} <= told.keys()
        if "scoreGiven" in told and not told["scoreMaximum"] > 0:
            return _json(422, {"errors": "ScoreMaximum must be greater than 0"})
        if self.flavour == "canvas" and told["https://canvas.instructure.com/lti/submission"]["new_submission"]:
            return _json(422, {"errors": "this would be another submission, and late"})
        if told["userId"] not in self.students:
            return _json(422 if self.flavour == "canvas" else 400, {"errors": "user not found in course"})
        if (stale := self._stale((item, told["userId"]), told["timestamp"])) is not None:
            return stale
        is_graded = told["gradingProgress"] == "FullyGraded" and "scoreGiven" in told
        part = told["scoreGiven"] / told["scoreMaximum"] if is_graded else None
        submitted = datetime.fromisoformat(told["submission"]["submittedAt"])
        self.grades[item, told["userId"]] = Grade(part, stamp, submitted)
        return _json(200, {"resultUrl": f"{self.url}{item}/results/1"})

    def _stale(self, cell: tuple[str, str], written: str) -> Reply | None:
        known, stamp = self.grades.get(cell), datetime.fromisoformat(written)
        if known is None:
            return None
        if self.flavour == "openedx":
            if known.stamp >= stamp:
                text = "already exists for the provided timestamp"
                later = "timestamp can only be updated to a later point in time"
                return _json(400, {"timestamp": [f"Score {text if known.stamp == stamp else later}"]})
        elif self.flavour == "moodle":  # it keeps whole seconds
            if int(known.stamp.timestamp()) >= int(stamp.timestamp()):
                return _json(409, {"reason": "Refusing score with an earlier timestamp for item 7"})
        elif known.stamp > stamp:
            text = f"Provided timestamp of {written} before last updated timestamp of {known.stamp.isoformat()}"
            return _json(400, {"errors": {"type": "bad_request", "message": text}})
        return None

    def _members(self, target: str, headers: dict[str, str]) -> Reply:
        refusal = self._refusal(headers, f"{NRPS}scope/contextmembership.readonly")
        if refusal:
            return refusal
        if headers.get("accept") != "application/vnd.ims.lti-nrps.v2.membershipcontainer+json":
            return _json(406, {"error": "not acceptable"})
        begin = int(parse_qs(urlsplit(target).query).get("from", ["0"])[0])
        page = self.members[begin : begin + self.page_size]
        more = {}
        if begin + self.page_size < len(self.members):
            address = f"{self.url}{urlsplit(target).path}?from={begin + self.page_size}"
            more = {"link": f'<{address}>; rel="next"'}
        status, own, content = _json(200, {"id": self.url, "context": {"id": "course-1"}, "members": page})
        return status, {**own, **more}, content

    def _about_itself(self, headers: dict[str, str]) -> Reply:
        if self.flavour == "canvas" and headers.get("authorization") != "Bearer may-register":
            return _json(401, {"error": "no registration token"})
        return _json(200, self.configuration())

    def configuration(self) -> dict[str, Any]:
        """Return what it tells tools about itself."""
        places = ["assignment_selection", "editor_button", "link_selection"] if self.flavour == "canvas" else []
        choosing = {"type": "LtiDeepLinkingRequest", **({"placements": places} if places else {})}
        return {
            "issuer": self.url,
            **({"authorization_server": "sso.canvaslms.example"} if self.flavour == "canvas" else {}),
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "registration_endpoint": f"{self.url}/register",
            "scopes_supported": ["openid", f"{AGS}scope/score"],
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                "product_family_code": self.flavour,
                "messages_supported": [{"type": "LtiResourceLinkRequest"}, choosing],
            },
        }

    def _register(self, headers: dict[str, str], told: dict[str, Any]) -> Reply:
        if headers.get("authorization") != "Bearer may-register":
            return _json(401, {"error": "no registration token"})
        configuration = told["https://purl.imsglobal.org/spec/lti-tool-configuration"]
        assert told["application_type"] == "web"
        assert told["response_types"] == ["id_token"]
        assert set(told["grant_types"]) == {"implicit", "client_credentials"}
        assert told["token_endpoint_auth_method"] == "private_key_jwt"  # noqa: S105 - a method
        assert told["redirect_uris"] == [f"{self.tool_url}/lti/launch"]
        assert told["jwks_uri"] == f"{self.tool_url}/lti/keys"
        assert configuration["domain"] == urlsplit(self.tool_url).netloc
        self.registered = told
        # Canvas makes deployments later; Moodle tells the one that there is.
        known = {"deployment_id": self.deployment} if self.flavour == "moodle" else {}
        answer = {**told, "client_id": self.client_id}
        answer["https://purl.imsglobal.org/spec/lti-tool-configuration"] = {**configuration, **known}
        return _json(200, answer)


def busy(take: Take) -> Reply:
    """Return Canvas's answer to too many requests, in place of taking the score."""
    return 403, {"x-rate-limit-remaining": "0.0"}, b"403 Forbidden (Rate Limit Exceeded)"


def too_many(take: Take) -> Reply:
    """Return everybody else's."""
    return 429, {}, b""


def broken(take: Take) -> Reply:
    """Return an error of its own, in place of taking the score."""
    return 500, {}, b"oops"


def takes_and_hangs_up(take: Take) -> None:
    """Take the score, and lose the answer."""
    assert take()[0] in (200, 201)


def hangs_up(take: Take) -> None:
    """Neither take it nor answer."""


def _json(status: int, content: object) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(content).encode()
