/**
 * Patterns from the browser alone: the transformer runs in a worker whose code is taken from this page.
 *
 * A page opened from a file may not load a worker from another file, and may make one from a text.
 *
 * @import { Source } from "../types.js"
 * @import { Weights } from "./unpack.js"
 *
 * @typedef {object} Waiting  A question to the worker that has no answer yet.
 * @property {(answer: any) => void} resolve
 * @property {(error: ExplorerError) => void} reject
 */
import { ExplorerError } from "../speech.js";
import { workerText } from "./parts.js";

/**
 * @param {Weights} weights  What `transformer.js` defines.
 * @returns {Source}
 */
export function createBrowserSource(weights) {
  const ask = createAsking(weights);
  return {
    about: weights.about,
    read: (text) => ask("read", text),
    layer: (text, layer, off) => ask("layer", text, layer, off),
    predict: (text, off) => ask("predict", text, off),
  };
}

/**
 * Start the worker, and return a function that asks it.
 *
 * @param {Weights} weights
 * @returns {(question: string, ...given: unknown[]) => Promise<any>}
 */
function createAsking(weights) {
  const address = URL.createObjectURL(new Blob([workerText()], { type: "text/javascript" }));
  const worker = new Worker(address);
  /** @type {Map<number, Waiting>} */
  const waiting = new Map();
  let asked = 0;
  worker.onmessage = ({ data: { number, answer, code, values } }) => {
    const { resolve, reject } = /** @type {Waiting} */ (waiting.get(number));
    waiting.delete(number);
    if (code) reject(new ExplorerError(code, values));
    else resolve(answer);
  };
  /** @type {ExplorerError | null} */
  let broken = null;
  worker.onerror = ({ message }) => {
    broken = new ExplorerError(message ?? "worker_refused");
    for (const { reject } of waiting.values()) reject(broken);
  };
  worker.postMessage({ weights });
  return (question, ...given) =>
    new Promise((resolve, reject) => {
      if (broken) return reject(broken);
      waiting.set(++asked, { resolve, reject });
      worker.postMessage({ number: asked, question, given });
    });
}
