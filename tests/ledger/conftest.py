"""The fixtures of the service: the tests of the ledger's queue hand in and grade through it."""

from tests.service.conftest import crowd, exercises, jobs, ledger, outbox, reception, tables, worker  # noqa: F401
