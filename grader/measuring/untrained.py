"""The untrained twin: an exercise's architecture with random weights, on the same probes. Its scores are chance."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from grader.measuring.tables.score_table import ScoreTable, store_of
from grader.schema import Exercise

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from grader.measuring.transformer import Loaded


def untrained(
    exercise: Exercise,
    folder: Path,
    digest: str,
    load: Callable[[], "Loaded"],
    progress: Callable[[float], None] = lambda done: None,
) -> ScoreTable:
    """Return the twin's score table, measured once and kept like any other; its weights follow from the seed.

    `digest` and `load` are those of the transformer whose twin it is.
    """
    twin = sha256(f"untrained {exercise.probes.seed} {digest}".encode()).hexdigest()

    store = store_of(folder, exercise, twin)

    def measure(_key: str) -> ScoreTable:
        from grader.measuring.scan import measured

        loaded, kinds = load(), [asked.kind for asked in exercise.kinds]
        model, causal = _twin(loaded, exercise.probes.seed), exercise.transformer.family == "decoder"
        scores, probes = measured(model, loaded.tokenizer, exercise.probes, kinds, causal=causal, say=progress)
        return store.filled(scores, probes, model.device.type)

    return store.table(measure)


def _twin(loaded: "Loaded", seed: int) -> "PreTrainedModel":
    import torch
    from transformers import AutoModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModel.from_config(  # type: ignore[no-untyped-call]
            loaded.model.config, dtype=loaded.model.dtype, attn_implementation="eager", trust_remote_code=False
        )
    model.eval()  # type: ignore[no-untyped-call]
    model.to(loaded.model.device)  # type: ignore[arg-type]
    return model.requires_grad_(False)
