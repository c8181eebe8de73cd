/**
 * A byte-level BPE tokenizer: words are cut out of the text, and the bytes of each are joined by learned merges.
 *
 * @import { Token } from "../types.js"
 * @import { Spelling } from "./unpack.js"
 *
 * @typedef {object} Piece  A token of a text.
 * @property {number} id
 * @property {number} start
 * @property {number} end
 */

/** A tokenizer that gives each token's place in the text. */
export class Tokenizer {
  /** @param {Spelling} spelling */
  constructor(spelling) {
    this.spelling = spelling;
    this.ids = new Map(spelling.vocabulary.map((name, id) => [name, id]));
    this.special = new Set(spelling.special);
    this.typed = new Map(spelling.typed);
    const written = [...this.typed.keys()].sort((one, other) => other.length - one.length);
    const escaped = written.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    this.cut = written.length ? new RegExp(escaped.join("|"), "g") : null;
    const space = "[\\p{White_Space}]";
    this.word = new RegExp(
      `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|${space}+(?!\\P{White_Space})|${space}+`,
      "gu",
    );
    this.letters = lettersOfBytes();
    this.encoder = new TextEncoder();
    this.decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const bytes = new Map(this.letters.map((letter, byte) => [letter, byte]));
    this.held = spelling.vocabulary.map((name) => Uint8Array.from([...name].map((letter) => bytes.get(letter) ?? 0)));
    this.texts = this.held.map((held, id) =>
      this.typed.has(spelling.vocabulary[id]) ? spelling.vocabulary[id] : decodedBytes(held, this.decoder)
    );
    /** @type {Map<number, {rank: number, id: number}>} */
    this.merges = new Map();
    spelling.merges.forEach(([one, other], rank) => {
      const pair = this.pair(this.id(one), this.id(other));
      if (!this.merges.has(pair)) this.merges.set(pair, { rank, id: this.id(one + other) });
    });
  }

  /**
   * @param {string} name
   * @returns {number}
   */
  id(name) {
    return this.ids.get(name) ?? -1;
  }

  /**
   * @param {number} one
   * @param {number} other
   * @returns {number}
   */
  pair(one, other) {
    return one * this.spelling.vocabulary.length + other;
  }

  /**
   * Return the text as the transformer reads it, with what is put in front of it.
   *
   * @param {string} text
   * @returns {Token[]}
   */
  read(text) {
    const { front } = this.spelling;
    const pieces = [...front.map((id) => ({ id, start: 0, end: 0 })), ...this.pieces(text)];
    const texts = this.spelled(pieces.map(({ id }) => id));
    return pieces.map((piece, place) => ({
      text: texts[place],
      special: place < front.length || this.special.has(piece.id),
      ...piece,
    }));
  }

  /**
   * Return the tokens of a text: those that are typed as they are written, and those of the words between them.
   *
   * @param {string} text
   * @returns {Piece[]}
   */
  pieces(text) {
    const pieces = [];
    let behind = 0;
    for (const found of this.cut ? text.matchAll(this.cut) : []) {
      pieces.push(...this.words(text.slice(behind, found.index), behind));
      behind = found.index + found[0].length;
      pieces.push({ id: /** @type {number} */ (this.typed.get(found[0])), start: found.index, end: behind });
    }
    return pieces.concat(this.words(text.slice(behind), behind));
  }

  /**
   * Return the tokens of a part of a text that begins at `start`.
   *
   * @param {string} part
   * @param {number} start
   * @returns {Piece[]}
   */
  words(part, start) {
    if (!part) return [];
    const untyped = this.spelling.spaced && !part.startsWith(" ") ? 1 : 0; // a space that is no part of the text
    const pieces = [];
    const first = start + String.fromCodePoint(/** @type {number} */ (part.codePointAt(0))).length;
    for (const { 0: word, index } of (untyped ? ` ${part}` : part).matchAll(this.word)) {
      const shift = start + index - untyped;
      for (const { id, start: from, end } of this.joined(word)) { // an untyped space lies where the character behind it does
        pieces.push({ id, start: Math.max(start, shift + from), end: shift + end > start ? shift + end : first });
      }
    }
    return pieces;
  }

  /**
   * Return the tokens of one word: the pair with the best merge is joined, wherever it stands, until none is left.
   *
   * @param {string} word
   * @returns {Piece[]}
   */
  joined(word) {
    let pieces = this.single(word);
    for (;;) {
      const merges = pieces.slice(1).map((piece, place) => this.merges.get(this.pair(pieces[place].id, piece.id)));
      const best = merges.reduce((one, other) => (other && (!one || other.rank < one.rank) ? other : one), undefined);
      if (!best) return pieces;
      pieces = this.merged(pieces, merges, best.rank);
    }
  }

  /**
   * Join the pairs of one rank from left to right, up to where a join makes a pair with a better one.
   *
   * @param {Piece[]} pieces
   * @param {({rank: number, id: number} | undefined)[]} merges  Of each piece with the next one.
   * @param {number} rank
   * @returns {Piece[]}
   */
  merged(pieces, merges, rank) {
    /** @type {Piece[]} */
    const after = [];
    for (let place = 0; place < pieces.length; place++) {
      const merge = merges[place];
      if (merge?.rank !== rank) {
        after.push(pieces[place]);
        continue;
      }
      const one = { id: merge.id, start: pieces[place].start, end: pieces[place + 1].end };
      const [left, right] = [after.at(-1), pieces[place + 2]];
      after.push(one);
      place++;
      const beside = [left && this.pair(left.id, one.id), right && this.pair(one.id, right.id)];
      if (beside.some((pair) => pair !== undefined && (this.merges.get(pair)?.rank ?? rank) < rank)) {
        return after.concat(pieces.slice(place + 1));
      }
    }
    return after;
  }

  /**
   * Return one token for each byte of a word; the bytes of one character all lie where it does.
   *
   * @param {string} word
   * @returns {Piece[]}
   */
  single(word) {
    const pieces = [];
    let start = 0;
    for (const character of word) {
      const end = start + character.length;
      for (const byte of this.encoder.encode(character)) pieces.push({ id: this.id(this.letters[byte]), start, end });
      start = end;
    }
    return pieces;
  }

  /**
   * Return tokens as text: the first of three that make up one character is that character with `(1/3)` behind it.
   *
   * @param {number[]} ids
   * @returns {string[]}
   */
  spelled(ids) {
    const texts = ids.map((id) => this.texts[id] ?? "");
    for (let place = 0; place < ids.length; place++) {
      if (texts[place]) continue;
      const first = place;
      while (place < ids.length && !texts[place]) place++;
      texts.splice(
        first,
        place - first,
        ...spelledPieces(ids.slice(first, place).map((id) => this.held[id]), this.decoder),
      );
    }
    return texts;
  }
}

/**
 * Return tokens that hold pieces of characters as text, together.
 *
 * @param {Uint8Array[]} tokens
 * @param {TextDecoder} decoder
 * @returns {string[]}
 */
export function spelledPieces(tokens, decoder) {
  const bytes = Uint8Array.from(tokens.flatMap((token) => [...token]));
  const owners = tokens.flatMap((token, number) => [...token].map(() => number));
  const texts = tokens.map(() => "");
  for (let place = 0, size = 1; place < bytes.length; place += size) {
    const sizes = [1, 2, 3, 4].filter((each) => decodedBytes(bytes.subarray(place, place + each), decoder) !== null);
    size = sizes[0] ?? 1;
    const byte = bytes[place].toString(16).padStart(2, "0");
    const character = sizes.length ? decodedBytes(bytes.subarray(place, place + size), decoder) : `\\x${byte}`;
    const parts = [...new Set(owners.slice(place, place + size))];
    parts.forEach((owner, number) => {
      texts[owner] += parts.length === 1 ? character : `${character}(${number + 1}/${parts.length})`;
    });
  }
  return texts;
}

/**
 * Return the text that bytes stand for; null if they are none.
 *
 * @param {Uint8Array} bytes
 * @param {TextDecoder} decoder
 * @returns {string | null}
 */
export function decodedBytes(bytes, decoder) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Return the letter that stands for each byte: its own character if that one prints, else a later one.
 *
 * @returns {string[]}
 */
export function lettersOfBytes() {
  let others = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const prints = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    return String.fromCharCode(prints ? byte : others++);
  });
}
