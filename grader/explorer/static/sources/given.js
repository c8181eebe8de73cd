/**
 * Patterns that were computed elsewhere, of one text: an array of attention from a notebook.
 *
 * @import { About, Given, Source, Token } from "../types.js"
 *
 * @typedef {object} GivenPatterns
 * @property {About} about
 * @property {string} text
 * @property {Token[]} tokens
 * @property {string} patterns  Base64 of float32, little-endian, [layer, head, query, key].
 */

/**
 * @param {Given} given
 * @returns {Source}
 */
export function createGivenSource(given) {
  const { about, text, tokens, patterns } = /** @type {GivenPatterns} */ (/** @type {unknown} */ (given.source));
  const bytes = Uint8Array.from(atob(patterns), (character) => character.charCodeAt(0));
  const all = new Float32Array(bytes.buffer);
  const size = about.heads * tokens.length * tokens.length;
  return {
    about,
    read: () => Promise.resolve({ text, tokens }),
    layer: (_, layer) => Promise.resolve(all.subarray(layer * size, (layer + 1) * size)),
    predict: () => Promise.resolve([]),
  };
}
