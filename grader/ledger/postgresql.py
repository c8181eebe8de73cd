"""PostgreSQL: connections that wait for nothing longer than a set time, on either side.

A network may swallow the bytes of an established connection without a word, while new ones work. The server cannot
tell then, and neither can TCP if something between the two goes on confirming. So the client itself gives up, and what
it does next begins with a new connection.
"""

from collections.abc import Mapping
from contextlib import closing
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import PQGen

CONNECT_SECONDS = 10
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""The seconds and the number after which TCP itself notices that the other machine is gone."""


class Patient(psycopg.Connection[Any]):
    """A connection that closes itself when the server has not answered for `seconds`."""

    seconds: float | None = None
    """None waits for ever."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Return what the server answers; what psycopg calls for every exchange after the connection is made."""
        until = monotonic() + self.seconds if self.seconds else None
        try:
            return super().wait(gen, interval, self.seconds if timeout is None else timeout)
        except psycopg.OperationalError:
            if until is None or monotonic() < until:
                raise
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.seconds:g} seconds") from None


def connect(seconds: float, lock_seconds: float, parameters: Mapping[str, Any]) -> Patient:
    """Return a connection on which the client waits `seconds` for an answer, and the server no longer for itself.

    The server gives up a lock that is not free within `lock_seconds`, and a client that is frozen within a transaction.
    """
    silence = {"connect_timeout": min(CONNECT_SECONDS, seconds), "tcp_user_timeout": int(1000 * seconds)}
    connection = Patient.connect(**{**KEEPALIVES, **silence, **parameters})
    connection.seconds = seconds
    limits = {
        "statement_timeout": seconds,
        "lock_timeout": lock_seconds,
        "idle_in_transaction_session_timeout": lock_seconds,
    }
    with closing(connection.cursor()) as cursor:
        for name, limit in limits.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, f"{int(1000 * limit)}ms"))
    connection.commit()
    return connection


def take_time(connection: Any) -> None:  # noqa: ANN401 - whatever the driver's connection is
    """Let this connection's transaction take as long as it needs: a migration of many rows."""
    if isinstance(connection, Patient):
        connection.seconds = None
        connection.execute("SET LOCAL statement_timeout = 0")
