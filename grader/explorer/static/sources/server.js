/**
 * Patterns, predictions, hints and verdicts from the server that the page came from.
 *
 * @import { About, Given, Head, HandedIn, Hints, Prediction, Reading, Source, SubmissionDraft } from "../types.js"
 *
 * @typedef {object} DeskSource
 * @property {boolean} [grades]  True if claims can be handed in here.
 * @property {string} [owner]  Who may hand in and take hints on this page: the beginning of each key.
 * @property {string} [away]  The words for a server that does not answer.
 *
 * @typedef {{about: About} & DeskSource} ServerSource
 */
import { newKey, pauseBefore } from "../claims/service.js";
import { ExplorerError } from "../speech.js";

const WANTED_TEXTS = 4; // two sentences, each with the one before it: what was asked on older ones is given up

/**
 * @param {Given} given
 * @returns {Source}
 */
export function createServerSource(given) {
  const { about, away, ...desk } = /** @type {ServerSource} */ (/** @type {unknown} */ (given.source));
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
    read: (text) => askServer("read", { text }, away, signalFor(text)).then((answer) => answer.json()),
    /** @param {string} text @param {number} layer @param {Head[]} off @returns {Promise<Float32Array>} */
    layer: (text, layer, off) =>
      askServer("layer", { text, layer, off }, away, signalFor(text))
        .then((answer) => answer.arrayBuffer())
        .then((bytes) => new Float32Array(bytes)),
    /** @param {string} text @param {Head[]} off @returns {Promise<Prediction[]>} */
    predict: (text, off) => askServer("predict", { text, off }, away, signalFor(text)).then((answer) => answer.json()),
  };
  return { ...looking, ...createDesk({ ...desk, away }) };
}

/**
 * What the server does with claims, however the patterns are computed; nothing where it takes none.
 *
 * @param {DeskSource} source
 * @returns {Pick<Source, "hints" | "handIn" | "readFile">}
 */
export function createDesk({ grades, owner = "", away }) {
  if (!grades) return {};
  return {
    /** @param {string} kind @param {number} number @param {number} agreed @returns {Promise<Hints>} */
    hints: (kind, number, agreed) =>
      askServer("hints", { kind, number, agreed, owner }, away).then((answer) => answer.json()),
    /** @param {SubmissionDraft} draft @returns {Promise<HandedIn>} */
    handIn: (draft) => gradedAtLast({ ...draft, key: `${owner}${newKey()}` }, away),
    /** @param {string} text @returns {Promise<SubmissionDraft>} */
    readFile: (text) => askServer("read-file", { text }, away).then((answer) => answer.json()),
  };
}

/**
 * What the claims led to; a server that grades in the background is asked again under the same key.
 *
 * @param {SubmissionDraft & {key: string}} draft
 * @param {string} [away]
 * @returns {Promise<HandedIn>}
 */
async function gradedAtLast(draft, away) {
  for (let turn = 0;; turn++) {
    const answer = await (await askServer("hand-in", draft, away)).json();
    if (!answer.waits) return answer;
    await pauseBefore(turn);
  }
}

/**
 * The server's answer; its problems become an error in their own words.
 *
 * @param {string} what
 * @param {object} question
 * @param {string} [away]  The words for a server that does not answer.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
async function askServer(what, question, away = "server-away", signal = undefined) {
  const language = document.getElementById("explorer")?.lang || "en";
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`api/${what}`, { method: "POST", headers, body: JSON.stringify(question), signal });
  } catch {
    throw new ExplorerError(signal?.aborted ? "server-given-up" : away);
  }
  if (answer.ok) return answer;
  const { problems } = await answer.json().catch(() => ({ problems: [] }));
  const lines = problems.map(problemLine).join("\n");
  throw new ExplorerError(lines || away);
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
