"""The one written form of a person's name, and what the eye sees of it."""

import re
import unicodedata
from functools import cache


def plain(name: str) -> str:
    """Return the name in the form in which it is kept and compared.

    Compatibility forms become plain ones (NFKC), invisible characters are left out, and each run of spaces is one, so
    that `ada` is one student on every keyboard. Upper and lower case stay apart: platforms tell them apart.
    """
    if not name.isascii():
        import regex  # type: ignore[import-untyped]

        name = regex.sub(r"\p{Default_Ignorable_Code_Point}", "", unicodedata.normalize("NFKC", name))
    return re.sub(" +", " ", name).strip(" ")


def looks(name: str) -> set[str]:
    """Return the skeletons of the name: two names that share one look alike, or differ only in upper and lower case.

    A skeleton has each character's prototype among those that look like it (Unicode Technical Standard 39, section 4).
    """
    shown = plain(name)
    return {_skeleton(shown), _skeleton(shown.casefold())}


def _skeleton(text: str) -> str:
    prototypes = "".join(map(_prototype, unicodedata.normalize("NFD", text)))
    return unicodedata.normalize("NFD", prototypes)


@cache
def _prototype(character: str) -> str:
    """Return what stands for the character and all that look like it."""
    from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]

    alike = [entry["c"] for entry in confusables_data.get(character, ())]
    if len(alike) != 1:  # nothing looks like it, or it is the prototype, whose entry lists the others
        return character
    other: str = alike[0]
    is_prototype = len(confusables_data.get(other, ())) != 1
    return other if is_prototype else min(character, other)
