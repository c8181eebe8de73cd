"""How times and texts stand in the database."""

from datetime import UTC, datetime


def written(when: datetime) -> str:
    """A time as the tables hold it: UTC, to the microsecond, so that text sorts as time does."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def storable(text: str) -> str:
    """The text as every database takes it: zero bytes and halves of surrogate pairs are shown by their escapes."""
    return text.replace("\0", "\\x00").encode(errors="backslashreplace").decode()
