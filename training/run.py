"""Train the embedded transformer: `python -m training.run --out grader/measuring/transformer/bundled/mini-gpt2`.

Next-token prediction only: no loss on attention. An interrupted run continues from its last checkpoint.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from training import tokenizer as words
from training.glance import glance
from training.rows import STEPS, TOKENS, Rows, stage_of

LAYERS, HEADS, WIDTH, POSITIONS = 6, 8, 192, 256
PLACE_WIDTH = 48
"""The number of directions in which positions start; words start in the others."""
MATRIX_RATE, OTHER_RATE = 6e-3, 3e-3
POSITION_PART = 0.3
"""The learning rate of the position embeddings, divided by OTHER_RATE."""
RATES = ((0, 1 / 30), (29, 1.0), (2728, 1.0), (3750, 0.389), (5000, 0.389), (STEPS, 0.02))
"""Steps, with the factor of the learning rates at each; linear in between."""
SPREAD = 0.06
"""The standard deviation of the initial weights; with GPT-2's own 0.02, no offsets are learned in this time."""
CHECKPOINT_EVERY, GLANCE_EVERY = 250, 50
BUNDLED_SEED = 1
"""The seed of the run that made the bundled weights; the best of three."""


def fresh(vocabulary: int, seed: int) -> GPT2LMHeadModel:
    """Return an untrained transformer; its positions start as sinusoids and are learned like everything else."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=POSITIONS,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        initializer_range=SPREAD,
        activation_function="gelu_pytorch_tanh",  # the same function as GPT-2's gelu_new, and faster
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        _begin_apart(model)
        _begin_alike(model)
    model.train()
    return model


def _begin_apart(model: GPT2LMHeadModel) -> None:
    """Start positions and words in different directions: positions as sinusoids, words at random."""
    frequencies = torch.exp(torch.linspace(math.log(1.5), -math.log(10.0), PLACE_WIDTH // 2))
    angles = torch.arange(float(POSITIONS))[:, None] * frequencies
    model.transformer.wpe.weight.zero_()
    model.transformer.wpe.weight[:, :PLACE_WIDTH] = torch.cat([angles.sin(), angles.cos()], 1) * 2
    model.transformer.wte.weight.normal_(0, 0.3)
    model.transformer.wte.weight[:, :PLACE_WIDTH] *= 0.05
    model.transformer.ln_f.weight.fill_(0.5)


def _begin_alike(model: GPT2LMHeadModel) -> None:
    """Start every head so that keys like the query get more attention, and so that it writes what it reads.

    In the first layer keys start equal to queries; in every layer a head's output starts as a copy; what stands
    between two layers starts at nothing. No head starts with a job: which one it takes up is learned.
    """
    blocks: Any = model.transformer.h
    for number, block in enumerate(blocks):
        joint = block.attn.c_attn.weight
        if number == 0:
            joint[:, : 2 * WIDTH] *= 2
            joint[:, WIDTH : 2 * WIDTH] = joint[:, :WIDTH]
        block.attn.c_proj.weight.add_(joint[:, 2 * WIDTH :].T)
        block.mlp.c_proj.weight.zero_()


def optimizers(model: GPT2LMHeadModel) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices of the layers, and AdamW for embeddings and vectors."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and ".h." in name]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": [model.transformer.wte.weight], "weight_decay": 0.01, "part": 1.0},
        {"params": [model.transformer.wpe.weight], "weight_decay": 0.01, "part": POSITION_PART},
        {"params": vectors, "weight_decay": 0.0, "part": 1.0},
    ]
    muon = torch.optim.Muon(matrices, lr=MATRIX_RATE, weight_decay=0.05, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(groups, lr=OTHER_RATE, betas=(0.9, 0.98), fused=True)]


def set_rates(both: list[torch.optim.Optimizer], step: int) -> None:
    """Set the learning rates of a step: they rise, stay, fall, stay again, and fall to nearly zero."""
    steps, parts = zip(*RATES, strict=True)
    factor = float(np.interp(step, steps, parts))
    both[1].param_groups[0]["part"] = stage_of(step).embedding_part
    for group in both[0].param_groups:
        group["lr"] = MATRIX_RATE * factor
    for group in both[1].param_groups:
        group["lr"] = OTHER_RATE * group["part"] * factor


def loss_of(model: GPT2LMHeadModel, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return the weighted mean cross-entropy of the next token, in nats."""
    tokens, weights, starts = batch
    positions = torch.arange(tokens.shape[1])[None] + starts[:, None]
    with torch.autocast("cpu", torch.bfloat16):
        states = model.transformer(tokens, position_ids=positions, use_cache=False).last_hidden_state[:, :-1]
        matter = weights[:, 1:] > 0
        logits = model.lm_head(states[matter])
    cost = functional.cross_entropy(logits.float(), tokens[:, 1:][matter], reduction="none")
    return (cost * weights[:, 1:][matter]).sum() / weights[:, 1:][matter].sum()


class Checkpoint:
    """Return all that a run needs to go on: weights, optimizers, step and time spent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, model: GPT2LMHeadModel, both: list[torch.optim.Optimizer], step: int, seconds: float) -> None:
        """Write a new checkpoint, then replace the old one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model.{name}": value.contiguous() for name, value in model.transformer.state_dict().items()}
        for number, optimizer in enumerate(both):
            for index, state in optimizer.state_dict()["state"].items():
                for name, value in state.items():
                    tensors[f"{number}.{index}.{name}"] = torch.as_tensor(value).clone().contiguous()
        new = self.folder / "new.safetensors"
        save_file(tensors, new, {"step": str(step), "seconds": str(seconds)})
        new.replace(self.folder / "last.safetensors")
        (self.folder / "step.json").write_text(json.dumps({"step": step, "seconds": seconds}))

    def restore(self, model: GPT2LMHeadModel, both: list[torch.optim.Optimizer]) -> tuple[int, float]:
        """Restore the state, and return the next step and the seconds spent; 0 and 0 if nothing was saved."""
        path = self.folder / "last.safetensors"
        if not path.exists():
            return 0, 0.0
        tensors = load_file(path)
        model.transformer.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for number, optimizer in enumerate(both):
            kept = optimizer.state_dict()
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                if key.startswith(f"{number}."):
                    _, index, name = key.split(".", 2)
                    state.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({"state": state, "param_groups": kept["param_groups"]})
        saved = json.loads((self.folder / "step.json").read_text())
        return saved["step"], saved["seconds"]


def bundle(model: GPT2LMHeadModel, tokenizer: Tokenizer, out: Path) -> None:
    """Write the bundled folder: float16 safetensors, config and tokenizer; nothing is pickled."""
    half = GPT2LMHeadModel(model.config)
    half.config.activation_function = "gelu_new"
    half.load_state_dict(model.state_dict())
    half.half()  # type: ignore[no-untyped-call]
    half.save_pretrained(out)
    (out / "generation_config.json").unlink(missing_ok=True)
    words.save(tokenizer, out)


def train(out: Path, work: Path, seed: int, until: int) -> None:
    """Train to the end, or to step `until`, and write the bundled folder."""
    tokenizer = words.build()
    model = fresh(tokenizer.get_vocab_size(), seed)
    both = optimizers(model)
    rows, checkpoint = Rows(tokenizer, seed), Checkpoint(work)
    step, spent = checkpoint.restore(model, both)
    began, losses = time.monotonic() - spent, []
    while step < until:
        set_rates(both, step)
        tokens, weights, starts = rows.batch(step)
        loss = loss_of(model, (torch.from_numpy(tokens), torch.from_numpy(weights), torch.from_numpy(starts)))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in both:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        step += 1
        seconds = time.monotonic() - began
        if step % GLANCE_EVERY == 0:
            seen = step * TOKENS
            mean = sum(losses) / len(losses)
            message = (
                f"{step} {stage_of(step - 1).name} {seconds:.0f}s {seen / 1e6:.2f}M tokens, {seen / seconds:.0f}/s"
            )
            print(f"{message}, loss {mean:.3f}, {glance(model)}", flush=True)  # noqa: T201 - a training run prints its progress
            losses = []
        if step % CHECKPOINT_EVERY == 0 or step == until:
            checkpoint.save(model, both, step, seconds)
    bundle(model, tokenizer, out)


def main() -> None:
    """Run the command line of the training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the bundled folder to write")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="the folder of checkpoints")
    parser.add_argument("--seed", type=int, default=BUNDLED_SEED, help="of weights and rows")
    parser.add_argument("--until", type=int, default=STEPS, help="stop at this step")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    train(given.out, given.work, given.seed, given.until)


if __name__ == "__main__":
    main()
