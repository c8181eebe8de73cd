/**
 * The targets of a kind on a sentence.
 *
 * @import { KindAsked, Reading } from "./types.js"
 */

/**
 * The keys that each query ought to look at, [query, key]; null if the tokens alone do not tell.
 *
 * @param {KindAsked} _kind
 * @param {Reading} _reading
 * @param {boolean} _causal
 * @returns {{targets: Uint8Array, asked: number[]} | null}
 */
export function targetsOf(_kind, _reading, _causal) {
  return null;
}
