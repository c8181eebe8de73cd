"""A type of head that is not shipped, as a maintainer would add it: this file is put into `grader/kinds/types`.

Stride head: each query attends to the key a number of positions back, on a probe of its own.
"""

from typing import TYPE_CHECKING, Any

from grader.base.language import N_, _
from grader.kinds.definition import (
    Colours,
    DefaultThreshold,
    HeadType,
    Ladder,
    OneOf,
    OwnProbe,
    Parameter,
    WholeNumber,
)
from grader.kinds.lookalikes import Lookalike
from grader.kinds.sequence import ProbeSequence

if TYPE_CHECKING:
    from grader.kinds.masks import Question

LENGTH = 24


def ask(sequence: ProbeSequence, steps: int, side: str) -> "Question":
    """Return a question whose targets are the keys so many steps back."""
    import torch

    from grader.kinds.masks import Question, all_but_special

    eligible = all_but_special(sequence)
    behind = torch.ones_like(eligible).tril(-steps) & ~torch.ones_like(eligible).tril(-steps - 1)
    return Question((behind.T if side == "ahead" else behind) & eligible, eligible)


def build(tokenizer: Any, settings: Any) -> tuple[ProbeSequence, ...]:  # noqa: ANN401 - as the registry has it
    """Return sequences of distinct tokens; slice `strides`."""
    first = settings.seed % 50
    ids = [token for token in range(len(tokenizer)) if token not in tokenizer.all_special_ids]
    spans = (ids[first + number : first + number + LENGTH] for number in range(settings.random_sequences))
    return tuple(ProbeSequence((ids[0], *span), frozenset({0}), "strides") for span in spans)


TYPE = HeadType(
    order=35,
    title=lambda steps, side: _("stride, {steps} {side}", steps=steps, side=side),
    letters=lambda steps, side: f"s{steps}{side[0]}",
    colours=Colours(light="#005f73", dark="#94d2bd"),
    parameters=(
        Parameter("steps", WholeNumber(1, 9), "stride only: how many positions back.", default=1),
        Parameter("side", OneOf(("back", "ahead")), "stride only: where to.", default="back", always_named=False),
    ),
    spellings={"neighbour": {"steps": 1}},
    ask=ask,
    probes=(OwnProbe("strides", build), "running_text"),
    decides="share",
    from_tokens=True,
    in_browser='(tokens, { steps, side }) => (query, key) => (side === "ahead" ? key - query : query - key) === steps',
    is_place=True,
    looks_ahead=lambda steps, side: side == "ahead",
    in_decoders=N_("side back"),
    thresholds=(DefaultThreshold("share", 0.4, N_("measured for the test that adds a type of head")),),
    hint=N_("Count the steps."),
    ladder=Ladder(
        look=N_("A line beside the diagonal."),
        alike=N_("A line that breaks off."),
        where=N_("In early layers."),
        source=N_("measured for the test that adds a type of head"),
        text="one two three four five six seven",
        see=N_("Is it always the same distance?"),
    ),
    definition="Each query attends to the key `steps` positions back.",
    probe="Distinct tokens (slice `strides`) and passages (slice `text`).",
    confound="A previous-token head is a stride head of one step.",
    literature="None: measured for the test that adds a type of head.",
    lookalikes=("local head", "hopping head"),
    own_lookalikes={
        "hopping head": Lookalike("It looks at every second key.", lambda sequence, query: range(0, query, 2))
    },
)
