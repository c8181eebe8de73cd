"""The language in which people are spoken to: English in the code, others by a catalogue of translations.

A message is marked where it is said: `_("{count} heads", count=3)`. It is translated there and then, so what a module
names once for all (a hint, a label) is marked with `N_` and translated where it is shown. What is kept is kept in
English: `@speaking("en")` stands before the function that makes it.
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
"""What there is, by the codes of ISO 639; the first one stands in the code."""
VARIABLE = "GRADER_LANG"
LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Where a system says which language it speaks; the first that is set decides."""
CATALOGUES = Path(__file__).with_name("locale")
DOMAIN = "grader"
"""The name of a language's catalogue."""

_SPOKEN: ContextVar[str] = ContextVar("spoken", default=LANGUAGES[0])


class UnknownLanguage(GraderError):
    """Somebody asked for a language that we do not speak."""

    exit_code = 2


def speak(language: str) -> None:
    """From here on, messages come in this language, one of LANGUAGES.

    Raises:
        GraderError: its catalogue is damaged or missing.
    """
    _catalogue(language)
    _SPOKEN.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages come in this language inside the block, or in the function that this decorates."""
    before = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spoken() -> str:
    """The code of the language that is spoken, as HTML's `lang` takes it."""
    return _SPOKEN.get()


def chosen(option: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The language to speak: the option's, else `GRADER_LANG`'s, else this system's as far as we speak it.

    Raises:
        UnknownLanguage: the option or the variable asks for one that we do not speak.
    """
    for name, asked in (("--lang", option), (VARIABLE, environment.get(VARIABLE))):
        if asked:
            if (language := _language(asked)) in LANGUAGES:
                return language
            raise UnknownLanguage(f"{name}: `{asked}` is not spoken here; there are {', '.join(LANGUAGES)}")
    return of_system(environment)


def of_service(environment: Mapping[str, str] = os.environ) -> str:
    """The language of a server, whatever its machine speaks: `GRADER_LANG`'s, else English.

    Raises:
        UnknownLanguage: the variable asks for one that we do not speak.
    """
    return chosen(None, {VARIABLE: environment.get(VARIABLE, "")})


def of_system(environment: Mapping[str, str] = os.environ) -> str:
    """The first language of this system that we speak, in the order that gettext follows; English otherwise."""
    locale = next((value for name in LOCALE if (value := environment.get(name))), "")
    if _language(locale) in ("c", "posix"):  # a program that reads our output asked for it as it stands in the code
        return LANGUAGES[0]
    wanted = map(_language, [*environment.get("LANGUAGE", "").split(":"), locale])
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


def _(message: str, **values: object) -> str:
    """The message in the language that is spoken, its `{places}` filled with the values."""
    language = _SPOKEN.get()
    said = message if language == LANGUAGES[0] or not message else _catalogue(language).gettext(message)
    return said.format(**values) if values else said


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """`one` or `many`, as the language counts `number` things; `{number}` and the other places are filled."""
    return _catalogue(_SPOKEN.get()).ngettext(one, many, number).format(number=number, **values)


def N_(message: str) -> str:  # noqa: N802 - as gettext's users everywhere call it
    """The message as it is, marked for the catalogues; `_` translates it where it is shown."""
    return message


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    """A language's translations; English has none."""
    if language == LANGUAGES[0]:
        return gettext.NullTranslations()
    try:
        return gettext.translation(DOMAIN, CATALOGUES, [language])
    except (OSError, EOFError, ValueError, struct.error) as error:
        why = getattr(error, "strerror", None) or error
        raise GraderError(
            f"{CATALOGUES / language}: the catalogue of translations cannot be read ({why}); "
            "install the grader anew, or choose English with --lang en"
        ) from None


def _language(name: str) -> str:
    """The language alone of a name such as `ko_KR.UTF-8`."""
    return re.split(r"[-_.@]", name.strip(), maxsplit=1)[0].lower()
