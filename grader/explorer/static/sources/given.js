/**
 * Patterns that were computed elsewhere, of one text: an array of attention from a notebook.
 *
 * @import { About, Given, Source, Token } from "../types.js"
 *
 * @typedef {object} GivenPatterns
 * @property {About} about
 * @property {string} text
 * @property {Token[]} tokens
 * @property {string} patterns  Base64 of whole numbers of two bytes, little-endian, [layer, head, query, key].
 */
const WHOLE = 65535; // stands for an attention of 1

/**
 * @param {Given} given
 * @returns {Source}
 */
export function createGivenSource(given) {
  const { about, text, tokens, patterns } = /** @type {GivenPatterns} */ (/** @type {unknown} */ (given.source));
  const bytes = Uint8Array.from(atob(patterns), (character) => character.charCodeAt(0));
  const all = new Uint16Array(bytes.buffer);
  const size = about.heads * tokens.length * tokens.length;
  return {
    about,
    read: () => Promise.resolve({ text, tokens }),
    layer(_, layer) {
      const numbers = all.subarray(layer * size, (layer + 1) * size);
      return Promise.resolve(Float32Array.from(numbers, (number) => number / WHOLE));
    },
    predict: () => Promise.resolve([]),
  };
}
