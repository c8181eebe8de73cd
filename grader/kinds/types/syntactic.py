"""Syntactic head: each query attends to the word that it stands in a grammatical relation with."""

from typing import TYPE_CHECKING, NamedTuple

from grader.base.language import N_, _
from grader.kinds.definition import Colours, DefaultThreshold, HeadType, Ladder, OneOf, Parameter
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question


class Relation(NamedTuple):
    """One grammatical relation between two words of a sentence."""

    backward: str
    """The relation in words, from the later word back to the earlier one."""
    forward: str
    """The relation in words, from the earlier word ahead to the later one."""
    letters: str
    """The letters of the word that looks and of the word that it looks at; ahead, the other way round."""
    query_to_target: str
    """An example for the documentation, as are the slices in addition to `all`."""
    slices: str
    also_called: str
    """The names in publications and treebanks, as in `HeadType.also_called`."""
    ladder: Ladder


RELATIONS = {
    "verb_subject": Relation(
        N_("verb to subject"),
        N_("subject ahead to verb"),
        "vs",
        "verb to its subject",
        "`same_number` and `other_number`: whether the other nouns before a main verb share its subject's number; "
        "`own_trade` and `crossed`: whether the verb suits its subject (a king commands) or another noun before it; "
        "`main` and `embedded`: the verb of the main clause, or one behind the main subject with another subject",
        "subject verb, subject, subj, nsubj, nsubj:pass, nsubjpass, nominal subject, verb to "
        "subject, subject to verb, subject verb agreement, 동사 주어, 주어 동사, 주어, 주어와 동사, 주술 관계",
        Ladder(
            look=N_(
                "The verb looks at its subject, however far back it stands: in `the keys near the old door are` "
                "the word `are` looks at `keys`."
            ),
            alike=N_(
                "A head that takes the nearest noun is right in short sentences: put another noun in between. A "
                "head that goes by number finds the only plural: give both nouns the same number, as in `the key "
                "near the door is`."
            ),
            where=N_(
                "In GPT-2 small, attention agrees best with grammar in the middle layers, most of all in layers 2 to "
                "4, but subjects are looked at more in deeper ones. Heads between verb and subject were found in "
                "encoders that translate."
            ),
            source=N_("Vig and Belinkov 2019, sections 5.3.2 and 5.3.3, figures 8 and 9; Voita et al. 2019, table 1"),
            text="The king near the old bridge and the lamps waits for the farmers.",
            see=N_("Does `waits` look at `king`, over two nouns that stand nearer?"),
        ),
    ),
    "noun_adjective": Relation(
        N_("noun and adjective"),
        N_("noun and adjective, ahead"),
        "na",
        "noun to its adjective, or adjective to its noun",
        "`attributive`, `predicative`",
        "adjective noun, adjective, adj noun, noun adj, amod, adjectival modifier, noun to "
        "adjective, adjective to noun, 명사 형용사, 형용사 명사, 형용사",
        Ladder(
            look=N_(
                "A noun looks at its adjective, in `the red house`, or an adjective at the noun that it is said "
                "of, in `the house is red`."
            ),
            alike=N_(
                "In `the red house` the adjective is the word before, so a previous-token head does as well. Only "
                "the other order tells: in `the house near the old bridge is red`, does `red` look at `house`?"
            ),
            where=N_(
                "In GPT-2 small, attention agrees best with grammar in the middle layers, most of all in layers 2 to "
                "4. In encoders that translate, heads from adjective to noun were found, at best 10 points better than "
                "a fixed offset."
            ),
            source=N_("Vig and Belinkov 2019, sections 5.3.2 and 5.3.3, figure 8; Voita et al. 2019, table 1"),
            text="The house near the old bridge is red, and the small, quiet lamp is new.",
            see=N_("Does `red` look at `house` and not at `bridge`? And `lamp` at `small`?"),
        ),
    ),
    "pronoun_antecedent": Relation(
        N_("pronoun to antecedent"),
        N_("antecedent ahead to pronoun"),
        "pa",
        "pronoun to the noun or name that it stands for",
        "`first`, `second`, `third`: which candidate is meant",
        "antecedent pronoun, antecedent, pronoun, pronoun resolution, coreference, coreferent, "
        "coref, coreference resolution, anaphora, pronoun to antecedent, 대명사, 대명사 선행사, 선행사, 상호 "
        "참조, 대용어",
        Ladder(
            look=N_(
                "A pronoun looks at the name or noun that it stands for: in `Nora thanked the farmer because she "
                "was cold` the word `she` looks at `Nora`."
            ),
            alike=N_(
                "A head that takes the first name, or the last noun, is right half of the time and knows nothing. "
                "Write the same sentence with the two in the other order: does the head change sides?"
            ),
            where=N_(
                "In BERT-base the best head for it is in layer 5 of 12. In GPT-2 small, the deepest layers look "
                "farthest back."
            ),
            source=N_("Clark et al. 2019, table 2; Vig and Belinkov 2019, section 5.3.3 and figure 11"),
            text="Nora thanked the king because she was cold. The king thanked Nora because he was glad.",
            see=N_("Does `she` look at `Nora`, and `he` at `king`, each of them also where it stands farther away?"),
        ),
    ),
    "object_verb": Relation(
        N_("object to verb"),
        N_("verb ahead to object"),
        "ov",
        "object to its verb",
        "`nearest`, `apart`: whether another verb stands between; `own_trade` and `crossed`: whether the verb suits "
        "the object (to command armies) or another person of the sentence",
        "verb object, object, direct object, obj, dobj, object to verb, verb to object, 목적어 동사, "
        "동사 목적어, 목적어",
        Ladder(
            look=N_(
                "What is acted upon looks back at the verb: in `the baker, as we heard, sold the old lamp` the "
                "word `lamp` looks at `sold`."
            ),
            alike=N_(
                "A head that takes the nearest verb is right in short sentences. Put another verb in between, as "
                "in `found, as the king said, the lamp`: does `lamp` still look at `found`?"
            ),
            where=N_(
                "In BERT-base the best head for it is in layer 8 of 12; in GPT-2 small, attention agrees best with "
                "grammar in the middle layers, most of all in layers 2 to 4."
            ),
            source=N_("Clark et al. 2019, table 1; Vig and Belinkov 2019, sections 5.3.2 and 5.3.3, figure 8"),
            text="The baker found, as the king said, a small lamp.",
            see=N_("Does `lamp` look at `found`, or only at `said`, which is nearer?"),
        ),
    ),
    "noun_determiner": Relation(
        N_("noun to determiner"),
        N_("determiner ahead to noun"),
        "nd",
        "noun to its determiner",
        "`nearest`, `apart`: whether another determiner stands between",
        "determiner noun, determiner, det, article, article noun, noun article, noun to "
        "determiner, determiner to noun, 명사 한정사, 한정사 명사, 한정사, 관사, 관형사",
        Ladder(
            look=N_(
                "A noun looks back at its article, or at another determiner: in `the soft, warm bread` the word "
                "`bread` looks at `the`."
            ),
            alike=N_(
                "Where the article stands right before its noun, a previous-token head does as well: put "
                "adjectives in between. A second article shows a head that takes the nearest "
                "one, as in `the soft, as a king knew, bread`."
            ),
            where=N_(
                "In BERT-base the best head between determiner and noun is in layer 8 of 12; there it is the "
                "determiner that looks. In GPT-2 small, determiners are looked at more in the lower layers, most of "
                "all in the first four."
            ),
            source=N_("Clark et al. 2019, table 1; Vig and Belinkov 2019, sections 5.3.1 and 5.3.2, figure 9"),
            text="The soft, as a king knew, warm bread was on that old table.",
            see=N_("Does `bread` look at the first `The`, and not at `a`? And `table` at `that`?"),
        ),
    ),
    "possessive_noun": Relation(
        N_("possessed noun to possessor"),
        N_("possessor ahead to possessed noun"),
        "np",
        "what is owned to its owner",
        "`nearest`, `apart`: whether another noun stands between",
        "noun possessive, possessive, possessor, poss, nmod:poss, genitive, possession, noun to "
        "possessor, owner, 소유격, 소유, 소유격 명사, 소유자",
        Ladder(
            look=N_(
                "What is owned looks back at its owner: in `Nora's old lamp` the word `lamp` looks at `Nora`, or "
                "at `her` in `her lamp`."
            ),
            alike=N_(
                "Where the owner stands right before, a previous-token head does as well: put adjectives in "
                "between. A noun between the two shows a head that takes the nearest noun."
            ),
            where=N_(
                "In BERT-base the best head between owner and owned is in layer 7 of 12; there it is the owner that "
                "looks. In GPT-2 small, attention agrees best with grammar in the middle layers, most of all in layers "
                "2 to 4."
            ),
            source=N_("Clark et al. 2019, table 1; Vig and Belinkov 2019, sections 5.3.2 and 5.3.3, figure 8"),
            text="Nora's small and, as the king said, quiet lamp stood near his door.",
            see=N_("Does `lamp` look at `Nora`, and not at `king`? And `door` at `his`?"),
        ),
    ),
}
FORWARD = N_("Here it is the other way round: the earlier word looks ahead at the later one.")
AHEAD = (
    "With `direction: forward` there is one slice more, `open`: another word of the target's class stands in between, "
    "and not between commas, as `garden` in `the garden table`. A head that takes the next noun outside of commas is "
    "right nearly everywhere else."
)
MEASURES = {"verb_subject": "agreement", "pronoun_antecedent": "pronouns"}
"""The measures of the relations that have one."""


def details() -> str:
    """Return the table of relations for the documentation."""
    rows = [f"| `{name}` | {of.query_to_target} | {of.slices} |" for name, of in RELATIONS.items()]
    table = "\n".join(["| `relation` | query to target | slices beside `all` |", "|---|---|---|", *rows])
    return f"{table}\n\n{AHEAD}"


def title(relation: str, direction: str) -> str:
    """Return the kind in words, translated."""
    of = RELATIONS[relation]
    return _("syntactic, {relation}", relation=_(of.forward if direction == "forward" else of.backward))


def letters(relation: str, direction: str) -> str:
    """Return the two letters of the kind."""
    return RELATIONS[relation].letters[:: -1 if direction == "forward" else 1]


def ladder(relation: str, direction: str) -> Ladder:
    """Return the relation's hints; for the direction forward, with a line about it."""
    return RELATIONS[relation].ladder._replace(also=FORWARD if direction == "forward" else "")


def ask(sequence: ProbeSequence, relation: str, direction: str) -> "Question":
    """Return a question that asks the last token of one word of each arc for any token of the other word."""
    import torch

    from grader.kinds.masks import Question, all_but_special, blank

    targets = blank(sequence)
    groups: dict[str, torch.Tensor] = {}
    rivals: dict[int, tuple[tuple[int, ...], ...]] = {}
    for link in sequence.links:
        if link.relation != relation:
            continue
        asker, answer = (link.earlier, link.later) if direction == "forward" else (link.later, link.earlier)
        query, word = sequence.words[asker].last, sequence.words[answer]
        targets[query, word.start : word.stop] = True
        rivals[query] = _same_class(sequence, asker, answer, direction)
        is_open = direction == "forward" and _is_open(sequence, asker, answer)
        for group in (*link.groups, *(("open",) if is_open else ())):
            groups.setdefault(group, torch.zeros(len(targets), dtype=torch.bool))[query] = True
    return Question(targets, all_but_special(sequence), groups, rivals)


def _is_open(sequence: ProbeSequence, asker: int, answer: int) -> bool:
    """Return whether another word of the answer's class stands in between, outside of commas."""
    commas = 0
    for word in range(asker + 1, answer):
        commas += sequence.spelled[word : word + 1] == (",",)
        if sequence.classes[word] == sequence.classes[answer] and commas % 2 == 0:
            return True
    return False


def causal(relation: str, direction: str) -> str:
    """Return the name of the measure; ahead, the word that looks is not the one that is predicted."""
    return MEASURES.get(relation, "") if direction == "backward" else ""


def _same_class(sequence: ProbeSequence, asker: int, answer: int, direction: str) -> tuple[tuple[int, ...], ...]:
    """Return the tokens of each word of the answer's class on the answer's side of the asking word, in order."""
    side = range(asker + 1, len(sequence.words)) if direction == "forward" else range(asker)
    spans = (sequence.words[word] for word in side if sequence.classes[word] == sequence.classes[answer])
    return tuple(tuple(range(span.start, span.stop)) for span in spans)


TYPE = HeadType(
    order=40,
    title=title,
    letters=letters,
    colours=Colours(light="#0b7054", dark="#66d9b0"),
    parameters=(
        Parameter("relation", OneOf(tuple(RELATIONS)), "syntactic only: the grammatical relation followed."),
        Parameter(
            "direction",
            OneOf(("backward", "forward")),
            "syntactic only: `backward`, the later word looks at the earlier one (the only way in a "
            "decoder, and the default), or `forward`, the earlier at the later (encoders).",
            default="backward",
            always_named=False,
        ),
    ),
    spellings={name: {"relation": name} for name in RELATIONS},
    also_called={
        "syntax, syntactical, grammar, grammatical, dependency, 통사, 통사적, 구문, 문법": {},
        **{of.also_called: {"relation": name} for name, of in RELATIONS.items()},
    },
    ask=ask,
    probes=("annotated:{relation}",),
    decides="hit_rate",
    looks_ahead=lambda relation, direction: direction == "forward",
    in_decoders=N_("direction backward"),
    thresholds=(
        DefaultThreshold(
            "hit_rate",
            0.6,
            N_(
                "above the half that every blind head stays under; measured for this grader, SmolLM2-135M's best heads "
                "on this probe, slices pooled: 0.68 pronoun to antecedent (L15H7), 0.62 verb to subject (L13H8, which "
                "hits 0.90 from predicative adjective to noun)"
            ),
        ),
        DefaultThreshold("lead", 0.1, N_("Voita et al. 2019, section 5.2.1: 10 points over the best fixed offset")),
    ),
    hint=N_(
        "Put another noun in between: in `the keys near the old door are`, a head that follows grammar still "
        "looks at `keys`."
    ),
    ladder=ladder,
    definition=(
        "The last token of a word attends to any token of the word with which it stands in the given `relation`. "
        "In a decoder the later word is the query (`direction: backward`, the default). In an encoder the earlier "
        "word may be the query as well (`direction: forward`), and the claim says which."
    ),
    probe=(
        "Sentences with one to three gold arcs each, from the project's own grammar or from the instructor. Frames, "
        "openers and closers take turns, so that over the whole probe no blind head finds half of the targets, "
        "neither looking back nor looking ahead. Half of the verbs are crossed: they belong to the trade of another "
        "noun (the queen, when the king rules realms, commands armies)."
    ),
    details=details(),
    confound=(
        "An adjective mostly stands right before its noun, where a previous-token head finds it. A head that "
        "matches number finds the subject whenever the other nouns differ in it, a head that knows which words go "
        "together finds it wherever kings command, and a head that always looks at the main subject finds that of "
        "each main verb. A head that always takes the second noun is right in a third of the cases and knows "
        "nothing. Each of these may be right on a whole slice, such as the nearest verb on `nearest`: so a head "
        "must reach the thresholds on every slice."
    ),
    literature=(
        "Voita et al. 2019, *Analyzing Multi-Head Self-Attention*, section 5.2 and table 1; Clark et al. 2019, *What "
        "Does BERT Look At?*, sections 4.2 and 4.3, tables 1 and 2."
    ),
    remark=(
        "Where two thirds of the objects, determiners and possessors stand apart from their word behind an insertion "
        '("the soft, as the king knew, dough"), a head that only looks at the nearest verb, determiner or noun is '
        "not enough: no head of SmolLM2-135M finds more than 0.36 of them on the worst slice. Ahead, a planted head is "
        "confirmed for each relation; of MiniLM's heads, two for one relation: from the determiner to its noun L5H7 "
        "(0.81 on the worst slice, and 0.94 where another noun stands in between) and L3H1 (0.68). L1H0 looks from the "
        "antecedent ahead at its pronoun in 0.64, but in 0.50 on `open`; for the other relations the best are 0.35 "
        "(object and possession), 0.18 (adjective) and 0.07 (subject). A verb in a relative clause about its subject "
        "(the king who rests) is not asked for, as `who` comes between. In languages "
        "other than English the probe has fewer relations."
    ),
    causal=causal,
    lookalikes=(
        "nearest-noun head",
        "first-noun head",
        "second-noun head",
        "nearest-verb head",
        "nearest-adjective head",
        "nearest-determiner head",
        "number head",
        "association head",
        "trade's-noun head",
        "main-subject head",
        "previous-token head",
        "two-back head",
        "comma-skipping verb head",
        "comma-skipping determiner head",
        "nearest-owner head",
        "next-noun head",
        "next-verb head",
        "next-pronoun head",
        "comma-skipping next-noun head",
        "comma-skipping next-verb head",
    ),
)
