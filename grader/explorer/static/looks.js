/**
 * The patterns of the sentences that are looked at: computed when a view asks for a layer, and kept while they hold.
 *
 * @import { ExplorerError } from "./speech.js"
 * @import { Store } from "./store.js"
 * @import { Source } from "./types.js"
 *
 * @typedef {"text" | "contrast"} Which  The sentence, or the second one beside it.
 *
 * @typedef {object} Kept
 * @property {Promise<Float32Array>} patterns
 * @property {number} size  The number of weights; 0 until they are there.
 *
 * @typedef {object} Looks
 * @property {(which: Which, layer: number) => Promise<Float32Array>} layer  The patterns of a layer as things stand now.
 */
import { asExplorerError } from "./speech.js";

const PAUSE = 60; // milliseconds without a keystroke before a sentence is read
const KEPT = 24e6; // numbers in all kept patterns together, about 100 MB

/**
 * Read the sentences whenever they change, and give out their patterns.
 *
 * @param {Source} source
 * @param {Store} store
 * @returns {Looks}
 */
export function createLooks(source, store) {
  /** @type {Map<string, Kept>} */
  const layers = new Map();
  const timers = { text: 0, contrast: 0 };

  /**
   * @param {Which} which
   * @param {ExplorerError | null} trouble
   */
  function troubled(which, trouble) {
    return { trouble: { ...store.get().trouble, [which]: trouble } };
  }

  /** @param {Which} which */
  async function read(which) {
    const field = which === "text" ? "reading" : "contrasted";
    const text = store.get()[which];
    if (which === "contrast" && !text.trim()) return store.set({ contrasted: null, ...troubled(which, null) });
    try {
      const reading = await source.read(text);
      if (store.get()[which] === text) store.set({ [field]: reading, ...troubled(which, null) });
    } catch (error) {
      if (store.get()[which] === text) store.set(troubled(which, asExplorerError(error)));
    }
  }

  /** @type {Looks["layer"]} */
  function layer(which, number) {
    const { off, reading, contrasted } = store.get();
    const text = (which === "text" ? reading : contrasted)?.text ?? "";
    const below = off.filter(([at]) => at < number); // the pattern of a layer depends on the heads below it only
    const key = JSON.stringify([text, number, below]);
    const kept = layers.get(key) ?? computed(key, source.layer(text, number, below));
    layers.delete(key);
    layers.set(key, kept);
    return kept.patterns;
  }

  /**
   * @param {string} key
   * @param {Promise<Float32Array>} patterns
   * @returns {Kept}
   */
  function computed(key, patterns) {
    const kept = { patterns, size: 0 };
    patterns.then((all) => {
      kept.size = all.length;
      forget();
    }, () => layers.delete(key));
    return kept;
  }

  /** Drop the patterns that were asked for longest ago, until the rest has room; what is being computed stays. */
  function forget() {
    let room = KEPT - [...layers.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [key, { size }] of layers) {
      if (room >= 0) return;
      if (size) layers.delete(key);
      room += size;
    }
  }

  store.subscribe((state, before) => {
    for (const which of /** @type {Which[]} */ (["text", "contrast"])) {
      if (state[which] === before[which]) continue;
      clearTimeout(timers[which]);
      timers[which] = setTimeout(() => read(which), PAUSE);
    }
  });
  read("text");
  read("contrast");

  return { layer };
}
