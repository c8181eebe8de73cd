/**
 * The patterns of the sentences that are looked at: computed when a view asks for a layer, and kept while they hold.
 *
 * @import { Store } from "./store.js"
 * @import { Head, Reading, Source } from "./types.js"
 *
 * @typedef {"text" | "contrast"} Which  The sentence, or the second one beside it.
 *
 * @typedef {object} Looks
 * @property {(which: Which, layer: number) => Promise<Float32Array>} layer  The patterns of a layer as things stand now.
 * @property {(which: Which, head: Head) => Promise<Float32Array>} head  The pattern of one head, [query, key].
 */
import { ExplorerError } from "./speech.js";

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
  /** @type {Map<string, Promise<Float32Array>>} */
  const layers = new Map();
  /** @type {Map<string, number>} */
  const sizes = new Map();
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
    const known = layers.get(key) ?? source.layer(text, number, below);
    layers.delete(key);
    layers.set(key, known);
    known.then((all) => sizes.set(key, all.length), () => layers.delete(key)).then(forget);
    return known;
  }

  /** Drop the patterns that were asked for longest ago, until the rest has room. */
  function forget() {
    let room = KEPT - [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const key of layers.keys()) {
      if (room >= 0) return;
      room += sizes.get(key) ?? 0;
      sizes.delete(key);
      layers.delete(key);
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

  return {
    layer,
    async head(which, [at, number]) {
      const { reading, contrasted } = store.get();
      const tokens = /** @type {Reading} */ (which === "text" ? reading : contrasted).tokens.length;
      const all = await layer(which, at);
      return all.subarray(number * tokens * tokens, (number + 1) * tokens * tokens);
    },
  };
}

/**
 * An error as one for the person at the page.
 *
 * @param {unknown} error
 * @returns {ExplorerError}
 */
export function asExplorerError(error) {
  return error instanceof ExplorerError
    ? error
    : new ExplorerError(error instanceof Error ? error.message : `${error}`);
}
