/**
 * The transformer and its tokenizer, answering what a source is asked; it runs in a worker.
 *
 * @import { Head, Prediction, Reading } from "../types.js"
 * @import { Weights } from "./unpack.js"
 */
import { Gpt2 } from "./gpt2.js";
import { Runs } from "./runs.js";
import { Tokenizer } from "./tokenizer.js";

/** A transformer in the browser. */
export class Engine {
  /** @param {Weights} weights */
  constructor(weights) {
    this.tokenizer = new Tokenizer(weights.spelling);
    this.transformer = new Gpt2(weights);
    this.runs = new Runs(this.transformer);
  }

  /**
   * @param {string} text
   * @returns {Reading}
   */
  read(text) {
    if (!text) throw refusal("text_empty", {});
    const tokens = this.tokenizer.read(text);
    const most = this.transformer.shape.longest;
    if (tokens.length > most) throw refusal("text_too_long", { number: tokens.length, most });
    return { text, tokens };
  }

  /**
   * @param {string} text
   * @param {number} layer
   * @param {Head[]} off
   * @returns {Float32Array}
   */
  layer(text, layer, off) {
    return this.runs.stage(this.ids(text), layer, off).pattern;
  }

  /**
   * @param {string} text
   * @param {Head[]} off
   * @returns {Prediction[]}
   */
  predict(text, off) {
    const ids = this.ids(text);
    const state = this.runs.handedOn(ids, this.transformer.shape.layers - 1, off, ids.length - 1);
    const all = [...this.transformer.probabilities(state)].map((probability, id) => ({ id, probability }));
    const best = all.sort((one, other) => other.probability - one.probability || one.id - other.id).slice(0, 10);
    return best.map(({ id, probability }) => ({ token: this.tokenizer.spelled([id])[0], probability }));
  }

  /**
   * @param {string} text
   * @returns {number[]}
   */
  ids(text) {
    return this.read(text).tokens.map(({ id }) => id);
  }
}

/**
 * Return what a worker can hand over in place of an error for the person at the page.
 *
 * @param {string} code
 * @param {Record<string, string | number>} values
 * @returns {{code: string, values: Record<string, string | number>}}
 */
export function refusal(code, values) {
  return { code, values };
}

/**
 * Answer messages in a worker: the first one brings the weights, each other one a question.
 *
 * @param {{onmessage: ((event: MessageEvent) => void) | null, postMessage: (message: unknown) => void}} scope
 */
export function serveEngine(scope) {
  /** @type {Engine} */
  let engine;
  scope.onmessage = ({ data }) => {
    if (data.weights) return void (engine = new Engine(data.weights));
    /** @type {Record<string, (...given: any[]) => unknown>} */
    const answers = {
      read: (text) => engine.read(text),
      layer: (text, layer, off) => engine.layer(text, layer, off),
      predict: (text, off) => engine.predict(text, off),
    };
    try {
      scope.postMessage({ number: data.number, answer: answers[data.question](...data.given) });
    } catch (error) {
      const { code, values } = error instanceof Error ? refusal(error.message, {}) : /** @type {any} */ (error);
      scope.postMessage({ number: data.number, code, values });
    }
  };
}
