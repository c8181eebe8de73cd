"""A quick look at the heads during training: the best ones for previous token, two back, induction and duplicate."""

import torch
from transformers import GPT2LMHeadModel

LENGTH, SEQUENCES = 20, 12


@torch.no_grad()
def glance(model: GPT2LMHeadModel) -> str:
    """Return the three best heads for each of four kinds, and sinks, on different random tokens, repeated once."""
    random = torch.Generator().manual_seed(7)
    runs = torch.stack(
        [1 + torch.randperm(model.config.vocab_size - 1, generator=random)[:LENGTH] for _ in range(SEQUENCES)]
    )
    tokens = torch.cat([torch.zeros(SEQUENCES, 1, dtype=torch.long), runs, runs], 1)
    model.eval()  # type: ignore[no-untyped-call]
    model.set_attn_implementation("eager")
    pattern = torch.stack(model(tokens, output_attentions=True).attentions).mean(1)  # layer, head, query, key
    model.train().set_attn_implementation("sdpa")
    kinds = {
        "previous": pattern.diagonal(-1, 2, 3)[..., 2:].mean(-1),
        "two back": pattern.diagonal(-2, 2, 3)[..., 2:].mean(-1),
        "induction": pattern.diagonal(1 - LENGTH, 2, 3)[..., 2:].mean(-1),
        "duplicate": pattern.diagonal(-LENGTH, 2, 3)[..., 1:].mean(-1),
        "sink": pattern[:, :, LENGTH:, 0].mean(-1),
    }
    return "; ".join(f"{name} {_best(scores)}" for name, scores in kinds.items())


def _best(scores: torch.Tensor) -> str:
    values, places = scores.flatten().sort(descending=True)
    heads = scores.shape[1]
    return " ".join(
        f"{value:.2f} L{place // heads}H{place % heads}"
        for value, place in zip(values[:3].tolist(), places[:3].tolist(), strict=True)
    )
