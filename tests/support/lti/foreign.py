"""A platform whose every message is made and judged by others' code: the package `lti1p3platform`, on loopback."""

import json
from datetime import datetime
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

from tests.support.lti.lms import INSTRUCTOR, LEARNER, private_key
from tests.support.lti.loopback import Loopback, Reply


class Asked(Request):
    """A request, as the package wants it."""

    def build_metadata(self, request: dict[str, Any]) -> Any:  # noqa: ANN401
        return request


class Configuration(LTI1P3PlatformConfAbstract):
    """The platform with one tool."""

    def init_platform_config(self, platform: "Foreign") -> None:
        key = private_key(3)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        tool = platform.tool_url
        self._registration = (
            Registration()
            .set_iss(platform.url)
            .set_client_id("tool")
            .set_deployment_id("1")
            .set_launch_url(f"{tool}/lti/exercises/planted-heads")
            .set_deeplink_launch_url(f"{tool}/lti/launch")
            .set_oidc_login_url(f"{tool}/lti/login")
            .set_tool_key_set_url(f"{tool}/lti/keys")
            .set_platform_public_key(public)
            .set_platform_private_key(private)
        )

    def get_registration_by_params(self, **_: Any) -> Registration:  # noqa: ANN401
        return self._registration


class Login(OIDCLoginAbstract):
    """The beginning of a launch."""

    def set_lti_message_hint(self, hint: str) -> None:
        self._lti_message_hint = hint

    def get_redirect(self, url: str) -> str:
        return url


class Launching(LTIAdvantageMessageLaunchAbstract):
    """The end of a launch."""

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401
        return launch_data


class Grades(AssignmentsGradesService):
    """The gradebook; only what a tool without line items of its own needs."""

    platform: "Foreign"

    def update_score(self, line_item_id: str, score: Any) -> UpdateScoreStatus:  # noqa: ANN401
        known = self.platform.grades.get((line_item_id, score["userId"]))
        if known and datetime.fromisoformat(known["timestamp"]) >= datetime.fromisoformat(score["timestamp"]):
            return UpdateScoreStatus.OLD_TIMESTAMP
        self.platform.grades[line_item_id, score["userId"]] = score
        return UpdateScoreStatus.SUCCESS

    def _none(self, *_: object, **__: object) -> Any:  # noqa: ANN401
        raise NotImplementedError

    find_lineitems = find_lineitem = create_lineitem = update_lineitem = delete_lineitem = get_results = _none


class Roster(NamesRoleProvisioningService):
    """The list of members."""

    def get_member_data_page(self, **_: Any) -> Any:  # noqa: ANN401
        members = [{"user_id": "ada", "roles": [LEARNER]}, {"user_id": "grace", "roles": [INSTRUCTOR]}]
        return {"content": members, "has_next": False}

    def get_context_by_id(self) -> Context:
        return Context("course", "HEADS", "Attention heads")


class Foreign:
    """The platform, with a course `course` and a line item `7`."""

    def __init__(self, tool_url: str) -> None:
        self.tool_url = tool_url
        self.grades: dict[tuple[str, str], dict[str, Any]] = {}
        self._server = Loopback(self._reply)
        self.url = self._server.url
        self.configuration = Configuration(platform=self)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def login(self, user: str) -> str:
        """Return the address at which a launch begins."""
        begun = Login(None, self.configuration)
        begun.set_lti_message_hint("hint")
        return str(begun.initiate_login(user))

    def launch(self, address: str, *, chooses: bool = False) -> dict[str, Any]:
        """Return the form that a browser posts, after the tool sent it to this address."""
        asked = dict(parse_qsl(urlsplit(address).query))
        launching = Launching(Asked({"get_data": asked, "form_data": {}}), self.configuration)
        launching.set_user_data(asked["login_hint"], [INSTRUCTOR if chooses else LEARNER])
        launching.set_resource_link_claim("link")
        launching.set_launch_context_claim("course")
        launching.set_ags(f"{self.url}/lineitems", f"{self.url}/lineitems/7")
        launching.set_nrps(f"{self.url}/members")
        if chooses:
            launching.set_dl(f"{self.url}/links", accept_types={"ltiResourceLink"})
        return dict(launching.lti_launch())

    def _reply(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        given = {name.title(): value for name, value in headers.items()}
        asked = {"method": method, "headers": given, "get_data": {}, "form_data": {}, "path": target}
        match urlsplit(target).path:
            case "/jwks":
                return _json(200, self.configuration.get_jwks())
            case "/token":
                return _json(200, self.configuration.get_access_token(dict(parse_qsl(body.decode()))))
            case "/lineitems/7/scores":
                request = Asked({**asked, "json": json.loads(body)})
                grades = Grades(request, self.configuration, f"{self.url}/lineitems", f"{self.url}/lineitems/7")
                grades.platform = self
                answer = grades.handle_resp(grades.handle_update_score, line_item_id="7")
                return _json(answer.code, answer.result)
            case "/members":
                roster = Roster(Asked(asked), self.configuration, f"{self.url}/members")
                answer = roster.handle_resp(roster.handle_get_members)
                return _json(answer.code, answer.result)
        return _json(404, None)


def _json(status: int, content: object) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(content).encode()
