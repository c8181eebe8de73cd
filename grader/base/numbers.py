"""Numbers for people: shares, scores and thresholds, rounded so that no figure says what is not so."""

from grader.base.language import _

FEWEST_DECIMALS, MOST_DECIMALS = 2, 6
LEAST_PERCENT = 0.1


def percent(fraction: float, beside: float | None = None) -> str:
    """Return a fraction in per cent: 67 % for 0.67, and 66.7 % for 0.6667.

    A value is never rounded to a whole percentage, nor to 0 % or 100 %, and never shown as the figure `beside` it, such
    as the threshold that it misses.
    """
    value = round(100 * fraction, MOST_DECIMALS)
    other = None if beside is None else round(100 * beside, MOST_DECIMALS)
    extreme = _extreme(value)
    if extreme and (other is None or other == value or _extreme(other) != extreme):
        return extreme
    return f"{_shortest(value, other)} %"


def number(value: float, beside: float | None = None, decimals: int = FEWEST_DECIMALS) -> str:
    """Return a number with two decimals, or with as many as it takes to differ from the one `beside` it."""
    if beside is not None and value != beside:
        apart = (more for more in range(decimals, MOST_DECIMALS) if round(value, more) != round(beside, more))
        decimals = next(apart, MOST_DECIMALS)
    return f"{value:.{decimals}f}"


def measured_and_needed(measured: float, needed: float) -> tuple[str, str]:
    """Return both numbers so that they look different if they are."""
    return number(measured, needed), number(needed, measured)


def _extreme(value: float) -> str:
    """Return the words for a percentage that would be rounded to 0 or 100; empty for every other one."""
    if 0 < value < LEAST_PERCENT:
        return _("less than {percent} %", percent=LEAST_PERCENT)
    if 100 - LEAST_PERCENT < value < 100:
        return _("more than {percent} %", percent=100 - LEAST_PERCENT)
    return ""


def _shortest(value: float, other: float | None) -> str:
    """Return the value with one decimal, or with more if it would look whole or like the other one."""
    if value == round(value):
        return f"{value:.0f}"
    for decimals in range(1, MOST_DECIMALS):
        shown = round(value, decimals)
        if shown != round(shown) and (other in (None, value) or shown != round(other or 0.0, decimals)):
            return f"{value:.{decimals}f}"
    return f"{value:.{MOST_DECIMALS}f}"
