"""The language of messages: English in the code, other languages through a catalogue of translations.

`_("{count} heads", count=3)` translates at once. A text that a module holds as a constant, such as a hint or a label,
is marked with `N_` and translated by `_` when it is shown. Stored texts are English: the function that makes them is
decorated with `@speaking("en")`.
"""

import gettext
import os
import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from grader.base.errors import GraderError

LANGUAGES = ("en", "ko")
"""The supported languages as ISO 639 codes; the first one is the language of the code."""
VARIABLE = "GRADER_LANG"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The environment variables for the system's language; the first that is set decides."""
CATALOGUES = Path(__file__).with_name("locale")
DOMAIN = "grader"
"""The name of the catalogue files."""

_SPOKEN: ContextVar[str] = ContextVar("spoken", default=LANGUAGES[0])


class UnknownLanguage(GraderError):
    """The language that was asked for is not supported."""

    exit_code = 2


def speak(language: str) -> None:
    """Set the language of messages, one of LANGUAGES.

    Raises:
        GraderError: The catalogue is damaged or missing.
    """
    _catalogue(language)
    _SPOKEN.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Set the language of messages inside a `with` block, or inside the function that this decorates."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> str:
    """Return the code of the present language, as HTML's `lang` needs it."""
    return _SPOKEN.get()


def chosen(option: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of the option, else of `GRADER_LANG`, else of the system, else English.

    Raises:
        UnknownLanguage: The option or the variable names a language that is not supported.
    """
    for name, locale in (("--lang", option), (VARIABLE, environment.get(VARIABLE))):
        if locale:
            if (language := _language(locale)) in LANGUAGES:
                return language
            raise UnknownLanguage(f"{name}: `{locale}` is not supported; choose one of {', '.join(LANGUAGES)}")
    return of_system(environment)


def of_service(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of a server: that of `GRADER_LANG`, else English; the machine's locale does not count.

    Raises:
        UnknownLanguage: The variable names a language that is not supported.
    """
    return chosen(None, {VARIABLE: environment.get(VARIABLE, "")})


def of_system(environment: Mapping[str, str] = os.environ) -> str:
    """Return the first supported language of the system, in gettext's order, else English."""
    locale = next((value for name in LOCALE if (value := environment.get(name))), "")
    if _language(locale) in ("c", "posix"):  # a program that reads our output asked for it as it stands in the code
        return LANGUAGES[0]
    wanted = map(_language, [*environment.get("LANGUAGE", "").split(":"), locale])
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


def _(message: str, **values: object) -> str:
    """Return the message in the present language, with its `{places}` filled in."""
    language = _SPOKEN.get()
    text = message if language == LANGUAGES[0] or not message else _catalogue(language).gettext(message)
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Return the form for `number` things in the present language, with `{number}` and the other places filled in."""
    return _catalogue(_SPOKEN.get()).ngettext(singular, plural, number).format(number=number, **values)


def N_(message: str) -> str:  # noqa: N802 - as gettext's users everywhere call it
    """Return the message unchanged; this only marks it for translation, which `_` does when it is shown."""
    return message


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """Return a language's translations; English has none."""
    if language == LANGUAGES[0]:
        return gettext.NullTranslations()
    try:
        return gettext.translation(DOMAIN, CATALOGUES, [language])
    except (OSError, EOFError, ValueError, struct.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise GraderError(
            f"{CATALOGUES / language}: the catalogue of translations cannot be read ({reason}); "
            "install the grader again, or choose English with --lang en"
        ) from None


def _language(name: str) -> str:
    """Return the language part of a locale such as `ko_KR.UTF-8`."""
    return re.split(r"[-_.@]", name.strip(), maxsplit=1)[0].lower()
