"""The transformer in the browser: its times in Chromium, as ratios to a naive forward pass in the same page.

    python -m benchmarks.explorer

Both run in turn, in one page that is opened from a file: ours in its worker, with the way of its messages; the naive
one, plain loops over float32 arrays as a first draft would have them, in the page itself. All times are of the patterns
of all heads.
"""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from benchmarks.machine import machine
from benchmarks.ratios import Compared
from grader import exercises
from grader.explorer.joined import joined
from grader.explorer.weights import transformer_script
from grader.measuring.transformer import load

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu")
SIZES = {30: 30, 64: 70, 256: 350}
"""The numbers of tokens, each with its goal in milliseconds for a text that is new."""
RUNS = 15

NAIVE = """
const tensors = unpackedTensors(explorerTransformer);
const { layers, heads, width, inner, epsilon } = explorerTransformer.shape;
const of = (name) => tensors.get(name);
const asked = (ids) => {
  const count = ids.length, size = width / heads;
  const x = new Float32Array(count * width);
  for (let i = 0; i < x.length; i++) {
    x[i] = of("wte.weight")[ids[Math.floor(i / width)] * width + i % width] + of("wpe.weight")[i];
  }
  const normal = (name) => {
    const out = new Float32Array(count * width), gain = of(name + ".weight"), bias = of(name + ".bias");
    for (let t = 0; t < count; t++) {
      let sum = 0, squares = 0;
      for (let c = 0; c < width; c++) sum += x[t * width + c];
      for (let c = 0; c < width; c++) squares += (x[t * width + c] - sum / width) ** 2;
      const scale = 1 / Math.sqrt(squares / width + epsilon);
      for (let c = 0; c < width; c++) out[t * width + c] = (x[t * width + c] - sum / width) * scale * gain[c] + bias[c];
    }
    return out;
  };
  const product = (a, rows, name) => {
    const matrix = of(name + ".weight"), bias = of(name + ".bias"), columns = bias.length;
    const out = new Float32Array(count * columns);
    for (let t = 0; t < count; t++) {
      for (let c = 0; c < columns; c++) out[t * columns + c] = bias[c];
      for (let k = 0; k < rows; k++) {
        const one = a[t * rows + k];
        for (let c = 0; c < columns; c++) out[t * columns + c] += one * matrix[k * columns + c];
      }
    }
    return out;
  };
  const add = (more) => more.forEach((value, i) => x[i] += value);
  const patterns = [];
  for (let layer = 0; layer < layers; layer++) {
    const seen = product(normal(`h.${layer}.ln_1`), width, `h.${layer}.attn.c_attn`);
    const pattern = new Float32Array(heads * count * count), outputs = new Float32Array(count * width);
    patterns.push(pattern);
    for (let h = 0; h < heads; h++) {
      for (let q = 0; q < count; q++) {
        const row = pattern.subarray((h * count + q) * count, (h * count + q + 1) * count);
        let most = -Infinity, sum = 0;
        for (let k = 0; k <= q; k++) {
          let score = 0;
          for (let d = 0; d < size; d++) {
            score += seen[q * 3 * width + h * size + d] * seen[k * 3 * width + width + h * size + d];
          }
          row[k] = score / Math.sqrt(size);
          most = Math.max(most, row[k]);
        }
        for (let k = 0; k <= q; k++) sum += row[k] = Math.exp(row[k] - most);
        for (let k = 0; k <= q; k++) {
          row[k] /= sum;
          for (let d = 0; d < size; d++) {
            outputs[q * width + h * size + d] += row[k] * seen[k * 3 * width + 2 * width + h * size + d];
          }
        }
      }
    }
    if (layer === layers - 1) break;
    add(product(outputs, width, `h.${layer}.attn.c_proj`));
    const hidden = product(normal(`h.${layer}.ln_2`), width, `h.${layer}.mlp.c_fc`);
    for (let i = 0; i < hidden.length; i++) {
      const v = hidden[i];
      hidden[i] = 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    }
    add(product(hidden, inner, `h.${layer}.mlp.c_proj`));
  }
  return patterns;
};
globalThis.naive = asked;
globalThis.source = createBrowserSource(explorerTransformer);
"""
"""A forward pass as a first draft would have it."""

TIMED = """async ([texts, off]) => {
  const layers = [0, 1, 2, 3, 4, 5];
  const ours = [], theirs = [];
  for (const [before, text] of texts) {
    const ids = (await source.read(text)).tokens.map(({ id }) => id);
    if (before) await Promise.all(layers.map((layer) => source.layer(before, layer, [])));
    let start = performance.now();
    await Promise.all(layers.map((layer) => source.layer(text, layer, off)));
    ours.push((performance.now() - start) / 1000);
    start = performance.now();
    naive(ids);
    theirs.push((performance.now() - start) / 1000);
  }
  return [ours, theirs];
}"""
"""The times of both on each text, behind the text before it."""


def rows(page: Page, words: list[str]) -> Iterator[str]:
    """Yield the table, line by line."""
    drawn = random.Random(1)  # noqa: S311 - a repeatable text
    yield "| tokens | what | goal | min | median | max | ours | naive |"
    yield "|---|---|---|---|---|---|---|---|"
    for size, goal in SIZES.items():
        texts = [" ".join(drawn.choices(words, k=size - 1)) for _ in range(RUNS + 3)]  # the first ones warm both up
        shorter = [text.rsplit(" ", 1)[0] for text in texts]
        for what, pairs, off in [
            ("a new text", [["", text] for text in texts], []),
            ("one token typed at the end", [[before, text] for before, text in zip(shorter, texts, strict=True)], []),
            ("a head of layer 2 switched off", [[text, text] for text in texts], [[2, 3]]),
        ]:
            ours, theirs = page.evaluate(TIMED, [pairs, off])
            times = Compared(tuple(ours[3:]), tuple(theirs[3:]))
            limit = f"<= {goal} ms" if what == "a new text" else ""
            yield f"| {size} | {what} | {limit} | {times.columns()} |"


def main() -> None:
    """Measure, and print the table."""
    loaded = load(exercises.load("mini-heads").transformer)
    words = [word[1:] for word in loaded.tokenizer.get_vocab() if word.startswith("Ġ") and word[1:].isalpha()]
    sys.stdout.write(f"{machine()}\n\n")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = f"{joined('engine/source.js')}\n{NAIVE}"
        (Path(folder) / "transformer.js").write_text(transformer_script(loaded), encoding="utf-8")
        file = Path(folder) / "page.html"
        head = '<!doctype html><meta charset="utf-8"><script src="transformer.js"></script>'
        file.write_text(f"{head}<script>{script}</script>", encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page()
        page.goto(file.as_uri())
        for row in rows(page, words):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
        browser.close()


if __name__ == "__main__":
    main()
