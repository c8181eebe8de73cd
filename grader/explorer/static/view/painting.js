/**
 * A pattern drawn on a canvas: a row for each query, a column for each key.
 *
 * @import { Colours } from "./colours.js"
 * @import { Seen } from "./seen.js"
 */
import { shade } from "./colours.js";
import { weightOf } from "./seen.js";

const SLICE = 8; // milliseconds of drawing in one frame
const SMALL = 3; // pixels of a cell below which stairs would hide it
const OUTLINED = 7; // pixels of a cell below which an outline would hide it, so that a target has colours of its own

/**
 * A function that does jobs in slices, so that the page never stalls. A job in place of one that waits replaces it.
 *
 * @returns {(key: unknown, job: () => void) => void}
 */
export function createBrush() {
  /** @type {Map<unknown, () => void>} */
  const jobs = new Map();
  let asked = false;

  function slice() {
    asked = false;
    const end = performance.now() + SLICE;
    for (const [key, job] of jobs) {
      jobs.delete(key);
      job();
      if (performance.now() > end) break;
    }
    if (jobs.size) ask();
  }

  function ask() {
    if (!asked) requestAnimationFrame(slice);
    asked = true;
  }

  return (key, job) => {
    jobs.delete(key);
    if (matchMedia("print").matches) return job(); // paper does not wait for the next frame
    jobs.set(key, job);
    ask();
  };
}

/**
 * Give a canvas as many pixels as the screen has there, and nothing on it. One that has them stays as it is, because
 * every change of its size lays the page out anew.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @returns {CanvasRenderingContext2D}
 */
export function sharp(canvas, width, height) {
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(across / width, 0, 0, down / height, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/**
 * Draw the pattern as a square, with the diagonal, and outlines around the targets; small ones have another colour.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Seen} seen
 * @param {Colours} colours
 * @param {{x: number, y: number, side: number}} square
 */
export function paintPattern(context, seen, colours, square) {
  const pixels = square.side * context.getTransform().a;
  context.imageSmoothingEnabled = false;
  const isSmall = square.side / seen.size < OUTLINED;
  context.drawImage(
    picture(isSmall ? seen : { ...seen, targets: null }, colours, pixels),
    square.x,
    square.y,
    square.side,
    square.side,
  );
  paintDiagonal(context, seen.size, colours, square);
  if (seen.targets && square.side / seen.size >= OUTLINED) {
    paintTargets(context, seen.size, seen.targets, colours, square);
  }
}

/** @type {HTMLCanvasElement | null} */
let scratch = null;

/**
 * The pattern with a pixel for each cell, or for as many cells as share one pixel; of these the brightest counts.
 *
 * @param {Seen} seen
 * @param {Colours} colours
 * @param {number} pixels  Pixels on each side that the screen has for it.
 * @returns {HTMLCanvasElement}
 */
function picture(seen, colours, pixels) {
  const { causal, size, targets } = seen;
  const step = Math.max(1, Math.ceil(size / Math.max(1, pixels)));
  const side = Math.ceil(size / step);
  const weights = new Float32Array(side * side).fill(-1); // -1: beyond what a query sees
  const isTarget = new Uint8Array(side * side);
  for (let query = 0; query < size; query++) {
    const row = Math.floor(query / step) * side;
    for (let key = 0; key < (causal ? query + 1 : size); key++) {
      const at = row + Math.floor(key / step);
      weights[at] = Math.max(weights[at], weightOf(seen, query, key));
      isTarget[at] |= targets?.[query * size + key] ?? 0;
    }
  }
  const image = new ImageData(side, side);
  const dots = new Uint32Array(image.data.buffer);
  weights.forEach((weight, at) => {
    if (weight >= 0) dots[at] = colours.scales[isTarget[at] ? "target" : seen.which][shade(weight)];
  });
  scratch ??= document.createElement("canvas");
  scratch.width = scratch.height = side;
  scratch.getContext("2d")?.putImageData(image, 0, 0);
  return scratch;
}

/**
 * Draw the upper edge of the diagonal as stairs: what touches it looks at itself, one cell to the left at the token before.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {Colours} colours
 * @param {{x: number, y: number, side: number}} square
 */
function paintDiagonal(context, size, colours, { x, y, side }) {
  const cell = side / size;
  context.beginPath();
  context.moveTo(x, y);
  if (cell < SMALL) context.lineTo(x + side, y + side);
  for (let place = 0; cell >= SMALL && place < size; place++) {
    context.lineTo(x + (place + 1) * cell, y + place * cell);
    context.lineTo(x + (place + 1) * cell, y + (place + 1) * cell);
  }
  context.strokeStyle = colours.diagonal;
  context.lineWidth = cell > 12 ? 1.5 : 0.75;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} size
 * @param {Uint8Array} targets
 * @param {Colours} colours
 * @param {{x: number, y: number, side: number}} square
 */
function paintTargets(context, size, targets, colours, { x, y, side }) {
  const cell = side / size;
  const width = cell > 12 ? 2 : 1;
  const inset = width / 2;
  const outline = () => {
    targets.forEach((target, at) => {
      if (!target) return;
      const [left, top] = [x + (at % size) * cell, y + Math.floor(at / size) * cell];
      context.strokeRect(left + inset, top + inset, cell - width, cell - width);
    });
  };
  if (cell > 12) {
    context.strokeStyle = colours.card;
    context.lineWidth = width + 2;
    outline();
  }
  context.strokeStyle = colours.target;
  context.lineWidth = width;
  outline();
}
