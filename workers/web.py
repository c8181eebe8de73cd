"""The web process: the web door's server in a thread, beside a look at the ledger in rounds.

It needs no queue. A submission is a row in the ledger before its sender gets an answer, and the dispatcher finds it
there.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context

from grader.doors.web.application import application
from grader.doors.web.house import House
from grader.doors.web.listening import END_SECONDS, listener, server
from grader.ledger import Ledger
from grader.service.settings import Settings
from workers.metrics import answer
from workers.supervision.process import Process

PAUSE_SECONDS = 1.0
"""Between two looks at the ledger."""

log = logging.getLogger("workers.web")


class WebServer:
    """The server and its thread."""

    def __init__(self, given: Settings) -> None:
        """Open the ledger, and answer requests from now on.

        Raises:
            LedgerError: The ledger cannot be opened.
            OSError: The address cannot be listened on.
        """
        with ExitStack() as failed:
            ledger = Ledger()
            failed.callback(ledger.close)
            self.house = House(given, ledger)
            self.listener = listener(given.web)
            failed.callback(self.listener.close)
            port = given.web.metrics_port
            self.end_figures = answer(self.house.figures.registry, given.metrics_host, "GRADER_WEB_METRICS_PORT", port)
            failed.pop_all()
        self.server = server(application(self.house), given.web)
        # In this thread's context, which has the service's language.
        self.thread = threading.Thread(target=copy_context().run, args=(self.server.run, [self.listener]), daemon=True)
        self.thread.start()
        log.info("open", extra={"address": given.web.url})

    def round(self) -> None:
        """Check that submissions can be taken in.

        Raises:
            LedgerError: They cannot, as the ledger is away or of another version.
            RuntimeError: The server has ended by itself.
        """
        if not self.thread.is_alive():
            raise RuntimeError("the server has ended by itself")
        self.house.ledger.check()

    def close(self) -> None:
        """Answer what has begun, and end."""
        self.server.should_exit = True
        self.thread.join(END_SECONDS + 1)
        self.end_figures()
        self.house.close()


def main() -> None:
    """Run until told to stop."""
    with Process("web", has_queue=False) as process, ExitStack() as ends:

        def begin() -> Callable[[], None]:
            web = WebServer(process.settings)
            ends.callback(web.close)
            return web.round

        process.run(begin, PAUSE_SECONDS)


if __name__ == "__main__":
    main()
