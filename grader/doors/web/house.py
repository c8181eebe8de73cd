"""The house: everything that the rooms behind the web door share."""

from functools import partial

from grader.doors.lti.tool import Tool
from grader.doors.web.batches import Batches
from grader.doors.web.figures import RequestFigures
from grader.doors.web.rates import Rates
from grader.ledger import Ledger
from grader.service import platforms
from grader.service.entrance.tokens import owners
from grader.service.reception import Reception
from grader.service.settings import Settings

GUESSES_PER_MINUTE = 20
"""The wrong tokens that one address may show on the page where people sign in."""


class House:
    """The settings, the ledger, the platforms, and those who look at tokens and take submissions in."""

    def __init__(self, given: Settings, ledger: Ledger) -> None:
        """Read the platforms, and let submissions come into this ledger.

        Raises:
            PlatformsError: The list of platforms cannot be used.
        """
        self.settings, self.ledger = given, ledger
        self.platforms = platforms.load(given.platforms)
        self.reception = Reception(ledger, self.platforms, in_person=True)
        self.clerk = Batches(self.reception.accept)
        self.porter = Batches(partial(owners, ledger))
        self.tool = Tool(ledger, self.platforms, given.web.url)
        self.figures = RequestFigures()
        self.rates = Rates(given.web.per_minute)
        self.guesses = Rates(GUESSES_PER_MINUTE)

    def close(self) -> None:
        """Close the connections to platforms."""
        self.tool.close()

    @property
    def url(self) -> str:
        """The address under which people and platforms reach the door, without a slash at its end."""
        return self.settings.web.url
