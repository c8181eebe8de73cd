"""`grade lti`: platforms that come in by LTI 1.3, their registration, and the keys that they know us by."""

import json
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from grader.base.environment import value
from grader.base.errors import InvalidInput, Problem
from grader.cli.console import say
from grader.cli.options import FORMAT, OutPath, PlainFormat, print_or_write

if TYPE_CHECKING:
    from grader.service.platforms import Platform

app = typer.Typer(
    help="Register platforms that come in by LTI 1.3, list them, and change the keys that they know us by.",
    no_args_is_help=True,
)

URL_VARIABLE = "GRADER_WEB_URL"
PlatformName = Annotated[str, typer.Argument(help="The platform's name in the list of platforms.", show_default=False)]
PublicUrl = Annotated[
    str | None,
    typer.Option("--url", help=f"The web door's public URL. Default: {URL_VARIABLE}.", metavar="URL"),
]


@app.command("list")
def list_(form: Annotated[PlainFormat, FORMAT] = PlainFormat.text, out: OutPath = None) -> None:
    """List the registered platforms, and the line items that cannot take a score."""
    from grader.doors.lti.tool import Tool
    from grader.ledger import Ledger
    from grader.ledger.lti import line_items
    from grader.report.text.labels import visible

    with Ledger() as ledger:
        known = Tool(ledger, _platforms(), "").registrations()
        troubled = line_items.troubled(ledger)
    if form is PlainFormat.json:
        listed = [each._asdict() for each in known.values()]
        wrong = [{**item.launched._asdict(), "trouble": item.trouble} for item in troubled]
        print_or_write(json.dumps({"platforms": listed, "troubled": wrong}, indent=2), out)
        return
    lines = [
        f"{name}: {each.issuer}, client {each.client_id}, deployments {', '.join(each.deployments) or 'none yet'}"
        for name, each in known.items()
    ]
    for item in troubled:
        where = f"{item.launched.platform}, course {item.launched.course}, {item.launched.exercise}"
        lines.append(f"LOOK {where}, student {item.launched.student}: {item.trouble}")
    print_or_write("\n".join(map(visible, lines)) or "no platform is registered", out)


@app.command()
def register(name: PlatformName, url: PublicUrl = None) -> None:
    """Print a link by which a platform registers itself. It works once, for a day."""
    from grader.doors.lti.keys import OwnKeys
    from grader.doors.lti.registration import invitation
    from grader.ledger import Ledger

    listed = _platforms()
    if name not in listed:
        _refuse(f"there is no platform {name}; write it into the list of platforms, or choose: {', '.join(listed)}")
    settings = listed[name].lti
    if settings is not None and settings.issuer is not None:
        _refuse(f"the list of platforms says already what is known of {name}; take it out there first")
    address = url or value(URL_VARIABLE)
    if not address.startswith(("https://", "http://")):
        _refuse(f"give the web door's public URL with --url, or in {URL_VARIABLE}, such as https://heads.example.edu")
    OwnKeys().ensure()
    with Ledger() as ledger:
        say(invitation(ledger, name, address))


@app.command()
def deployment(
    name: PlatformName,
    number: Annotated[str, typer.Argument(help="The deployment's id.", metavar="ID", show_default=False)],
) -> None:
    """Let launches from one more deployment in, of a platform that registered itself."""
    from grader.ledger import Ledger
    from grader.ledger.lti import registrations

    with Ledger() as ledger:
        known = registrations.registrations(ledger).get(name)
        if known is None:
            _refuse(f"{name} did not register itself; its deployments stand in the list of platforms")
        deployments = tuple(dict.fromkeys((*known.deployments, number)))
        registrations.keep(ledger, known._replace(deployments=deployments))
    say(f"{name}: launches from deployment {number} are let in")


@app.command()
def keys(
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new key; the old one stays for a time.")] = False,
) -> None:
    """List the keys that platforms know us by, or make a new one."""
    from grader.doors.lti.keys import OwnKeys

    own = OwnKeys()
    if rotate:
        own.rotate()
    published, signing = own.published()["keys"], own.signing()
    for key in published:
        say(f"{key['kid']}  {'signs' if key['kid'] == signing else 'is published'}")


def _platforms() -> "dict[str, Platform]":
    from grader.service import platforms
    from grader.service.settings import settings

    return platforms.load(settings().platforms)


def _refuse(message: str) -> NoReturn:
    raise InvalidInput("grade lti", [Problem("usage", message)])
