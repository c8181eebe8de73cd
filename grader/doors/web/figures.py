"""The figures of the web door: its requests, counted in this process.

Prometheus adds up what several web processes counted, and knows a process that began anew. Nothing that a sender writes
stands in a label: there are templates of paths, and codes of refusals.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import Scope

METRICS = {
    "grader_web_requests": "Requests that were answered",
    "grader_web_request_seconds": "Time from the whole head of a request to the end of its answer",
    "grader_web_answer_bytes": "Bytes of the answers, without their headers",
    "grader_web_refusals": "Requests that were refused, by the code of the first problem",
}
"""The help text of every metric."""
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
OTHER = "other"
"""The method of a request that no room answers, and the code of a refusal without one."""
UNANSWERED = "none"
"""The status of an answer that did not begin."""
NOWHERE = "none"
"""The template of a path that leads into no room, or of a request that did not come that far."""
REFUSED = "grader.refused"
"""The key of a scope under which a refusal leaves its code."""
MOUNTED = "grader.mounted"
"""The key of a scope under which a room with an application of its own leaves where that stands."""


class RequestFigures:
    """The counts of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        which = ("route", "method", "status")
        self._requests = self._counter("grader_web_requests", *which)
        self._bytes = self._counter("grader_web_answer_bytes", "route")
        self._refusals = self._counter("grader_web_refusals", "reason")
        name = "grader_web_request_seconds"
        self._seconds = Histogram(name, METRICS[name], ("route",), registry=self.registry, buckets=BUCKETS)

    def count(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        """Count a request that was answered with this status and this number of bytes."""
        route, method = template(scope), scope["method"] if scope["method"] in METHODS else OTHER
        self._requests.labels(route, method, f"{status // 100}xx" if status else UNANSWERED).inc()
        self._seconds.labels(route).observe(seconds)
        self._bytes.labels(route).inc(sent)
        if reason := scope.get(REFUSED):
            self._refusals.labels(reason).inc()

    def _counter(self, name: str, *labels: str) -> Counter:
        return Counter(name, METRICS[name], labels, registry=self.registry)


def template(scope: Scope) -> str:
    """Return the path of the room that a request led into, with names in place of what the sender wrote there."""
    path, mounted = getattr(scope.get("route"), "path", ""), scope.get(MOUNTED, "")
    return (path if path.startswith(mounted) else mounted + path) or NOWHERE
