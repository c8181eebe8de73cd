"""The model card, measured: `python -m training.card --bundle FOLDER --work build/training`.

Heads are chosen on the probes of one seed and scored on those of another.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

from grader.exercises import load
from grader.grading.standings import KindStandings, Standing
from grader.measuring import examples
from grader.measuring.probes.annotated import running_text
from grader.measuring.scan import scan
from grader.measuring.tables.score_table import KindScores
from grader.report.pages.picture import png
from grader.schema import AskedKind, Exercise, Kind, ProbeSettings, head_name, title
from training.rows import STAGES, STEPS, TOKENS
from training.run import HEADS, LAYERS, fresh

CHOSEN_ON, SCORED_ON, UNTRAINED = 1, 42, 0
"""Seeds of the probes that choose the heads, of those that score them, and of the untrained copy's weights."""
KINDS: tuple[Kind, ...] = (
    Kind(type="positional", offset=-1),
    Kind(type="positional", offset=-2),
    Kind(type="induction"),
    Kind(type="duplicate_token"),
    Kind(type="syntactic", relation="verb_subject"),
    Kind(type="syntactic", relation="pronoun_antecedent"),
    Kind(type="syntactic", relation="noun_adjective"),
    Kind(type="syntactic", relation="object_verb"),
    Kind(type="syntactic", relation="noun_determiner"),
    Kind(type="syntactic", relation="possessive_noun"),
    Kind(type="semantic"),
    Kind(type="rare_token"),
)
PLACES = tuple((layer, head) for layer in range(LAYERS) for head in range(HEADS))
TEMPLATE = Path(__file__).with_name("card.md")
COLORS = 32
"""The number of colours in a heat map's file."""

Scores = dict[str, dict[tuple[int, int], Standing]]
"""The standings by the kind's name and the head."""


@dataclass(frozen=True)
class Scan:
    """All heads under all kinds, and the scores behind them."""

    kinds: dict[str, KindScores]
    heads: Scores


def scanned(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, exercise: Exercise, seed: int) -> Scan:
    """Score every head on the probes of this seed, and compare it with the default thresholds."""
    scanned = scan(model, tokenizer, ProbeSettings(seed=seed), KINDS, causal=True)
    heads = {}
    for scores in scanned:
        asked = AskedKind(**scores.kind.model_dump(), heads=1, points=1, passing=1)
        heads[scores.kind.name] = dict(KindStandings(exercise, asked, scores))
    return Scan({scores.kind.name: scores for scores in scanned}, heads)


def best(heads: dict[tuple[int, int], Standing]) -> list[tuple[int, int]]:
    """Return the heads, best first: confirmed ones before the others."""
    return sorted(heads, key=lambda place: (not heads[place].confirmed, -heads[place].measured.score, place))


def summary(chosen: Scan, scored: Scan, untrained: Scan) -> str:
    """Return a Markdown table: the best head of each kind, and the runner-up."""
    lines = [
        "| kind | statistic | best head | score | 95 % interval | baseline | runner-up | untrained best | confirmed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        heads, name = scored.heads[kind.name], kind.name
        first, second = best(chosen.heads[name])[:2]
        measured = heads[first].measured
        low, high = measured.interval
        confirmed = [place for place in PLACES if heads[place].confirmed]
        null = max(each.measured.score for each in untrained.heads[name].values())
        cells = [
            title(kind),
            scored.kinds[name].decides.replace("_", " "),
            f"{_name(first)}{'' if heads[first].confirmed else ' (not confirmed)'}",
            f"{measured.score:.2f}",
            f"{low:.2f} to {high:.2f}",
            f"{measured.baseline:.2f} ({scored.kinds[name].blind_head})",
            f"{_name(second)} {heads[second].measured.score:.2f}",
            f"{null:.2f}",
            f"{len(confirmed)}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def slices(chosen: Scan, scored: Scan) -> str:
    """Return a Markdown list: the best head of each kind on every slice of its probe."""
    lines = []
    for kind in KINDS:
        place = best(chosen.heads[kind.name])[0]
        readings = scored.heads[kind.name][place].measured.readings
        values = [f"{each.on} {each.statistic.replace('_', ' ')} {each.value:.2f}" for each in readings]
        lines.append(f"- {title(kind)}, {_name(place)}: {'; '.join(values)}")
    return "\n".join(lines)


def all_heads(scored: Scan) -> str:
    """Return a Markdown table: every head's score under every kind, in bold if confirmed."""
    short = [kind.relation or (f"{kind.offset:+d}" if kind.offset else kind.type) for kind in KINDS]
    lines = [f"| head | {' | '.join(name.replace('_', ' ') for name in short)} |", "|---" * (len(short) + 1) + "|"]
    for place in PLACES:
        cells = []
        for kind in KINDS:
            head = scored.heads[kind.name][place]
            score = f"{head.measured.score:.2f}"
            cells.append(f"**{score}**" if head.confirmed else score)
        lines.append(f"| {_name(place)} | {' | '.join(cells)} |")
    return "\n".join(lines)


@torch.no_grad()
def sinks(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the heads with the most attention on the first position, on running text."""
    total = torch.zeros(LAYERS, HEADS)
    sequences = running_text(tokenizer, ProbeSettings(seed=SCORED_ON))
    model.set_attn_implementation("eager")
    for sequence in sequences:
        attentions = model(torch.tensor([sequence.token_ids]), output_attentions=True).attentions
        total += torch.stack(attentions)[:, 0, :, 5:, 0].mean(-1)
    mean = total / len(sequences)
    most = sorted(PLACES, key=lambda place: -float(mean[place]))[:4]
    return ", ".join(f"{_name(place)} {float(mean[place]):.2f}" for place in most)


def heat_maps(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, chosen: Scan, folder: Path) -> str:
    """Write a heat map for the best head of each kind into `folder`, and return Markdown that shows them."""
    folder.mkdir(exist_ok=True)
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(scratch) / "examples.npz"
        examples.save(kept, examples.examples(model, tokenizer, ProbeSettings(seed=SCORED_ON), KINDS, causal=True))
        for kind in KINDS:
            picture = examples.picture(kept, kind, *best(chosen.heads[kind.name])[0])
            file = folder / f"{(kind.relation or kind.type).replace('_', '-')}{abs(kind.offset or 0) or ''}.png"
            if picture is not None:
                drawn = Image.open(BytesIO(png(picture)))
                drawn.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLORS).save(file, optimize=True)
                lines.append(f"![{picture.caption}]({folder.name}/{file.name})")
    return "\n\n".join(lines)


def _name(place: tuple[int, int]) -> str:
    return head_name(*place)


def card(bundle: Path, work: Path) -> None:
    """Measure the bundled transformer, and write its card and heat maps into its folder."""
    model: GPT2LMHeadModel = GPT2LMHeadModel.from_pretrained(bundle, dtype=torch.float32)
    null = fresh(model.config.vocab_size, UNTRAINED)
    model.train(False)
    null.train(False)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(bundle)
    exercise = load("mini-heads")
    chosen, scored = (scanned(model, tokenizer, exercise, seed) for seed in (CHOSEN_ON, SCORED_ON))
    untrained = scanned(null, tokenizer, exercise, SCORED_ON)
    seconds = json.loads((work / "step.json").read_text())["seconds"]
    size = sum(file.stat().st_size for file in bundle.iterdir() if file.suffix in (".safetensors", ".json"))
    filled = {
        "parameters": f"{model.num_parameters() / 1e6:.2f} million",
        "megabytes": f"{size / 1e6:.2f} MB",
        "vocabulary": f"{model.config.vocab_size:,}",
        "steps": f"{STEPS:,}",
        "tokens": f"{STEPS * TOKENS / 1e6:.2f} million",
        "minutes": f"{seconds / 60:.1f}",
        "speed": f"{STEPS * TOKENS / seconds:,.0f}",
        "stages": ", ".join(f"{stage.name} from {stage.first_step}" for stage in STAGES),
        "summary": summary(chosen, scored, untrained),
        "slices": slices(chosen, scored),
        "null": str(sum(each.confirmed for heads in untrained.heads.values() for each in heads.values())),
        "sinks": sinks(model, tokenizer),
        "all_heads": all_heads(scored),
        "heat_maps": heat_maps(model, tokenizer, chosen, bundle / "heat-maps"),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in filled.items():
        text = text.replace(f"{{{name}}}", value)
    (bundle / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def main() -> None:
    """Run the command line of the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="the bundled folder")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="the folder of checkpoints")
    given = parser.parse_args()
    card(given.bundle, given.work)


if __name__ == "__main__":
    main()
