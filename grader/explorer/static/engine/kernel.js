/**
 * Products of matrices in one memory: by WebAssembly where the browser allows it, else in plain JavaScript.
 *
 * @typedef {(a: number, acrossA: number, b: number, acrossB: number, c: number, acrossC: number, inner: number) => void}
 *   Tile  Add a product to 4 rows and 8 columns of C: 4 rows of A times 8 columns of B. All places and all distances
 *   from one row to the next are in bytes; the inner dimension is a multiple of four.
 *
 * @typedef {object} Kernel
 * @property {ArrayBuffer} buffer
 * @property {Tile} tile
 */
import { tileModule } from "./assembler.js";

/**
 * @param {number} size  The size of the memory, in bytes.
 * @returns {Kernel}
 */
export function createKernel(size) {
  const pages = Math.ceil(size / 65536);
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const module = new WebAssembly.Module(tileModule(pages));
    const { tile } = new WebAssembly.Instance(module, { e: { m: memory } }).exports;
    return { buffer: memory.buffer, tile: /** @type {Tile} */ (tile) };
  } catch { // there is none, it lacks registers of four numbers, or the page's policy forbids it
    const buffer = new ArrayBuffer(size);
    return { buffer, tile: plainTile(new Float32Array(buffer)) };
  }
}

/**
 * The tile in plain JavaScript: two rows by four columns at a time, which is what fits into registers.
 *
 * @param {Float32Array} memory
 * @returns {Tile}
 */
export function plainTile(memory) {
  /** @type {(a: number, acrossA: number, b: number, acrossB: number, c: number, acrossC: number, inner: number) => void} */
  function part(a, acrossA, b, acrossB, c, acrossC, inner) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (let step = 0; step < inner; step++, a++, b += acrossB) {
      const one = memory[a], other = memory[a + acrossA];
      const b0 = memory[b], b1 = memory[b + 1], b2 = memory[b + 2], b3 = memory[b + 3];
      s0 += one * b0;
      s1 += one * b1;
      s2 += one * b2;
      s3 += one * b3;
      t0 += other * b0;
      t1 += other * b1;
      t2 += other * b2;
      t3 += other * b3;
    }
    memory[c] += s0;
    memory[c + 1] += s1;
    memory[c + 2] += s2;
    memory[c + 3] += s3;
    memory[c + acrossC] += t0;
    memory[c + acrossC + 1] += t1;
    memory[c + acrossC + 2] += t2;
    memory[c + acrossC + 3] += t3;
  }

  return (a, acrossA, b, acrossB, c, acrossC, inner) => {
    const [da, db, dc] = [acrossA >> 2, acrossB >> 2, acrossC >> 2];
    for (const row of [0, 2]) {
      for (const column of [0, 4]) {
        part((a >> 2) + row * da, da, (b >> 2) + column, db, (c >> 2) + row * dc + column, dc, inner);
      }
    }
  };
}
