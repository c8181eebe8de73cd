"""The games of guessers: what feedback gives away, attempt by attempt, to players who look at no picture.

Passing heads are planted at random, as many for each kind as the exercise states, and graded by the real grader. The
players know what the exercise asks for and see what its feedback shows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from random import Random
from statistics import fmean
from typing import NamedTuple

from grader.authoring.causal_guesses import Claims, PlantedCauses
from grader.authoring.players import Guess, Player, playing
from grader.base.numbers import percent
from grader.exercises.thresholds import thresholds_of
from grader.grading.grade import grade, shown
from grader.grading.importance import CausalEvidence
from grader.grading.standings import Standings
from grader.kinds import LOOKALIKES
from grader.ledger.entry import LedgerEntry
from grader.measuring.tables.score_table import Grid, KindScores, Resemblance, ScoreTable, Slice, Statistics
from grader.report.text.words import plural
from grader.schema import AskedKind, Claim, Exercise, HeadIndex, Kind, Report, Statistic, Submission
from grader.students.xp import earnings

SEED, GAMES = 7, 20
MOST_SCORE = MOST_XP = 0.1
"""The highest score, and part of all XP, that a guesser may expect over all attempts together."""
MOST_PASSES = 0.05
"""The highest part of guessers who may pass: one in twenty, as with the luck of a report."""
UNLIMITED, LONGEST = 5, 8
"""The attempts that are played if there is no limit, and the most that are played."""


class GameResult(NamedTuple):
    """The result of a player after some attempts, or its mean over many games."""

    mean: float
    """The mean score of the attempts, 0 to 1."""
    best: float
    """The best score so far."""
    xp: float
    """All XP so far, divided by the exercise's points."""
    passed: float
    """1 if an attempt has passed, else 0."""


def planted(exercise: Exercise, random: Random) -> ScoreTable:
    """Return a score table in which random heads pass and are too close to call, as many as the exercise states."""
    source = exercise.transformer
    heads = [(layer, head) for layer in range(source.layers) for head in range(source.heads)]
    places: dict[str, list[HeadIndex]] = {}
    for kind in exercise.kinds:
        places[kind.name] = random.sample(heads, min(kind.passing + kind.too_close, len(heads)))
    return ScoreTable(
        key="0" * 64,
        transformer=source.name,
        digest="0" * 64,
        seed=exercise.probes.seed,
        layers=source.layers,
        heads=source.heads,
        kinds=tuple(_planted(exercise, kind, places) for kind in exercise.kinds),
    )


def _planted(exercise: Exercise, kind: AskedKind, places: Mapping[str, Sequence[HeadIndex]]) -> KindScores:
    thresholds = thresholds_of(kind)
    needed: dict[Statistic, float] = {"share": 0.0, "hit_rate": 0.0}
    needed |= {threshold.statistic: threshold.at_least for threshold in thresholds}
    passing, too_close = places[kind.name][: kind.passing], places[kind.name][kind.passing :]

    def column(statistic: Statistic, at_least: float) -> Statistics:
        reached = _grid(exercise, [*passing, *too_close], at_least)
        low = _grid(exercise, passing, at_least)
        high = _grid(exercise, too_close, at_least * 1.01 + 0.01, reached)
        return Statistics(statistic=statistic, value=reached, low=low, high=high)

    columns = tuple(column(name, value) for name, value in needed.items())
    slices = {name for threshold in thresholds for name in threshold.slices} or {"all"}
    return KindScores(
        kind=kind.kind,
        decides=thresholds[0].statistic,
        baseline=0.0,
        blind_head="none",
        slices=tuple(Slice(name=name, queries=1, statistics=columns) for name in sorted(slices)),
        resemblances=tuple(_resemblances(exercise, kind, places)),
    )


def _resemblances(
    exercise: Exercise, kind: AskedKind, places: Mapping[str, Sequence[HeadIndex]]
) -> Iterator[Resemblance]:
    """Yield how heads of other asked kinds agree with the look-alikes that they are: wholly."""
    causal = exercise.transformer.family == "decoder"
    for name in kind.head_type.lookalikes:
        of = [other for other in exercise.kinds if other != kind and LOOKALIKES[name].is_of(other.name, causal=causal)]
        if of:
            heads = [place for other in of for place in places[other.name][: other.passing]]
            yield Resemblance(name=name, value=_grid(exercise, heads, 1.0), chance=0.0)


def _grid(exercise: Exercise, places: Sequence[HeadIndex], value: float, other: Grid | None = None) -> Grid:
    """Return this value at these places, and that of the other grid, or 0, at all others."""
    source, chosen = exercise.transformer, set(places)
    return tuple(
        tuple(
            value if (layer, head) in chosen else other[layer][head] if other else 0.0 for head in range(source.heads)
        )
        for layer in range(source.layers)
    )


class Board(NamedTuple):
    """The planted heads that a game is played on."""

    standings: Standings
    causal: CausalEvidence | None = None
    dress: Callable[[Claims], Claims] = lambda claims: claims
    """The function that adds to the player's claims."""


def game(exercise: Exercise, board: Board, player: Player, attempts: int) -> list[GameResult]:
    """Return the result after each attempt; attempts after the exercise's last one are refused."""
    entries: list[LedgerEntry] = []
    for number in range(1, attempts + 1):
        is_taken = exercise.policy.attempts is None or number <= exercise.policy.attempts
        if is_taken and (guesses := player.guesses()):
            submission = Submission(
                exercise=exercise.id, student="player", claims=board.dress(_claims(exercise, guesses))
            )
            report = grade(submission, exercise, board.standings.table, None, board.standings, board.causal)
            player.learn(shown(report))
            entries.append(LedgerEntry(number, str(number), report, datetime.fromtimestamp(number, UTC)))
    xp = earnings(entries)
    counts = [sum(entry.id <= number for entry in entries) for number in range(1, attempts + 1)]
    return [_result(exercise, [entry.report for entry in entries[:count]], xp[count - 1]) for count in counts]


def _result(exercise: Exercise, reports: Sequence[Report], xp: int) -> GameResult:
    scores = [report.score for report in reports]
    passed = float(any(report.passed for report in reports))
    return GameResult(fmean(scores), max(scores), xp / exercise.points, passed)


def _claims(exercise: Exercise, guesses: Sequence[Guess]) -> tuple[Claim, ...]:
    kinds, per_layer = {kind.name: kind.kind for kind in exercise.kinds}, exercise.transformer.heads
    return tuple(_claim(kinds[name], *divmod(head, per_layer)) for name, head in guesses)


@lru_cache(maxsize=2**14)
def _claim(kind: Kind, layer: int, head: int) -> Claim:
    """Return a claim; all players make the same ones again and again."""
    return Claim.model_validate({**kind.model_dump(), "layer": layer, "head": head})


Entrant = tuple[Exercise, str]
"""An exercise as one player meets it, and the player's name."""


def after(entrants: Sequence[Entrant], games: int, attempts: int) -> list[list[GameResult]]:
    """Return each player's mean result after each attempt, over seeded games.

    All play on the same heads, so that a verdict is found once; their exercises differ in feedback and policy at most.
    """
    played: list[list[list[GameResult]]] = [[] for _ in entrants]
    for number in range(games):
        board = _board(entrants[0][0], number)
        for own, (exercise, name) in zip(played, entrants, strict=True):
            own.append(_played(exercise, name, number, board, attempts))
    return [[GameResult(*map(fmean, zip(*each, strict=True))) for each in zip(*own, strict=True)] for own in played]


def _played(exercise: Exercise, name: str, number: int, board: Board, attempts: int) -> list[GameResult]:
    """Return a player's result after each attempt of one game."""
    known = playing(exercise)[name]
    random = Random(f"{SEED} {exercise.id} {number} {name}")  # noqa: S311 - to be repeatable
    player, words = known.make(exercise, random), Random(f"{SEED} {exercise.id} {number} words")  # noqa: S311
    return game(exercise, board._replace(dress=partial(known.dress, exercise, words)), player, attempts)


def _board(exercise: Exercise, number: int) -> Board:
    random = Random(f"{SEED} {exercise.id} {number}")  # noqa: S311 - to be repeatable
    standings = Standings(exercise, planted(exercise, random))
    return Board(standings, PlantedCauses(exercise, standings, random))


class Outlook(NamedTuple):
    """The prospects of the best guesser under an exercise's own feedback and attempts."""

    player: str
    result: GameResult
    attempts: int
    """The number of attempts that were played."""
    safe: int
    """The number of them up to which no guesser gets more than allowed."""

    @property
    def is_safe(self) -> bool:
        """True if no guesser gets more than allowed."""
        return self.safe == self.attempts

    def __str__(self) -> str:
        return (
            f"{percent(self.result.best)} of the score and {percent(self.result.xp)} of the XP in "
            f"{plural(self.attempts, 'attempt', 'attempts')}, and {percent(self.result.passed)} pass (`{self.player}`)"
        )


def outlook(exercise: Exercise) -> Outlook:
    """Return the prospects of the best of all players, in seconds; the same exercise has the same."""
    return _outlook(exercise.model_copy(update={"title": "-", "version": 1}).model_dump_json())


@lru_cache(maxsize=256)
def _outlook(content: str) -> Outlook:
    exercise = Exercise.model_validate_json(content)
    attempts = min(exercise.policy.attempts or UNLIMITED, LONGEST)
    names = list(playing(exercise))
    played = dict(zip(names, after([(exercise, name) for name in names], GAMES, attempts), strict=True))
    best = max(played, key=lambda name: _times_allowed(played[name][-1]))
    over = (number for number in range(attempts) if any(_times_allowed(each[number]) > 1 for each in played.values()))
    return Outlook(best, played[best][-1], attempts, next(over, attempts))


def _times_allowed(result: GameResult) -> float:
    """Return the largest part of what is allowed: more than 1 is too much."""
    return max(result.best / MOST_SCORE, result.xp / MOST_XP, result.passed / MOST_PASSES)
