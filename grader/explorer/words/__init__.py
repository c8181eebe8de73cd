"""The words of the page, by the keys under which its modules ask for them."""

from grader.base.language import LANGUAGES, _, speaking
from grader.explorer.words.claiming import CLAIMING
from grader.explorer.words.looking import LOOKING
from grader.explorer.words.opening import OPENING
from grader.explorer.words.serving import SERVING

WORDS = LOOKING | CLAIMING | OPENING | SERVING


def words() -> dict[str, dict[str, str]]:
    """Return all words in all languages, so that a page can change its language by itself."""
    in_languages = {}
    for language in LANGUAGES:
        with speaking(language):
            in_languages[language] = {key: _(text) for key, text in WORDS.items()}
    return in_languages
