"""The grammars from which sentences with gold arcs are made, by language."""

from grader.measuring.probes.grammar.definition import Grammar
from grader.measuring.probes.grammar.english import ENGLISH
from grader.measuring.probes.grammar.korean import KOREAN

GRAMMARS: dict[str, Grammar] = {"en": ENGLISH, "ko": KOREAN}
