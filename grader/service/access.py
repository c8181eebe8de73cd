"""Access: the rights of each user on the Redis server, as the lines of its ACL file.

Every platform has a user with its own name, which may add to its own intake stream and read its own results stream,
and nothing else. Each of the service's processes has a user, with the commands and keys that its work needs; `default`,
the user of a client without a name, is off. Valkey takes the same lines; Redis must be 7.0 or newer. The service uses
only database 0, so its users may not select another.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.base.errors import GraderError
from grader.service.platforms import OWN_USERS, Platform
from grader.service.secret_files import secret

PASSWORD_BYTES = 32

# The commands that a client library sends first depend on its version and the server's. An ACL file may not name a
# command that its server does not know, such as `CLIENT SETINFO`. So the whole category is allowed, except what a
# greeting does not need: `CLIENT TRACKING`, for one, would tell the names of all keys that are written.
_GREETING = (
    "+@connection -@admin -@dangerous -command -select -wait -asking -readonly -readwrite -client|reply "
    "-client|caching -client|getredir -client|tracking -client|trackinginfo"
)
_TRANSACTION = "+multi +exec +discard"
_PUBLISHING = "(%W~celery* %W~_kombu.binding* +lpush +llen +sadd)"
"""To post a task without reading one, Celery counts the queue, writes its binding, and pushes."""

_PLATFORM = "%W~intake:{name} %R~results:{name} +xadd +xread +xrevrange"
"""Write to one stream and read the other; XREVRANGE finds its end before anything is handed in."""
_RULES: Mapping[str, str] = {
    "intake": f"{_TRANSACTION} ~intake:* +xreadgroup +xack +xdel +xautoclaim +xpending +xrange +xlen +xinfo "
    f"+xgroup|create +xgroup|createconsumer +xgroup|delconsumer {_PUBLISHING} (%W~grader:round:intake +set)",
    "dispatcher": f"{_TRANSACTION} +scan {_PUBLISHING} "
    "+time (%R~intake:* %R~results:* +xlen +xpending +xinfo|groups +xinfo|stream) "
    "(%R~celery* %R~unacked* +llen +hlen +zcard +zrange) "
    "(~dead:celery +llen +lrange +lindex +lrem +lpop +rpop) "
    "(%R~grader:worker:* %R~grader:round:* +get +mget +pttl) (%W~grader:round:dispatcher +set) "
    "+info",
    "worker": f"{_TRANSACTION} +unwatch "
    "(~celery* ~unacked* ~_kombu.binding* +watch +brpop +lpush +rpush +llen +zadd +zrem +zrange +hset +hget +hdel "
    "+set +get +del +sadd +smembers +evalsha +script|load) "
    "(%W~dead:celery +lpush) "
    "(%W~grader:worker:* +set) "
    "(&/0.celeryev/* +publish)",
    "courier": "%W~results:* +xadd (%W~grader:round:courier +set)",
    "operator": "~* &* +@all -@admin -@dangerous -@scripting "
    "+info +config|get +acl|whoami +acl|getuser +acl|list +acl|log +acl|load +client|list +client|kill +slowlog|get "
    "+slowlog|reset +bgrewriteaof",
}
"""The rights of the service's own users, besides the greeting."""


class AccessError(GraderError):
    """The list of the server's users cannot be made."""


def users(platforms: Mapping[str, Platform]) -> tuple[str, ...]:
    """Return every user that needs a password: the service's own, then the platforms'."""
    return (*OWN_USERS, *platforms)


def new_passwords(names: Iterable[str]) -> dict[str, str]:
    """Return a new random password for each user: 256 bits, safe inside a URL."""
    return {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in names}


def kept_passwords(platforms: Mapping[str, Platform], folder: Path) -> dict[str, str]:
    """Return each user's password: a platform's from its `password_file`, others from the folder's file of that name.

    Raises:
        SecretError: A file is missing or cannot be used.
    """
    given = {name: platform.password() for name, platform in platforms.items()}
    return {name: given.get(name) or secret(folder / name) for name in users(platforms)}


def acl_lines(platforms: Mapping[str, Platform], passwords: Mapping[str, str]) -> list[str]:
    """Return the lines of the ACL file, which holds only the SHA-256 of each password.

    Raises:
        AccessError: A user has no password, or two users have the same.
    """
    names = users(platforms)
    if missing := [name for name in names if not passwords.get(name)]:
        raise AccessError(f"no password for the Redis user {', '.join(missing)}; give each a file with that name")
    if len({passwords[name] for name in names}) < len(names):
        raise AccessError("two Redis users have the same password; make another one for each")
    return ["user default off resetpass resetkeys resetchannels -@all", *(_line(n, passwords[n]) for n in names)]


def _line(name: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    rules = _RULES[name] if name in _RULES else _PLATFORM.format(name=name)
    return f"user {name} on #{digest} resetkeys resetchannels -@all {_GREETING} {rules}"
