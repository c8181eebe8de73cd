/**
 * Weights as text, and as numbers again.
 *
 * @typedef {object} Weights  What `transformer.js` holds.
 * @property {import("../types.js").About} about
 * @property {Shape} shape
 * @property {Spelling} spelling
 * @property {[string, number[]][]} tensors  The name and the sizes of each tensor, in their order.
 * @property {string} numbers  All tensors, one after the other: base64 of float16, little-endian.
 *
 * @typedef {object} Shape
 * @property {number} layers
 * @property {number} heads
 * @property {number} width
 * @property {number} inner  The width inside the MLPs.
 * @property {number} longest  The most tokens.
 * @property {number} epsilon  Added to a variance before its root is taken.
 *
 * @typedef {object} Spelling  What the tokenizer knows.
 * @property {string[]} vocabulary  The tokens by number, in the letters that stand for bytes.
 * @property {[string, string][]} merges  Pairs of pieces that become one, first ones first.
 * @property {[string, number][]} typed  Tokens that are found in a text as they are written.
 * @property {number[]} special  Tokens that stand for no text.
 * @property {number[]} front  The tokens that are put before a text.
 * @property {boolean} spaced  True if a text begins with a space that nobody typed.
 */

/**
 * The tensors by name.
 *
 * @param {Weights} weights
 * @returns {Map<string, Float32Array>}
 */
export function unpackedTensors({ tensors, numbers }) {
  const packed = atob(numbers);
  const values = halfValues();
  const all = new Map();
  let place = 0;
  for (const [name, sizes] of tensors) {
    const tensor = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    for (let number = 0; number < tensor.length; number++, place += 2) {
      tensor[number] = values[packed.charCodeAt(place) | (packed.charCodeAt(place + 1) << 8)];
    }
    all.set(name, tensor);
  }
  return all;
}

/**
 * The value of every float16 by its bits.
 *
 * @returns {Float32Array}
 */
export function halfValues() {
  return Float32Array.from({ length: 65536 }, (_, bits) => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
    return bits >> 15 ? -size : size;
  });
}
