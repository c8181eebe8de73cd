"""An exercise as the page knows it: what is asked, what it costs, what to try. No measurement is in it."""

from itertools import pairwise

from pydantic import Field

from grader.base.language import LANGUAGES, _, speaking
from grader.kinds import PARAMETERS, SPELLINGS
from grader.schema import AskedKind, Exercise, Record, title
from grader.students.hints import Rung, ladder_of, rungs
from grader.students.texts import default, tried

COMMAND = "grade "
"""The beginning of a line that is a command for the shell."""


class ShownHint(Record):
    """One hint, for a page: it offers a text to try in place of commands for the shell."""

    title: str
    lines: tuple[str, ...]
    text: str = Field(default="", description="The text to try, if the hint has one.")


class SentenceToTry(Record):
    """A text on which heads of a kind show what they are."""

    text: str
    see: str
    looks: tuple[tuple[int, int, int, int], ...] = ()
    """The words that should look (start, end) at which words (start, end), in UTF-16 code units."""


class KindAsked(Record):
    """A kind of head that the exercise asks for."""

    name: str
    type: str
    parameters: dict[str, int | str]
    title: str
    letters: str
    light: str
    dark: str
    points: int
    heads: int
    from_tokens: bool
    more_needed: bool
    sentence: SentenceToTry | None = Field(description="The text of a hint that costs nothing, if there is one.")
    hints: tuple[ShownHint, ...] | None = Field(description="The hints, if they cost nothing; else None.")


class Content(Record):
    """The exercise, in one language."""

    exercise: str
    title: str
    kinds: tuple[KindAsked, ...]
    budget: int
    wrong_costs: float
    hint_costs: int
    attempts: int | None
    text: str
    causal_claims: bool
    defaults: dict[str, int | str] = Field(description="The value of each parameter that a claim may leave out.")
    spellings: dict[str, dict[str, int | str]] = Field(
        description="Other words for a type, each with the type and the parameters that it means."
    )


def contents(exercise: Exercise) -> dict[str, Content]:
    """Return the exercise in every language, so that a page can change its language by itself."""
    in_languages = {}
    for language in LANGUAGES:
        with speaking(language):
            in_languages[language] = _content(exercise)
    return in_languages


def without_exercise(title: str, text: str) -> dict[str, Content]:
    """Return what a page knows that is only for looking, in every language."""
    content = Content(
        exercise="",
        title=title,
        kinds=(),
        budget=0,
        wrong_costs=0.0,
        hint_costs=0,
        attempts=None,
        text=text,
        causal_claims=False,
        defaults={},
        spellings={},
    )
    return dict.fromkeys(LANGUAGES, content)


def _content(exercise: Exercise) -> Content:
    return Content(
        exercise=exercise.id,
        title=_(exercise.title),
        kinds=tuple(_kind(exercise, asked) for asked in exercise.kinds),
        budget=exercise.budget,
        wrong_costs=exercise.wrong_costs,
        hint_costs=exercise.hint_costs,
        attempts=exercise.policy.attempts,
        text=default(exercise),
        causal_claims=exercise.is_causal,
        defaults={name: each.default for name, each in PARAMETERS.items() if each.default is not None},
        spellings={word: {"type": name, **values} for word, (name, values) in SPELLINGS.items()},
    )


def shown_hint(exercise: Exercise, asked: AskedKind, rung: Rung) -> ShownHint:
    """Return a hint without commands and the lines that lead to them, which end the line before."""
    following = pairwise([*rung.lines, ""])
    lines = tuple(line for line, after in following if not line.startswith(COMMAND) and not after.startswith(COMMAND))
    own = tried(exercise, asked)
    text = own.text if own else ladder_of(asked).text
    return ShownHint(title=rung.title, lines=lines, text=text if rung.name == "try" else "")


def _kind(exercise: Exercise, asked: AskedKind) -> KindAsked:
    colours = asked.head_type.colours
    sentence = None if exercise.hint_costs else _sentence(exercise, asked)
    return KindAsked(
        name=asked.name,
        type=asked.type,
        parameters=asked.parameters,
        title=title(asked),
        letters=asked.letters,
        light=colours.light,
        dark=colours.dark,
        points=asked.points,
        heads=asked.heads,
        from_tokens=asked.head_type.from_tokens,
        more_needed=asked.evidence == "needed" or asked.circuits is not None,
        sentence=sentence,
        hints=None if exercise.hint_costs else _hints(exercise, asked, sentence),
    )


def _hints(exercise: Exercise, asked: AskedKind, sentence: SentenceToTry | None) -> tuple[ShownHint, ...]:
    """Return the hints without the one that would only repeat the sentence to try."""
    shown = (shown_hint(exercise, asked, rung) for rung in rungs(exercise, asked))
    return tuple(hint for hint in shown if not (sentence and hint.text))


def _sentence(exercise: Exercise, asked: AskedKind) -> SentenceToTry | None:
    own = tried(exercise, asked)
    if own is None:
        return None
    return SentenceToTry(text=own.text, see=_(own.see), looks=tuple(in_utf16(own.text, look) for look in own.spans))


def in_utf16(text: str, places: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return places in a text, counted in characters, as a browser counts them: some characters count twice there."""
    one, two, three, four = (len(text[:place].encode("utf-16-le")) // 2 for place in places)
    return one, two, three, four
