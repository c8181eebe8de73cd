"""`python -m workers.supervision.up`: the whole service on this machine, until Ctrl-C.

It runs an embedded server, the intake, the dispatcher, the courier and a worker, each as its own Redis user without
further rights, and the web door, which needs none. A process that dies is started again, and all of them end with this
one.
"""

import argparse
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress

from grader import exercises
from grader.base import home
from grader.base.errors import ExerciseError, GraderError
from grader.base.screen import harmless
from grader.checkup import variables
from grader.ledger import Ledger
from grader.measuring import transformer
from grader.service import platforms, up
from grader.service.settings import Settings, settings
from workers.supervision.embedded import HOST, Embedded
from workers.supervision.supervisor import Child, Supervisor

PORT = 7379
WORKERS = 2
EXAMPLE = "mini-heads"
OURS = ("GRADER_QUEUE_URL", "GRADER_BROKER_URL", "GRADER_QUEUE_CA", "GRADER_HEARTBEAT")
"""Variables that this process sets for the others, whatever its own environment says."""
LOG_BYTES = 10_000_000
"""A longer log is renamed at the next start."""
QUICK_SECONDS = 10.0
WORKER_SECONDS = 30.0
"""The time that a worker has to finish its submissions; those that it does not finish are graded again later."""
PROCESSES = {
    "intake": ["workers.intake"],
    "dispatcher": ["workers.dispatch"],
    "courier": ["workers.courier"],
    "web": ["workers.web"],
    "worker": ["celery", "--quiet", "--app", "workers.broker.app", "worker", "--pool", "prefork", "--loglevel", "INFO"],
}
"""By the process's name, which is also that of its Redis user, if it has one."""


class Service:
    """The processes and their supervisor."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Check all settings before anything runs.

        Raises:
            GraderError: Something is wrong with them.
        """
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        if options.web_port is not None:
            self.environment["GRADER_WEB_PORT"] = str(options.web_port)
        given = settings(self.environment)
        _check_exercises(given)
        for check in variables.all_checks():
            _say(f"note: {check.subject}: {check.result}")
        for name in sorted(name for name in os.environ if name.startswith(OURS)):
            _say(f"note: {name} is not used: `grade up` has a queue of its own")
        listed = platforms.load(given.platforms)
        for platform in listed.values():
            platform.check_signing()
        self.platforms, self.workers, self.web = listed, options.workers, given.web
        self.server = Embedded(options.port, listed)
        self.metrics = f"http://{given.metrics_host}:{given.metrics_port}/metrics" if given.metrics_port else ""
        _refuse_taken(HOST, options.port, "--port")
        if given.metrics_port:
            _refuse_taken(given.metrics_host, given.metrics_port, "GRADER_METRICS_PORT")
        if given.web.port:
            _refuse_taken(given.web.host, given.web.port, "--web-port")
        if given.web.port and given.web.metrics_port:
            _refuse_taken(given.metrics_host, given.web.metrics_port, "GRADER_WEB_METRICS_PORT")
        Ledger().close()
        self.heartbeats = home.writable_folder(up.FOLDER, "heartbeats")
        self.logs = home.writable_folder(up.FOLDER, "logs")
        self.processes = [name for name in PROCESSES if name != "web" or given.web.port]
        self.supervisor = Supervisor(_say)

    def run(self) -> None:
        """Run until told to stop."""
        self.server.write()
        for name in PROCESSES:
            (self.heartbeats / name).unlink(missing_ok=True)
        with self.supervisor.watch():
            self.supervisor.start(self._child("valkey", self.server.command, QUICK_SECONDS))
            if self.supervisor.run(lambda: self.server.answers):
                *quick, worker = (self._process(name) for name in self.processes)
                self.supervisor.start(*quick)
                self.supervisor.start(worker)
                if self.supervisor.run(self._is_ready):
                    here = f"http://{HOST}:{self.web.port}" if self.web.port else ""
                    up.tell(up.Facts(pid=os.getpid(), queue=self.server.url, metrics=self.metrics, web=here))
                    _say(self._summary())
                    self.supervisor.run(lambda: False)
            _say(f"stopping; the worker has {WORKER_SECONDS:.0f} s to finish its work, Ctrl-C stops at once")
        _say("stopped; submissions that are not graded yet will be graded by the next `grade up`")

    def _is_ready(self) -> bool:
        return all((self.heartbeats / name).exists() for name in self.processes)

    def _process(self, name: str) -> Child:
        more = ["--concurrency", str(self.workers)] if name == "worker" else []
        command = [sys.executable, "-P", "-m", *PROCESSES[name], *more]
        variables = {"GRADER_HEARTBEAT": str(self.heartbeats / name)}
        if name in platforms.OWN_USERS:
            variables["GRADER_QUEUE_URL_FILE"] = str(up.url_file(name))
        return self._child(name, command, WORKER_SECONDS if name == "worker" else QUICK_SECONDS, variables)

    def _child(
        self, name: str, command: list[str], patience: float, variables: Mapping[str, str] | None = None
    ) -> Child:
        log = self.logs / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return Child(name, command, {**self.environment, **(variables or {})}, log, patience)

    def _summary(self) -> str:
        """Return the addresses of a service that is ready."""
        lines = ["The grader is up; Ctrl-C stops it.", ""]
        for platform in self.platforms:
            url = self.server.url.replace("://", f"://{platform}@")
            lines.append(f"queue     {url}; the URL with its password is in {up.url_file(platform)}")
        if unsigned := [name for name, platform in self.platforms.items() if not platform.signing]:
            example = shlex.quote(str(exercises.available()[EXAMPLE] / "my_heads.yaml"))
            file = shlex.quote(str(up.url_file(unsigned[0])))
            lines.append(f'try       grade submit {example} --queue "$(cat {file})"')
        lines.append(f"web       {self._web()}")
        lines.append(f"metrics   {self.metrics or 'none, as GRADER_METRICS_PORT is 0'}")
        return "\n".join([*lines, f"logs      {self.logs}"])

    def _web(self) -> str:
        if not self.web.port:
            return "none, as GRADER_WEB_PORT is 0"
        return f"{self.web.url}; for a token: grade platforms token {next(iter(self.platforms))}"


def _check_exercises(given: Settings) -> None:
    """Look at what the environment says of exercises: those to load first, and the places of transformers.

    Raises:
        GraderError: One does not exist, or is not what an exercise pins.
    """
    for name in given.preload:
        exercises.load(name)
    for name in exercises.available():
        with suppress(ExerciseError):  # others can still be graded
            source = exercises.load(name).transformer
            if transformer.is_given(source):
                transformer.digest(source)


def main() -> None:
    """Run until told to stop; an error of ours becomes one line and an exit code."""
    parser = argparse.ArgumentParser(prog="grade up")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--web-port", type=int)
    options = parser.parse_args()
    try:
        with up.alone():
            up.forget()
            try:
                Service(options).run()
            finally:
                up.forget()
    except GraderError as error:
        sys.stderr.write(harmless(f"grade: {error}\n"))
        sys.exit(error.exit_code)
    except OSError as error:  # at the start, a full disk
        sys.stderr.write(f"grade: {error.filename or home.folder()}: {error.strerror}; {home.ADVICE}\n")
        sys.exit(GraderError.exit_code)


def _refuse_taken(host: str, port: int, option: str) -> None:
    """Check that the port is free on this machine.

    Raises:
        GraderError: It is not.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # our own server may have just left it
        try:
            listener.bind((host, port))
        except OSError as error:
            raise GraderError(f"port {port}: {error.strerror}; choose another one with {option}") from None


def _say(text: str) -> None:
    """Print a line at once; a full disk or a closed terminal that cannot take it is no reason to stop."""
    with suppress(OSError):
        sys.stdout.write(harmless(f"{text}\n"))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
