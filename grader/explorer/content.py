"""An exercise as the page knows it: what is asked, what it costs, what to try. No measurement is in it."""

from pydantic import Field

from grader.base.language import LANGUAGES, _, speaking
from grader.schema import AskedKind, Exercise, Record, title
from grader.students.hints import rungs
from grader.students.texts import DEFAULT, tried


class ShownHint(Record):
    """One hint."""

    title: str
    lines: tuple[str, ...]


class Sentence(Record):
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
    sentence: Sentence | None
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
        text=DEFAULT,
        causal_claims=exercise.is_causal,
    )


def _kind(exercise: Exercise, asked: AskedKind) -> KindAsked:
    colours = asked.head_type.colours
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
        sentence=_sentence(exercise, asked),
        hints=None
        if exercise.hint_costs
        else tuple(ShownHint(title=rung.title, lines=rung.lines) for rung in rungs(exercise, asked)),
    )


def _sentence(exercise: Exercise, asked: AskedKind) -> Sentence | None:
    own = tried(exercise, asked)
    return Sentence(text=own.text, see=_(own.see)) if own else None
