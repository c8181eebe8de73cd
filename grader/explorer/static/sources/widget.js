/**
 * Patterns from Python: a widget in a notebook asks the kernel by messages, and numbers come back as they are.
 *
 * @import { About, Given, Source } from "../types.js"
 *
 * @typedef {object} WidgetModel  The widget's other end, as anywidget gives it.
 * @property {(name: string) => any} get
 * @property {(message: unknown) => void} send
 * @property {(event: "msg:custom", listener: (answer: Answer, buffers: DataView[]) => void) => void} on
 * @property {(event: "msg:custom", listener: (answer: Answer, buffers: DataView[]) => void) => void} off
 *
 * @typedef {object} Answer
 * @property {string} number  That of the question.
 * @property {unknown} [answer]
 * @property {string} [refused]  The reason for which there is no answer.
 *
 * @typedef {object} Unanswered
 * @property {(answer: any) => void} resolve
 * @property {(error: ExplorerError) => void} reject
 */
import { ExplorerError } from "../speech.js";

/**
 * A source that asks the kernel, and a function that ends it.
 *
 * @param {Given} given
 * @param {WidgetModel} model
 * @returns {{source: Source, close: () => void}}
 */
export function createWidgetSource(given, model) {
  const view = Math.random().toString(36).slice(2); // a widget that is shown twice answers both with one voice
  let asked = 0;
  /** @type {Map<string, Unanswered>} */
  const waiting = new Map();

  /** @type {(answer: Answer, buffers: DataView[]) => void} */
  function hear({ number, answer, refused }, buffers) {
    const { resolve, reject } = waiting.get(number) ?? {};
    waiting.delete(number);
    if (refused) reject?.(new ExplorerError(refused));
    else resolve?.(buffers.length ? numbersIn(buffers[0]) : answer);
  }

  /** @type {(question: string, ...values: unknown[]) => Promise<any>} */
  const ask = (question, ...values) =>
    new Promise((resolve, reject) => {
      const number = `${view}-${++asked}`;
      waiting.set(number, { resolve, reject });
      model.send({ number, question, values });
    });

  model.on("msg:custom", hear);
  return {
    source: {
      about: /** @type {About} */ (given.source.about),
      read: (text) => ask("read", text),
      layer: (text, layer, off) => ask("layer", text, layer, off),
      predict: (text, off) => ask("predict", text, off),
    },
    close: () => model.off("msg:custom", hear),
  };
}

/**
 * The float32 numbers in a buffer, which may begin anywhere in a larger one.
 *
 * @param {DataView} view
 * @returns {Float32Array}
 */
export function numbersIn(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
