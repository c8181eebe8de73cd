"""The language in which people are spoken to: English in the code, others by a catalogue of translations.

A message is marked where it is said: `_("{count} heads", count=3)`. It is translated there and then, so what a module
names once for all (a hint, a label) is marked with `later` and translated where it is shown.
"""

import gettext
import os
from contextvars import ContextVar
from pathlib import Path

LANGUAGES = ("en", "ko")
"""What there is; the first one stands in the code."""
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where the system says which language it speaks; the first that is set decides."""
CATALOGUES = Path(__file__).with_name("locale")

_SPOKEN: ContextVar[gettext.NullTranslations | None] = ContextVar("spoken", default=None)
"""None: English, as it stands in the code."""


def speak(language: str) -> None:
    """From here on, messages come in this language, one of LANGUAGES."""
    english = language == LANGUAGES[0]
    _SPOKEN.set(None if english else gettext.translation("grader", CATALOGUES, [language]))


def of_system() -> str:
    """The language of this system, as far as we speak it; English otherwise."""
    named = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    language = named.partition(".")[0].partition("_")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


def _(message: str, **values: object) -> str:
    """The message in the language that is spoken, its `{places}` filled with the values."""
    spoken = _SPOKEN.get()
    translated = message if spoken is None or not message else spoken.gettext(message)
    return translated.format(**values) if values else translated


def count(one: str, many: str, number: int, **values: object) -> str:
    """`one` or `many`, as the language counts `number` things; `{number}` and the other places are filled."""
    spoken = _SPOKEN.get()
    message = (one if number == 1 else many) if spoken is None else spoken.ngettext(one, many, number)
    return message.format(number=number, **values)


def later(message: str) -> str:
    """The message as it is, marked for the catalogues; `_` translates it where it is shown."""
    return message
