"""Patterns that the page keeps: asked for once while there is room, also after many were dropped while being computed."""

from pathlib import Path

from tests.explorer.modules import run

PROGRAM = """
import { createLooks } from "./looks.js";
import { createStore } from "./store.js";

let asked = 0;
const answers = [];
const source = {
  read: (text) => Promise.resolve({ text, tokens: [] }),
  layer: () => new Promise((resolve) => { asked++; answers.push(() => resolve({ length: 9e6 })); }),
};
const store = createStore({ text: "a", contrast: "", off: [], reading: { text: "a", tokens: [] }, trouble: {} });
const looks = createLooks(source, store);
const settled = async () => { for (const answer of answers.splice(0)) answer(); await new Promise((go) => setTimeout(go)); };

for (let layer = 0; layer < 30; layer++) looks.layer("text", layer);
await settled();
const first = asked;
looks.layer("text", 29);
const kept = asked - first;
looks.layer("text", 0);
await settled();
const dropped = asked - first;
looks.layer("text", 0);
console.log(JSON.stringify({ first, kept, dropped, again: asked - first - dropped }));
"""


def test_patterns_are_kept_while_there_is_room(tmp_path: Path) -> None:
    assert run(tmp_path, PROGRAM) == {"first": 30, "kept": 0, "dropped": 1, "again": 0}
