"""The transformer in the browser gives the numbers that the grader measures, token by token and head by head."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page

from grader import exercises
from grader.explorer.joined import joined
from grader.explorer.weights import transformer_script
from grader.measuring.attention.streaming import one_thread, stream
from grader.measuring.interventions.workbench import Edit, Workbench
from grader.measuring.probes.spelling import spelled
from grader.measuring.sentence import read
from grader.measuring.transformer import Loaded, load
from grader.schema import HeadIndex

pytestmark = pytest.mark.browser

HTML = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; {policy}">
<input type="file">
<script src="transformer.js"></script>
<script src="engine.js"></script>
"""
POLICIES = {
    "webassembly": "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:",
    "plain": "script-src 'self'; worker-src blob:",
    "no_worker": "script-src 'self'; worker-src 'none'",
}
"""What pages allow; without WebAssembly, plain JavaScript computes."""
CLOSE = 1e-5

FARTHEST = """async ([texts, off]) => {
  const expected = new Float32Array(await document.querySelector("input").files[0].arrayBuffer());
  let [place, layers] = [0, Array(source.about.layers).fill(0)];
  for (const text of texts) {
    for (const layer of layers.keys()) {
      const pattern = await source.layer(text, layer, off);
      for (const value of pattern) layers[layer] = Math.max(layers[layer], Math.abs(value - expected[place++]));
    }
  }
  return { layers, left: expected.length - place };
}"""
"""The largest difference of each layer from the patterns in the file; NaN if there is none."""

READ_OTHERWISE = """async (given) => {
  const { texts, expected } = JSON.parse(given);
  const readings = await Promise.all(texts.map((text) => source.read(text)));
  const told = ({ id, text, special, start, end }) => [id, text, special, start, end];
  const read = readings.map(({ tokens }) => tokens.map(told));
  const wrong = read.map((tokens, place) => [texts[place], tokens, expected[place]]);
  return wrong.filter(([, got, want]) => JSON.stringify(got) !== JSON.stringify(want)).slice(0, 5);
}"""
"""The first texts whose tokens are others, with both."""

COMPUTED = """asked => {
  const engine = new Engine(explorerTransformer);
  const { transformer } = engine;
  const stage = transformer.stage.bind(transformer);
  let computed = [];
  transformer.stage = (layer, states, from, known) => {
    if (states.length) computed.push([layer, from]);
    return stage(layer, states, from, known);
  };
  return asked.map(([text, off]) => {
    computed = [];
    const layers = [0, 1, 2, 3, 4, 5];
    const patterns = layers.map((layer) => engine.layer(text, layer, off));
    const fresh = new Engine(explorerTransformer);
    const differs = layers.some((layer) => `${patterns[layer]}` !== `${fresh.layer(text, layer, off)}`);
    return { differs, computed };
  });
}"""
"""For each text in turn: the layers that are computed, each with its first row, and if a fresh start differs."""

Patterns = list[np.ndarray]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """The embedded transformer, in the precision in which its exercise measures."""
    return load(exercises.load("mini-heads").transformer, dtype="float64", whole=True)


@pytest.fixture(scope="module")
def bench(loaded: Loaded) -> Workbench:
    return Workbench(loaded.model, loaded.whole)


@pytest.fixture(scope="module")
def site(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose pages are opened as files, one for each policy."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "transformer.js").write_text(transformer_script(loaded), encoding="utf-8")
    (folder / "engine.js").write_text(joined("engine/source.js"), encoding="utf-8")
    for name, policy in POLICIES.items():
        (folder / f"{name}.html").write_text(HTML.format(policy=policy), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(browser: Browser, site: Path) -> Iterator[Callable[[str], Page]]:
    """A function that opens a page in which `source` is the browser's own."""
    context = browser.new_context()

    def open_page(policy: str) -> Page:
        page = context.new_page()
        page.goto((site / f"{policy}.html").as_uri())
        page.evaluate("() => { globalThis.source = createBrowserSource(explorerTransformer); }")
        return page

    yield open_page
    context.close()


@pytest.fixture(scope="module")
def page(opened: Callable[[str], Page]) -> Page:
    return opened("webassembly")


def drawn(loaded: Loaded, seed: int) -> Callable[[int], str]:
    """Return a function that draws a text of so many parts: words, Korean, emoji, marks, and white space."""
    random_ = random.Random(seed)  # noqa: S311 - a repeatable text
    words = [each[1:] for each in loaded.tokenizer.get_vocab() if each.startswith("Ġ") and each[1:].isalpha()]
    others = [
        "밥을",
        "먹었어요",
        "고양이가",
        "😀",
        "👩‍👩‍👧",
        "🇰🇷",
        "café",
        "naïve",
        "12",
        "3.14",
        "it's",
        "x\u0301",
        "...",
        "don't",
    ]

    def text(parts: int) -> str:
        chosen = (random_.choice(words if random_.random() < 0.8 else others) for _ in range(parts))
        return "".join(each + random_.choice([" ", " ", " ", ", ", "  ", "\n"]) for each in chosen)

    return text


def longest(loaded: Loaded, seed: int) -> str:
    """Return a text of 256 tokens, the first of which the tokenizer adds."""
    words = [each[1:] for each in loaded.tokenizer.get_vocab() if each.startswith("Ġ") and each[1:].isalpha()]
    return " ".join(random.Random(seed).choices(words, k=255))  # noqa: S311 - a repeatable text


def patterns(loaded: Loaded, text: str) -> Patterns:
    found: Patterns = []
    ids = read(loaded.model, loaded.tokenizer, text).token_ids
    stream(loaded.model, [ids], lambda _, pattern: found.append(pattern[0].float().numpy().copy()), 5)
    return found


def strings(loaded: Loaded, count: int) -> list[str]:
    """Return short texts of everything: scripts, white space, emoji, digits, marks, and special tokens typed in."""
    random_ = random.Random(3)  # noqa: S311 - a repeatable text
    words = [each.replace("Ġ", " ") for each in loaded.tokenizer.get_vocab()]
    scripts = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x97F)]
    scripts += [(0xE00, 0xE7F), (0x1100, 0x11FF), (0x2000, 0x206F), (0x3000, 0x30FF), (0x4E00, 0x9FFF)]
    scripts += [(0xAC00, 0xD7A3), (0x1F300, 0x1FAFF), (0x10000, 0x100FF), (0xE0000, 0xE007F), (0xFE00, 0xFFFF)]
    spaces = [" ", "  ", "\n", "\t", "\r\n", "\x85", "\x1c", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u2028", "\0"]
    whole = ["<|endoftext|>", "<|endoftext|", "👩‍👩‍👧", "🇰🇷", "👍🏽", "1️⃣", "it's", "we'll", "I'D", "'", "n't"]

    def part() -> str:
        match random_.randrange(5):
            case 0:
                return random_.choice(words)
            case 1:
                return "".join(random_.choices(spaces, k=random_.randint(1, 4)))
            case 2:
                return random_.choice(whole)
            case 3:
                return str(random_.randrange(10**6))
            case _:
                low, high = random_.choice(scripts)
                return "".join(chr(random_.randint(low, high)) for _ in range(random_.randint(1, 4)))

    return ["".join(part() for _ in range(random_.randint(1, 8))) for _ in range(count)]


def tokens(loaded: Loaded, text: str) -> list[list[Any]]:
    """Return id, text, special, start and end of each token, places in UTF-16 code units."""
    read_ = read(loaded.model, loaded.tokenizer, text)
    offsets = loaded.tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).offsets
    units = [len(text[:place].encode("utf-16-le")) // 2 for place in range(len(text) + 1)]
    places = [(0, 0), *((units[start], units[end]) for start, end in offsets)]
    return [
        [token, shown, place in read_.special, *places[place]]
        for place, (token, shown) in enumerate(zip(read_.token_ids, read_.tokens, strict=True))
    ]


def switched_off(
    loaded: Loaded, bench: Workbench, text: str, off: Sequence[HeadIndex]
) -> tuple[Patterns, torch.Tensor]:
    """Return all patterns and the next token's probabilities, with the outputs of these heads set to zero."""
    clean = bench.run([read(loaded.model, loaded.tokenizer, text).token_ids], keep=range(bench.layers))
    edits = {
        layer: [
            Edit(slice(None), tuple(head for at, head in off if at == layer), torch.zeros_like(clean.outputs[layer]))
        ]
        for layer in {layer for layer, _ in off}
    }
    found = [
        bench.replaced(clean, 1, edits, watch=layer)[1] if any(at < layer for at in edits) else clean.patterns[layer]
        for layer in range(bench.layers)
    ]
    final = bench.replaced(clean, 1, edits)[0] if off else clean.final
    (logits,) = bench.predictions(final[0, -1:])
    return [pattern[0].float().numpy() for pattern in found], logits[0].softmax(-1)


def farthest(
    page: Page, file: Path, texts: Sequence[str], expected: Sequence[Patterns], off: Sequence[HeadIndex] = ()
) -> float:
    """Return the largest difference between the page's patterns and these."""
    file.write_bytes(b"".join(pattern.tobytes() for text in expected for pattern in text))
    page.locator("input").set_input_files(file)
    found = page.evaluate(FARTHEST, [texts, off])
    assert found["left"] == 0
    return float(np.max(found["layers"]))


def test_every_head_attends_as_it_does_for_the_grader(loaded: Loaded, page: Page, tmp_path: Path) -> None:
    text = drawn(loaded, 1)
    texts = ["a", longest(loaded, 1), *(text(1 + number % 17) for number in range(198))]
    with one_thread():
        expected = [patterns(loaded, each) for each in texts]

    assert max(len(each[0][0]) for each in expected) == 256
    assert farthest(page, tmp_path / "expected", texts, expected) < CLOSE


def test_without_webassembly_the_numbers_are_the_same(
    loaded: Loaded, opened: Callable[[str], Page], tmp_path: Path
) -> None:
    page, text = opened("plain"), drawn(loaded, 2)
    texts = [text(3 * number) for number in range(1, 8)]

    assert "native code" in opened("webassembly").evaluate("createKernel(8).tile.toString()")
    assert "native code" not in page.evaluate("createKernel(8).tile.toString()")
    assert farthest(page, tmp_path / "expected", texts, [patterns(loaded, each) for each in texts]) < CLOSE


def test_tokens_are_those_of_the_tokenizer(loaded: Loaded, page: Page) -> None:
    texts = strings(loaded, 10_000)
    expected = [tokens(loaded, text) for text in texts]

    assert page.evaluate(READ_OTHERWISE, json.dumps({"texts": texts, "expected": expected})) == []


@pytest.mark.parametrize("off", [(), ((0, 5),), ((1, 1), (1, 2), (4, 0)), ((5, 0), (5, 7), (2, 3))])
def test_heads_that_are_switched_off_change_what_lies_above(
    loaded: Loaded, bench: Workbench, page: Page, tmp_path: Path, off: tuple[HeadIndex, ...]
) -> None:
    text = "the baker saw the king . the baker saw the 밥을"
    expected, probabilities = switched_off(loaded, bench, text, off)

    assert farthest(page, tmp_path / "expected", [text], [expected], off) < CLOSE
    predicted = page.evaluate("([text, off]) => source.predict(text, off)", [text, off])
    best = probabilities.topk(10)
    assert [each["token"] for each in predicted] == [spelled(loaded.tokenizer, [token])[0] for token in best.indices]
    assert [each["probability"] for each in predicted] == pytest.approx(best.values.tolist(), abs=CLOSE)


def test_only_what_changed_is_computed_and_the_numbers_are_those_of_a_fresh_start(page: Page) -> None:
    first, longer, other = "the baker saw the king", "the baker saw the king .", "the baker met the king ."
    asked = [(first, []), (longer, []), (longer, [[2, 3]]), (other, []), (longer, []), (first, [])]

    steps = page.evaluate(COMPUTED, asked)

    tokens = page.evaluate("text => source.read(text).then(reading => reading.tokens.length)", first)
    assert [step["differs"] for step in steps] == [False] * len(asked)
    assert steps[0]["computed"] == [[layer, 0] for layer in range(6)]
    assert steps[1]["computed"] == [[layer, tokens] for layer in range(6)]
    assert steps[2]["computed"] == [[layer, 0] for layer in range(3, 6)]
    assert steps[3]["computed"] == [[layer, 3] for layer in range(6)]
    assert steps[4]["computed"] == steps[5]["computed"] == []


def test_a_text_that_cannot_be_read_is_refused_with_a_key_for_the_page(loaded: Loaded, page: Page) -> None:
    refused = "text => source.read(text).catch(error => [error instanceof ExplorerError, error.code, error.values])"

    assert page.evaluate(refused, "") == [True, "text_empty", {}]
    assert page.evaluate(refused, longest(loaded, 3) + " a") == [
        True,
        "text_too_long",
        {"number": 257, "most": 256},
    ]


def test_the_page_goes_on_while_the_worker_computes(loaded: Loaded, page: Page) -> None:
    order = """async text => {
      const order = [];
      const looked = source.layer(text, 5, []).then(() => order.push("layer"));
      for (let turn = 0; turn < 3; turn++) await new Promise(done => setTimeout(done));
      order.push("page");
      await looked;
      return order;
    }"""

    assert page.evaluate(order, longest(loaded, 4)) == ["page", "layer"]


def test_a_page_that_forbids_workers_says_so(opened: Callable[[str], Page]) -> None:
    page = opened("no_worker")
    refused = "() => source.read('a').catch(error => error instanceof ExplorerError)"

    assert page.evaluate(refused) is True
    assert page.evaluate(refused) is True
