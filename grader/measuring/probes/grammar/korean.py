"""Korean: a small grammar, in which particles tell the subject from the object, and not their places.

The notation is that of English. A noun bears a particle (`top` 은/는, `nom` 이/가, `acc` 을/를, `at` 에서) and a verb
an ending (`-면` if, `-고` and, `-지만` although, `-는` who, `-다고` that; without one it ends the sentence). A verb
stands behind its object, so it is the verb that looks back. The particle is part of the word, as it is written.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from grader.measuring.probes import draw
from grader.measuring.probes.grammar.definition import Actor, Frames, Grammar, Scene, Word

FIRST_SYLLABLE, LAST_SYLLABLE, FINALS = ord("가"), ord("힣"), 28
"""Hangul syllables in Unicode: those that differ only in the final consonant follow each other, none comes first."""
NONE, N, L = 0, 4, 8
"""The places of no final consonant, of ㄴ and of ㄹ."""


class Trade(NamedTuple):
    """The stem of a person's own verb, and its object."""

    verb: str
    object: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _trades(text: str) -> dict[str, Trade]:
    rows = [row.split() for row in text.split(",")]
    return {person: Trade(verb, thing) for person, verb, thing in rows}


TRADES = _trades(
    """왕 지휘하 군대, 여왕 다스리 나라, 농부 기르 벼, 화가 그리 풍경, 의사 고치 환자, 요리사 끓이 국, 목수 만들 책상,
    작가 쓰 소설, 어부 잡 물고기, 선생 검사하 숙제, 병사 지키 성, 상인 팔 비단, 사냥꾼 쫓 사슴"""
)
ADJECTIVES = _words("젊은 늙은 착한 바쁜 유명한 조용한 영리한 가난한")
STATES = _words("기쁘다 슬프다 외롭다 즐겁다 행복하다 피곤하다")
THINGS, LOOKS = _words("의자 시계 거울 이불 가방 등불"), _words("낡은 비싼 무거운 작은 새로운 깨끗한")
ROOMS, SIZES = _words("부엌 학교 교회 도서관 시장 궁전"), _words("큰 오래된 아름다운 어두운")
RESTING = _words("쉬 웃 자 울 기다리 떠나 일하")
SEEING = _words("찾 만나 따르 칭찬하 좋아하 기억하")
SPEECH = _words("말하 생각하 설명하 믿")

OPENERS = (("",), ("오늘", "요즘", "이제 다시"), ("k.at",))
RELATIONS = {
    "verb_subject": Frames(
        (
            "!a.top !2b.nom ?2b.rest-면 a.o ?a.do",
            "a.o !a.top !2b.nom ?2b.rest-면 ?a.do",
            "!a.top b.o !2b.nom ?2b.do-다고 ?a.say",
            "!a.top !2b.nom b.o ?2b.do-다고 ?a.say",
            "b.nom b.rest-면 !a.top c.nom c.rest-지만 a.o ?a.do",
            "b.top b.rest-고 a.o !a.top ?a.do",
            "a.o b.nom b.see-는 !a.top c.nom c.rest-고 d.nom d.rest-면 ?a.do",
            "!a.top b.nom b.rest-고 c.nom c.rest-면 a.o ?a.do",
        ),
        openers=OPENERS,
        closers=("", ". f.top f.rest"),
        crossed=True,
    ),
    "object_verb": Frames(
        (
            "b.nom b.rest-면 a.top !a.own ?a.do",
            "!a.own b.nom b.see-는 a.nom ?a.do",
            "b.top !a.own a.nom ?a.do-다고 b.say",
            "a.top !a.own b.nom b.rest-면 ?a.do",
            "b.nom c.acc b.see-면 !a.own a.top d.nom d.rest-고 e.nom e.rest-면 ?a.do",
            "!a.own a.top b.nom b.rest-고 c.nom c.rest-면 ?a.do",
            "b.top a.nom !a.own ?a.do-다고 b.say",
            "b.top b.rest-고 a.top !a.own c.nom c.rest-면 ?a.do",
            "!a.own a.top b.nom !2b.own ?2b.do-면 ?a.do",
        ),
        openers=OPENERS,
        closers=("", ". f.top f.rest"),
        crossed=True,
    ),
    "noun_adjective": Frames(
        (
            "b.adj b.bare-nom !t.adj , c.bare-nom 아는 , t.room ?t.bare-acc 산다",
            "!t.adj ?t.bare-acc b.adj b.bare-nom 산다",
            "b.bare-top !t.adj , c.adj c.bare-nom 아는 , ?t.bare-acc 산다",
            "b.adj b.bare-top !t.adj , c.adj c.bare-nom 알고 d.bare-nom 아는 , t.room ?t.bare-acc 산다",
            "!a.top b.adj b.bare-nom b.rest-면 ?a.like",
            "b.top c.acc b.see-고 !a.top d.adj d.bare-nom d.rest-고 e.bare-nom e.rest-면 ?a.like",
            "b.top b.rest-지만 !a.top c.bare-nom c.rest-면 ?a.like",
            "b.top c.acc b.see-고 !a.top ?a.like",
        ),
        openers=OPENERS,
        closers=("", ". f.adj f.bare-top f.rest"),
    ),
}


def _final(word: str) -> int:
    """Return the place of the last syllable's final consonant, 0 without one."""
    return (ord(word[-1]) - FIRST_SYLLABLE) % FINALS


def _with_final(word: str, final: int) -> str:
    return word[:-1] + chr(ord(word[-1]) - _final(word) + final)


PARTICLES = {"top": ("은", "는"), "nom": ("이", "가"), "acc": ("을", "를"), "at": ("에서", "에서")}
"""Each particle behind a final consonant, and behind a vowel."""
ENDINGS = ("면", "고", "지만", "는", "다고")
PEOPLE = "abcdef"


def with_particle(noun: str, particle: str) -> str:
    """Return the noun with the form of the particle that fits its last syllable."""
    return noun + PARTICLES[particle][_final(noun) == NONE]


def with_ending(stem: str, ending: str) -> str:
    """Return the verb: its stem with one of the endings of the frames; a final ㄹ is dropped before ㄴ."""
    final = _final(stem)
    if ending == "면":
        return stem + ("면" if final in (NONE, L) else "으면")
    if ending in ("고", "지만"):
        return stem + ending
    if ending == "는":
        return (_with_final(stem, NONE) if final == L else stem) + "는"
    present = _with_final(stem, N) + "다" if final in (NONE, L) else stem + "는다"
    return present + ending.removeprefix("다")


def _noun(particle: str) -> Callable[[Scene, Actor], list[Word]]:
    return lambda _, actor: [Word(with_particle(actor.noun, particle), "NOUN")]


def _adjective(scene: Scene, actor: Actor) -> list[Word]:
    return [Word(scene.fresh(actor.adjectives), "ADJ")]


def _phrase(particle: str) -> Callable[[Scene, Actor], list[Word]]:
    noun = _noun(particle)
    return lambda scene, actor: [*scene.maybe(_adjective(scene, actor)), *noun(scene, actor)]


def _verb(stem: Callable[[Scene, Actor], str], ending: str) -> Callable[[Scene, Actor], list[Word]]:
    return lambda scene, actor: [Word(with_ending(stem(scene, actor), ending), "VERB")]


def _object(noun: str) -> list[Word]:
    return [Word(with_particle(noun, "acc"), "NOUN")]


STEMS: dict[str, Callable[[Scene, Actor], str]] = {
    "do": lambda scene, actor: TRADES[scene.trade(actor)].verb,
    "rest": lambda scene, _: scene.fresh(RESTING),
    "see": lambda scene, _: scene.fresh(SEEING),
    "say": lambda scene, _: scene.fresh(SPEECH),
}
FORMS: dict[str, Callable[[Scene, Actor], list[Word]]] = {
    **{particle: _phrase(particle) for particle in PARTICLES},
    **{f"bare-{particle}": _noun(particle) for particle in PARTICLES},
    **{name: _verb(stem, "") for name, stem in STEMS.items()},
    **{f"{name}-{ending}": _verb(stem, ending) for name, stem in STEMS.items() for ending in ENDINGS},
    "o": lambda scene, actor: _object(TRADES[scene.trade(actor)].object),
    "own": lambda _, actor: _object(TRADES[actor.noun].object),
    "adj": _adjective,
    "like": lambda _, actor: [Word(actor.state, "ADJ")],
    "room": lambda scene, _: [Word(scene.fresh(ROOMS), "NOUN")],
}


def _cast(random: Random, _: bool | None) -> dict[str, Actor]:
    people = draw.some(random, tuple(TRADES), len(PEOPLE))
    return {
        **{
            letter: Actor(noun, adjectives=ADJECTIVES, state=draw.one(random, STATES))
            for letter, noun in zip(PEOPLE, people, strict=True)
        },
        "t": Actor(draw.one(random, THINGS), adjectives=LOOKS),
        "k": Actor(draw.one(random, ROOMS), adjectives=SIZES),
    }


KOREAN = Grammar(
    relations=RELATIONS,
    forms=FORMS,
    classes={
        word: name
        for name, words in {"ADV": "오늘 요즘 이제 다시", "VERB": "산다 알고 아는", "PUNCT": ", ."}.items()
        for word in words.split()
    },
    cast=_cast,
    people=PEOPLE,
)
