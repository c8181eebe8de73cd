/**
 * The bytes of a WebAssembly module with one function: a small product of matrices, four rows by eight columns at a time.
 *
 * The sums stay in registers of four numbers each, which no JavaScript engine does by itself.
 */

/**
 * Return a module that imports the memory `m` of `e` and exports `tile`, as `plainTile` computes it.
 *
 * @param {number} pages  The size of the memory, in pages of 64 KiB.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function tileModule(pages) {
  const [I32, V128, FUNCTION] = [0x7f, 0x7b, 0x60];
  const signature = [FUNCTION, ...countedBytes(Array(7).fill([I32])), 0];
  const locals = countedBytes([[3, I32], [11, V128]]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...sectionBytes(1, [signature]),
    ...sectionBytes(2, [[1, 0x65, 1, 0x6d, 2, 0, ...lebBytes(pages)]]), // "e", "m", a memory
    ...sectionBytes(3, [[0]]),
    ...sectionBytes(7, [[...countedBytes([..."tile"].map((letter) => [letter.charCodeAt(0)])), 0, 0]]),
    ...sectionBytes(10, [sizedBytes([...locals, ...tileBody(), 0x0b])]),
  ]);
}

/**
 * The instructions of `tile`: sums over the inner dimension, four steps in one round of the loop.
 *
 * @returns {number[]}
 */
export function tileBody() {
  const [ROWS, ACROSS_A, B, ACROSS_B, C, ACROSS_C, INNER] = [[0, 7, 8, 9], 1, 2, 3, 4, 5, 6];
  const [B0, B1, SUMS, ONE] = [10, 11, 12, 20];
  /** @type {(local: number) => number[]} */
  const get = (local) => [0x20, local];
  /** @type {(local: number) => number[]} */
  const set = (local) => [0x21, local];
  /** @type {(operation: number, place: number) => number[]} */
  const memory = (operation, place) => [0xfd, operation, operation === 9 ? 2 : 4, ...lebBytes(place)];
  /** @type {(local: number, by: number[]) => number[]} */
  const raise = (local, by) => [...get(local), ...by, 0x6a, ...set(local)];
  const [LOAD, SPLAT, STORE, ADD, MULTIPLY] = [0, 9, 11, [0xfd, 0xe4, 1], [0xfd, 0xe6, 1]];
  /** @type {(number: number) => number[]} */
  const constant = (number) => [0x41, number]; // below 64

  const rows = [1, 2, 3].flatMap((row) => [...get(ROWS[row - 1]), ...get(ACROSS_A), 0x6a, ...set(ROWS[row])]);
  const steps = [0, 1, 2, 3].flatMap((step) => [
    ...[...get(B), ...memory(LOAD, 0), ...set(B0)],
    ...[...get(B), ...memory(LOAD, 16), ...set(B1)],
    ...raise(B, get(ACROSS_B)),
    ...ROWS.flatMap((row, number) => [
      ...[...get(row), ...memory(SPLAT, 4 * step), ...set(ONE)],
      ...[B0, B1].flatMap((column, half) => {
        const sum = SUMS + 2 * number + half;
        return [...get(sum), ...get(ONE), ...get(column), ...MULTIPLY, ...ADD, ...set(sum)];
      }),
    ]),
  ]);
  const next = [
    ...ROWS.flatMap((row) => raise(row, constant(16))),
    ...[...get(INNER), ...constant(4), 0x6b, 0x22, INNER, 0x0d, 0],
  ];
  const out = [0, 1, 2, 3].flatMap((row) => [
    ...[0, 1].flatMap((half) => [
      ...[...get(C), ...get(C), ...memory(LOAD, 16 * half)],
      ...[...get(SUMS + 2 * row + half), ...ADD, ...memory(STORE, 16 * half)],
    ]),
    ...raise(C, get(ACROSS_C)),
  ]);
  return [...rows, 0x03, 0x40, ...steps, ...next, 0x0b, ...out];
}

/**
 * @param {number} number
 * @returns {number[]}
 */
export function lebBytes(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...lebBytes(number >>> 7)];
}

/**
 * @param {number[][]} items
 * @returns {number[]}
 */
export function countedBytes(items) {
  return [...lebBytes(items.length), ...items.flat()];
}

/**
 * @param {number[]} content
 * @returns {number[]}
 */
export function sizedBytes(content) {
  return [...lebBytes(content.length), ...content];
}

/**
 * @param {number} number
 * @param {number[][]} items
 * @returns {number[]}
 */
export function sectionBytes(number, items) {
  return [number, ...sizedBytes(countedBytes(items))];
}
