"""A task that does nothing: what Celery itself costs."""

from workers.broker.app import app


@app.task(name="benchmarks.noop")
def noop(number: int) -> None:
    """Nothing."""
