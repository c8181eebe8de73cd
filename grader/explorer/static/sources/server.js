/**
 * Patterns, predictions, hints and verdicts from the server that the page came from.
 *
 * @import { About, Given, Head, HandedIn, Hints, Prediction, Reading, Source, SubmissionDraft } from "../types.js"
 *
 * @typedef {object} ServerSource
 * @property {About} about
 * @property {boolean} grades  True if claims can be handed in here.
 */
import { ExplorerError } from "../speech.js";

const WANTED_TEXTS = 4; // two sentences, each with the one before it: what was asked on older ones is given up

/**
 * @param {Given} given
 * @returns {Source}
 */
export function createServerSource(given) {
  const { about, grades } = /** @type {ServerSource} */ (/** @type {unknown} */ (given.source));
  /** @type {Map<string, AbortController>} */
  const wanted = new Map();

  /**
   * The signal that gives up questions on a text.
   *
   * @param {string} text
   * @returns {AbortSignal}
   */
  function signalFor(text) {
    const controller = wanted.get(text) ?? new AbortController();
    wanted.delete(text);
    wanted.set(text, controller);
    if (wanted.size > WANTED_TEXTS) {
      const [oldest, unwanted] = /** @type {[string, AbortController]} */ (wanted.entries().next().value);
      wanted.delete(oldest);
      unwanted.abort();
    }
    return controller.signal;
  }

  const looking = {
    about,
    /** @param {string} text @returns {Promise<Reading>} */
    read: (text) => askServer("read", { text }, signalFor(text)).then((answer) => answer.json()),
    /** @param {string} text @param {number} layer @param {Head[]} off @returns {Promise<Float32Array>} */
    layer: (text, layer, off) =>
      askServer("layer", { text, layer, off }, signalFor(text))
        .then((answer) => answer.arrayBuffer())
        .then((bytes) => new Float32Array(bytes)),
    /** @param {string} text @param {Head[]} off @returns {Promise<Prediction[]>} */
    predict: (text, off) => askServer("predict", { text, off }, signalFor(text)).then((answer) => answer.json()),
  };
  return grades ? { ...looking, ...createDesk() } : looking;
}

/**
 * What the server does with claims, however the patterns are computed.
 *
 * @returns {Pick<Source, "hints" | "handIn" | "readFile">}
 */
export function createDesk() {
  return {
    /** @param {string} kind @param {number} number @returns {Promise<Hints>} */
    hints: (kind, number) => askServer("hints", { kind, number }).then((answer) => answer.json()),
    /** @param {SubmissionDraft} draft @returns {Promise<HandedIn>} */
    handIn: (draft) => askServer("hand-in", draft).then((answer) => answer.json()),
    /** @param {string} text @returns {Promise<SubmissionDraft>} */
    readFile: (text) => askServer("read-file", { text }).then((answer) => answer.json()),
  };
}

/**
 * The server's answer; its problems become an error in their own words.
 *
 * @param {string} what
 * @param {object} question
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
async function askServer(what, question, signal) {
  const language = document.getElementById("explorer")?.lang || "en";
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`api/${what}`, { method: "POST", headers, body: JSON.stringify(question), signal });
  } catch {
    throw new ExplorerError(signal?.aborted ? "server-given-up" : "server-away");
  }
  if (answer.ok) return answer;
  const { problems } = await answer.json().catch(() => ({ problems: [] }));
  const lines = problems.map(problemLine).join("\n");
  throw new ExplorerError(lines || "server-away");
}

/**
 * A problem in a line, with its place where it has one.
 *
 * @param {{message: string, line?: number, column?: number, where?: string}} problem
 * @returns {string}
 */
function problemLine({ message, line, column, where }) {
  const place = line ? `${line}:${column}: ` : where ? `${where}: ` : "";
  return place + message;
}
