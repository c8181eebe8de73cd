/**
 * Texts as the transformer has read them lately, layer by layer, so that only what changed is computed.
 *
 * A token changes nothing before it, and a head that is switched off changes nothing below its layer or in it, except
 * for what the layer hands on.
 *
 * @import { Head } from "../types.js"
 * @import { Gpt2, Stage } from "./gpt2.js"
 *
 * @typedef {object} Run  A layer on a text.
 * @property {number[]} ids
 * @property {string} below  The heads below that are switched off.
 * @property {Stage} stage
 */

/** The latest stages of each layer. */
export class Runs {
  /** @param {Gpt2} transformer */
  constructor(transformer) {
    this.transformer = transformer;
    /** @type {Run[][]} */
    this.runs = Array.from({ length: transformer.shape.layers }, () => []);
    this.kept = 6; // of each layer: two texts that are compared, each with and without its heads, and those before
  }

  /**
   * Return a layer's stage on a text.
   *
   * @param {number[]} ids
   * @param {number} layer
   * @param {Head[]} off
   * @returns {Stage}
   */
  stage(ids, layer, off) {
    const below = JSON.stringify(off.filter(([at]) => at < layer).sort(([a, b], [c, d]) => a - c || b - d));
    const alike = this.runs[layer].filter((run) => run.below === below);
    const known = alike.find((run) => run.ids.length === ids.length && sharedStart(run.ids, ids) === ids.length);
    const run = known ?? { ids, below, stage: this.computed(ids, layer, off, alike) };
    this.runs[layer] = [run, ...this.runs[layer].filter((other) => other !== run)].slice(0, this.kept);
    return run.stage;
  }

  /**
   * Compute a stage, from the row on where the text differs from the one that begins most like it.
   *
   * @param {number[]} ids
   * @param {number} layer
   * @param {Head[]} off
   * @param {Run[]} alike
   * @returns {Stage}
   */
  computed(ids, layer, off, alike) {
    const rows = alike.map((run) => sharedStart(run.ids, ids));
    const from = Math.max(0, ...rows);
    const known = from ? alike[rows.indexOf(from)].stage : null;
    const states = layer ? this.handedOn(ids, layer - 1, off, from) : this.transformer.embedded(ids, from);
    return this.transformer.stage(layer, states, from, known);
  }

  /**
   * Return what a layer hands on, from a row on.
   *
   * @param {number[]} ids
   * @param {number} layer
   * @param {Head[]} off
   * @param {number} from
   * @returns {Float32Array}
   */
  handedOn(ids, layer, off, from) {
    const heads = off.filter(([at]) => at === layer).map(([, head]) => head);
    return this.transformer.handedOn(layer, this.stage(ids, layer, off), heads, from);
  }
}

/**
 * Return the number of tokens with which both texts begin.
 *
 * @param {number[]} one
 * @param {number[]} other
 * @returns {number}
 */
export function sharedStart(one, other) {
  const end = Math.min(one.length, other.length);
  let count = 0;
  while (count < end && one[count] === other[count]) count++;
  return count;
}
