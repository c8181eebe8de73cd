"""A task that does nothing, for the cost of Celery itself."""

from workers.broker.app import app


@app.task(name="benchmarks.noop")
def noop(number: int) -> None:
    """Do nothing."""
