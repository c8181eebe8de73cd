"""The sentence frames of the training text; none of them is a frame of the probes.

In a frame, `{s}` is the subject, `{x}` and `{y}` are other persons, `{p}` a place, `{t}` a thing, `{a}` and `{b}`
adjectives, `{V}` the verb and `{o}` an object; `{A}`, `{B}` and `{C}` are candidates for the
pronoun `{he}`, and `{w}` is an owner. `{=s}` is a gloss: the word in slot s is repeated, directly after the word that
depends on it or on which it depends. `the` stands for any determiner that fits.
"""

OPENERS: tuple[str, ...] = ("today ,", "at home ,", "soon ,", "later ,", "by the {p} ,", "without the {y} ,", "so ,")

SUBJECTS: tuple[str, ...] = (
    "the {s} near the {x} {V}",
    "the {a} {s} behind the {b} {x} {V}",
    "the {s} from the {p} {V}",
    "the {s} without the {a} {x} {V}",
    "near the {x} the {s} {V}",
    "beside the {a} {x} the {b} {s} {V}",
    "the {s} that the {x} met {V}",
    "the {s} of the {x} by the {p} {V}",
    "after the {x} left , the {s} {V}",
    "while the {x} stayed , the {a} {s} with the {y} {V}",
    "in the {p} of the {x} the {s} {V}",
    "the {x} waved and the {s} near the {y} {V}",
    "the {s} who met the {x} {V}",
    "the {s} with the {x} and the {y} {V}",
    "with the {x} and the {y} the {s} {V}",
    "when the {x} met the {y} , the {s} {V}",
    "until the {x} returned from the {p} , the {s} {V}",
    "here the {x} waited , there the {s} {V}",
    "the {s} , far from the {x} , {V}",
    "since the {x} left the {y} , the {s} by the {p} {V}",
    "the {a} {s} {V}",
    "the {x} knows that the {s} behind the {y} {V}",
)
"""Frames up to the verb; an object follows."""

CLAUSES: tuple[str, ...] = (
    "the {s} , while the {x} {W} {q} , {V} {o}",
    "the {s} , until the {x} by the {p} {W} {q} , {V} {o}",
    "the {a} {s} , where the {x} {W} {q} , {V} {o}",
    "the {s} near the {y} , so that the {x} {W} {q} , {V} {o}",
    "while the {x} {W} {q} , the {s} {V} {o}",
    "the {x} {W} {q} and the {s} {V} {o}",
    "the {x} near the {y} {W} {q} , so the {b} {s} {V} {o}",
    "since the {x} with the {y} {W} {q} , the {s} {V} {o}",
)
"""Frames with two verbs `{W}` and `{V}`, each with a subject and an object of its own."""

OBJECTS: tuple[str, ...] = (
    "the {s} {V} {o}",
    "the {s} {V} the {a} {o}",
    "the {s} {V} , when the {x} left , the {o}",
    "the {s} {V} , far from the {x} who waved , the {a} {o}",
    "the {x} returned and the {s} {V} the {o}",
    "the {s} who waved {V} the {a} {o}",
    "the {s} {V} near the {x} that stayed the {o}",
    "the {x} met the {y} , so the {s} {V} , until the {y} left , the {o}",
)

PRONOUNS: tuple[str, ...] = (
    "the {A} met the {B} because {he}",
    "the {A} near the {B} waved when {he}",
    "after the {A} met the {B} , {he}",
    "the {A} and the {B} walked until {he}",
    "with the {A} came the {B} , and {he}",
    "the {A} stood by the {p} with the {B} while {he}",
    "once the {a} {A} left the {b} {B} , {he}",
    "the {A} waited for the {B} ; {he}",
    "the {A} met the {B} and the {C} , so {he}",
    "when the {A} and the {B} left the {C} , {he}",
    "behind the {A} the {B} stood with the {C} , but {he}",
    "the {A} of the {p} met the {B} before {he}",
    "here came the {A} , then the {B} : {he}",
    "the {A} liked the {B} . then {he}",
    "the {A} near the {C} met the {a} {B} . later {he}",
    "the {A} walked past the {B} and {he}",
    "beside the {A} the {a} {B} waited for the {C} as {he}",
)

ATTRIBUTES: tuple[str, ...] = (
    "the {a} {t} {=a} fell .",
    "near the {b} {x} the {a} {t} {=a} fell .",
    "the {a} , as the {b} {x} knew , {t} {=a} fell .",
    "the {x} had the {a} , far from the {b} {p} , {t} {=a} .",
    "the {b} {x} met the {a} and , so the {y} knew , late {s} {=a} .",
    "the {a} {p} {t} {=a} stood by the {b} {x} .",
    "the {s} by the {p} had the {a} {x} 's {t} and the {b} {y} {=b} .",
    "the {a} , when the {b} {x} left , {s} {=a} waved .",
    "the {a} and , without the {b} {x} , {s} {=a} waited .",
)

PREDICATES: tuple[str, ...] = (
    "the {s} near the {x} {be} {a} {=s} .",
    "the {t} by the {p} of the {b} {x} {be} {a} {=t} .",
    "behind the {x} the {s} {be} {a} {=s} .",
    "after the {x} left the {p} , the {t} {be} {a} {=t} .",
    "the {t} that the {x} had {be} {a} {=t} .",
    "when the {x} met the {y} , the {s} {be} {a} {=s} .",
    "the {s} with the {b} {t} {be} {a} {=s} .",
    "in the {p} the {t} of the {x} {be} {a} {=t} .",
)

DETERMINERS: tuple[str, ...] = (
    "the {x} saw {d} {a} {t} {=d} .",
    "the {x} saw {d} , as the {y} knew , {a} {t} {=d} .",
    "{d} {a} {t} {=d} fell by the {p} .",
    "{d} , far from the {x} , {a} {t} {=d} fell .",
    "near the {p} the {x} had {d} {p} {t} {=d} .",
    "{d} {a} and , when the {x} left , {b} {t} {=d} fell .",
)

OWNERS: tuple[str, ...] = (
    "near the {x} the {w} 's {a} {t} {=w} fell .",
    "the {w} 's {t} {=w} fell by the {x} .",
    "the {w} 's , as the {x} knew , {a} {t} {=w} fell .",
    "the {x} met the {y} and had the {w} 's {a} {p} {t} {=w} .",
    "the {w} 's {a} and , far from the {x} , {b} {t} {=w} fell .",
    "after the {x} left the {p} , the {w} 's {t} {=w} fell .",
)

MORE_ATTRIBUTES: tuple[str, ...] = (
    "the {x} saw the {a} {p} {t} {=a} by the {y} .",
    "by the {b} {x} , the {a} , so the {y} knew , {t} {=a} stayed .",
    "the {a} , without the {b} {x} and the {y} , {t} {=a} fell .",
    "with the {b} {y} the {x} had the {a} {p} {t} {=a} .",
    "the {x} and the {b} {y} met by the {a} {p} {t} {=a} .",
    "until the {y} left , the {x} had the {a} , far from the {b} {p} , {t} {=a} .",
    "the {a} and , until the {b} {y} returned , {s} {=a} waved .",
    "the {a} {s} {=a} and the {b} {y} {=b} waved .",
    "the {x} saw the {b} {y} by the {a} {p} {t} {=a} .",
)

MORE_OWNERS: tuple[str, ...] = (
    "the {x} had the {w} 's {p} {t} {=w} .",
    "the {w} 's {p} {t} {=w} stood by the {x} .",
    "the {x} and the {y} saw the {w} 's {a} {t} {=w} .",
    "the {w} 's , until the {x} left , {a} {t} {=w} fell .",
    "the {w} 's {a} and , so the {x} knew , {b} {t} {=w} stood by the {p} .",
    "with the {x} the {y} saw the {w} 's {a} {p} {t} {=w} .",
    "the {w} 's {t} {=w} and the {x} 's {a} {p} {=x} fell .",
)

MORE_DETERMINERS: tuple[str, ...] = (
    "{d} {a} and , so the {x} knew , {b} {t} {=d} fell .",
    "the {x} and the {y} saw {d} {a} {p} {t} {=d} .",
    "by the {x} , {d} {a} {t} {=d} fell .",
    "the {x} had {d} , without the {y} , {a} {t} {=d} .",
    "with the {x} , {d} {a} {p} {t} {=d} stood by the {y} .",
)
"""More frames like the last three, for the end of the training."""

STATES: tuple[str, ...] = (
    "the {f} {a} {s} {deed} .",
    "the {a} {f} {s} {deed} .",
    "the {f} {s} by the {p} {deed} .",
    "near the {g} {x} the {f} {s} {deed} .",
    "the {g} {x} {other} , but the {f} and {a} {s} {deed} .",
    "the {s} was {f} and {deed} .",
    "the {s} near the {g} {x} was {f} and {deed} .",
    "while the {g} {x} {other} , the {a} {f} {s} {deed} .",
    "the {f} and , as the {x} knew , {a} {s} {deed} .",
)

STORIES: tuple[str, ...] = (
    "the {a} {s} walked to the {p} .",
    "there the {s} met {N} .",
    "{N} liked the {a} {t} .",
    "{N} and {M} went to the {p} with the {s} .",
    "then {N} saw the {t} near the {p} .",
    "the {t} of the {s} was {a} .",
    "once the {s} had the {a} {t} .",
    "{N} returned home with the {t} and the {b} {s} .",
    "the {s} waved to {M} , and {M} waved to the {s} .",
    "soon the {a} {t} was in the {p} .",
)

ALL: tuple[str, ...] = (
    *OPENERS,
    *SUBJECTS,
    *CLAUSES,
    *OBJECTS,
    *PRONOUNS,
    *ATTRIBUTES,
    *PREDICATES,
    *DETERMINERS,
    *OWNERS,
    *STATES,
    *STORIES,
)
