/**
 * One head on one sentence: its pattern, and what can be read off it.
 *
 * @import { App } from "../app.js"
 * @import { Which } from "../looks.js"
 * @import { Translate } from "../speech.js"
 * @import { Head, Reading } from "../types.js"
 *
 * @typedef {object} Seen
 * @property {Which} which
 * @property {Reading} reading
 * @property {number} size  The number of tokens.
 * @property {Float32Array} pattern  [query, key]
 * @property {boolean} causal
 * @property {boolean} aside  True if attention on the first position is left out.
 * @property {Uint8Array | null} targets  [query, key]: 1 for a target of the chosen kind.
 *
 * @typedef {object} Look
 * @property {number} query
 * @property {number} key
 * @property {number} weight
 */
import { targetsOf } from "../targets.js";

/**
 * Every head of a layer on a sentence; null if that sentence is not there.
 *
 * @param {App} app
 * @param {Which} which
 * @param {number} layer
 * @returns {Promise<Seen[] | null>}
 */
export async function seenLayer({ looks, store, source, content }, which, layer) {
  const state = store.get();
  const reading = which === "text" ? state.reading : state.contrasted;
  if (!reading) return null;
  const all = await looks.layer(which, layer);
  const { causal, heads } = source.about;
  const size = reading.tokens.length;
  const kind = content().kinds.find(({ name }) => name === state.kind);
  const targets = (kind && targetsOf(kind, reading, causal)?.mask) ?? null;
  return Array.from({ length: heads }, (_, head) => {
    const pattern = all.subarray(head * size * size, (head + 1) * size * size);
    return { which, reading, size, pattern, causal, aside: state.aside, targets };
  });
}

/**
 * A head on both sentences, or on one.
 *
 * @param {App} app
 * @param {Head} head
 * @returns {Promise<Seen[]>}
 */
export async function seenHead(app, [layer, head]) {
  const both = await Promise.all([seenLayer(app, "text", layer), seenLayer(app, "contrast", layer)]);
  return both.filter((heads) => heads !== null).map((heads) => heads[head]);
}

/**
 * The attention that a query pays to a key; 0 if it is set aside.
 *
 * @param {Seen} seen
 * @param {number} query
 * @param {number} key
 * @returns {number}
 */
export function weightOf({ aside, pattern, size }, query, key) {
  return aside && key === 0 ? 0 : pattern[query * size + key];
}

/**
 * All keys that a query may look at, by the attention that it pays to them.
 *
 * @param {Seen} seen
 * @param {number} query
 * @returns {Look[]}
 */
export function looksOf(seen, query) {
  const keys = [...Array(seen.causal ? query + 1 : seen.size).keys()].slice(seen.aside ? 1 : 0);
  return keys.map((key) => ({ query, key, weight: weightOf(seen, query, key) })).sort(byWeight);
}

/**
 * All queries that may look at a key, by the attention that they pay to it.
 *
 * @param {Seen} seen
 * @param {number} key
 * @returns {Look[]}
 */
export function lookersOf(seen, key) {
  if (seen.aside && key === 0) return [];
  const queries = [...Array(seen.size).keys()].slice(seen.causal ? key : 0);
  return queries.map((query) => ({ query, key, weight: weightOf(seen, query, key) })).sort(byWeight);
}

/**
 * The strongest look of each query, strongest first. In a decoder the first query sees only itself, so it is left out.
 *
 * @param {Seen} seen
 * @returns {Look[]}
 */
export function strongestLooks(seen) {
  const strongest = [];
  for (let query = seen.causal ? 1 : 0; query < seen.size; query++) {
    let best = seen.aside ? 1 : 0;
    for (let key = best; key < (seen.causal ? query + 1 : seen.size); key++) {
      if (weightOf(seen, query, key) > weightOf(seen, query, best)) best = key;
    }
    if (best < seen.size) strongest.push({ query, key: best, weight: weightOf(seen, query, best) });
  }
  return strongest.sort(byWeight);
}

/**
 * The attention on the token itself, on the one to the left and on the first one, averaged over all queries but the
 * first two, for which these are not three.
 *
 * @param {Seen} seen
 * @returns {{itself: number, before: number, first: number} | null}
 */
export function averages({ pattern, size }) {
  const queries = [...Array(size).keys()].slice(2);
  if (!queries.length) return null;
  const mean = (/** @type {(query: number) => number} */ key) =>
    queries.reduce((sum, query) => sum + pattern[query * size + key(query)], 0) / queries.length;
  return { itself: mean((query) => query), before: mean((query) => query - 1), first: mean(() => 0) };
}

/**
 * A look in words, such as `“baker” at “the”: 0.83`.
 *
 * @param {Translate} t
 * @param {Seen} seen
 * @param {Look} look
 * @returns {string}
 */
export function lookInWords(t, { reading }, { query, key, weight }) {
  const [from, to] = [query, key].map((place) => tokenWord(reading.tokens[place].text));
  return t("look", { query: from, key: to, weight: decimal(weight) });
}

/**
 * The distance between a query and a key in words.
 *
 * @param {Translate} t
 * @param {{query: number, key: number}} look
 * @returns {string}
 */
export function distanceInWords(t, { query, key }) {
  const number = Math.abs(key - query);
  if (!number) return t("distance.itself");
  return key < query ? t("distance.left", { number }) : t("distance.right", { number });
}

/**
 * A token with its spaces and line breaks visible.
 *
 * @param {string} text
 * @returns {string}
 */
export function tokenLabel(text) {
  return text.replace(/ /g, "·").replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/\r/g, "␍") || "∅";
}

/**
 * A token as a word in a sentence: without the spaces around it, if there is more.
 *
 * @param {string} text
 * @returns {string}
 */
export function tokenWord(text) {
  return text.trim() || tokenLabel(text);
}

/**
 * @param {number} weight
 * @returns {string}
 */
export function decimal(weight) {
  return weight.toFixed(2);
}

/**
 * @param {Look} one
 * @param {Look} other
 * @returns {number}
 */
function byWeight(one, other) {
  return other.weight - one.weight || one.query - other.query || one.key - other.key;
}
