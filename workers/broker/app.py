"""The Celery app, configured so that no message is lost, no task runs for ever and no child hangs.

Celery only carries messages: submissions and results are in the ledger. Importing this module does not load torch;
the processes that only send must stay light.
"""

import json
import logging
import os
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
from celery import Celery, signals  # type: ignore[import-untyped]
from redis.backoff import NoBackoff
from redis.retry import Retry

from grader.base import language
from grader.base.errors import GraderError, LedgerError, SchemaChanged
from grader.base.screen import harmless
from grader.ledger import Ledger
from grader.service import streams
from grader.service.settings import Settings, settings
from workers import logs
from workers.broker.consumer import Pulse

EARLY = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",  # a look for GPUs in torch's usual way would keep children from using them
}
"""Variables that libraries read before they do anything: each operation has one thread, and a process can fork."""
CHILD_KILOBYTES = 3_000_000
"""The memory limit of a child, shared pages included: SmolLM2-135M takes 1.6 GB of it in float64."""
CONNECT_SECONDS = 5.0
PULSE_SECONDS = 2.0

log = logging.getLogger(__name__)


def celery_app(given: Settings) -> Celery:
    """Return an app on the broker that these settings name."""
    app = Celery("grader", set_as_current=False)
    app.conf.update(_messages(given) | _broker(given) | _worker(given))
    app.steps["consumer"].add(Pulse)
    return app


def _messages(given: Settings) -> dict[str, object]:
    return {
        "imports": ["workers.tasks"],
        "accept_content": ["json"],  # a pickle from the queue would run as code
        "task_serializer": "json",
        "result_serializer": "json",
        "task_ignore_result": True,  # the ledger has the result
        "task_acks_late": True,  # a message is done when its task is, not when it starts
        "task_reject_on_worker_lost": True,  # a killed child's task goes back; the ledger counts tries and stops it
        "task_acks_on_failure": True,  # Redis has no dead letters of its own; the ledger has the failure
        "task_acks_on_timeout": True,  # a task that went back would time out for ever
        "task_time_limit": given.task_seconds,
        "task_soft_time_limit": given.soft_seconds,
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5, "interval_max": 2},
    }


def _broker(given: Settings) -> dict[str, object]:
    return {
        "broker_url": given.broker_url,
        "broker_transport": "workers.broker.transport:Transport",
        "broker_use_ssl": _tls(given) or False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a broker may be away for a long time
        "broker_channel_error_retry": True,  # one that refuses to write, because it is full, is as good as away
        "broker_transport_options": {
            # A dead worker's messages come back after this. If it were shorter than a task, the task would run twice.
            "visibility_timeout": 2 * given.task_seconds + 60,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,  # at every interval, not at every tenth
            "unacked_mutex_expire": 30,  # a worker that is killed while it restores does not block the others
            # Without a limit, sending on a connection whose other end is gone blocks for ever.
            "socket_timeout": given.queue_seconds,
            "socket_connect_timeout": min(CONNECT_SECONDS, given.queue_seconds),
            "socket_keepalive": True,
            "health_check_interval": 2.5 * given.queue_seconds,  # after which a silent BRPOP counts as lost
        },
    }


def _worker(given: Settings) -> dict[str, object]:
    return {
        "worker_consumer": "workers.broker.consumer:Consumer",
        "worker_prefetch_multiplier": 1,  # messages held in advance are stuck when a worker dies
        "worker_cancel_long_running_tasks_on_connection_loss": True,  # otherwise they run here and again elsewhere
        "worker_enable_remote_control": False,  # anybody who can publish could shut workers down
        "worker_lost_wait": 1.0,  # seconds for a result of a child that has ended; the ledger has what it finished
        "worker_proc_alive_timeout": 60,  # a child that loads a transformer is alive
        "worker_max_tasks_per_child": 500,
        "worker_max_memory_per_child": CHILD_KILOBYTES,
        "worker_soft_shutdown_timeout": 25,  # seconds for running tasks to end before they go back
    }


def _tls(given: Settings) -> dict[str, Any]:
    """Return how the broker's certificate is checked; nothing for a plain connection."""
    if not given.broker_url.startswith("rediss:"):
        return {}
    checked: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    return checked | ({"ssl_ca_certs": str(given.queue_ca)} if given.queue_ca else {})


def prepare(sender: Any, **_: object) -> None:  # noqa: ANN401
    """Load the transformers that the children will share, in the main process, before it forks.

    Threads do not survive a fork: the child of a parent that computed with several would wait for them for ever.
    """
    given = settings()
    logs.configure_worker()  # Celery does so only after this
    os.environ.update(EARLY)
    _check_ledger()
    start = time.monotonic()
    if given.preload:
        _preload(given.preload)
    load_seconds = round(time.monotonic() - start, 3)
    signals.heartbeat_sent.connect(pulse(given, sender.hostname, load_seconds), weak=False)


def _check_ledger() -> None:
    """Exit if the ledger belongs to a newer grader; if it is only away, the worker waits for it."""
    try:
        Ledger().close()
    except SchemaChanged as error:
        log.critical("%s", error)
        sys.exit(error.exit_code)
    except LedgerError as error:
        log.warning("%s", error)


def _preload(exercises: tuple[str, ...]) -> None:
    import torch

    from workers import resources

    torch.set_num_threads(1)
    try:
        resources.preload(exercises)
    except GraderError as error:  # Celery would only log it
        log.critical("GRADER_PRELOAD=%s: %s", ",".join(exercises), error)
        sys.exit(error.exit_code)


def restrain(**_: object) -> None:
    """Limit a child to one thread, if torch was loaded before the fork."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def pulse(given: Settings, hostname: str, load_seconds: float) -> Callable[..., None]:
    """Return a function that touches the heartbeat's file and leaves this worker's facts on the broker.

    It runs every two seconds while the worker's main process is well. The worker waits for it, so it retries nothing.
    """
    client = redis.Redis.from_url(
        given.broker_url,
        socket_timeout=PULSE_SECONDS,
        socket_connect_timeout=PULSE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **_tls(given),
    )

    def beat(**_: object) -> None:
        if given.heartbeat:
            given.heartbeat.touch()
        facts = {"load_seconds": load_seconds, "at": time.time()}
        with suppress(redis.RedisError):  # the consumer notices it too, and logs it
            client.set(f"grader:worker:{hostname}", json.dumps(facts), ex=streams.FACTS_SECONDS)

    return beat


try:
    app = celery_app(settings())
    language.speak(language.of_service())
except GraderError as error:  # no process can start with these settings
    sys.stderr.write(harmless(f"{error}\n"))
    sys.exit(error.exit_code)
signals.setup_logging.connect(logs.configure_worker)
signals.worker_init.connect(prepare)
signals.worker_process_init.connect(restrain)
