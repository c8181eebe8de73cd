/**
 * The state of the page, in one place. Views read it and set parts of it; subscribers are told once per change, together.
 *
 * @import { Which } from "./looks.js"
 * @import { ExplorerError } from "./speech.js"
 * @import { Claim, Head, Language, Reading } from "./types.js"
 *
 * @typedef {object} State
 * @property {string} text  The sentence that is looked at.
 * @property {string} contrast  A second sentence beside it; empty if there is none.
 * @property {Head | null} head  The head that is pinned.
 * @property {number | null} query  The token whose looks are shown.
 * @property {number | null} key  The token whose lookers are shown.
 * @property {string | null} kind  The kind whose targets are outlined.
 * @property {Head[]} off  The heads that are switched off.
 * @property {boolean} aside  True if attention on the first position is set aside.
 * @property {Language} language
 * @property {Claim[]} claims  The basket.
 * @property {Reading | null} reading  The sentence as the transformer reads it; null until that is known.
 * @property {Reading | null} contrasted  The second sentence likewise.
 * @property {Record<Which, ExplorerError | null>} trouble  The reason for which a sentence cannot be looked at.
 * @property {"map" | "lines"} view  The picture of the pinned head.
 * @property {boolean} dark  True while the page is drawn in dark colours.
 *
 * @typedef {(state: State, before: State) => void} Listener
 *
 * @typedef {object} Store
 * @property {() => State} get
 * @property {(part: Partial<State>) => void} set
 * @property {(listener: Listener) => () => void} subscribe  Returns a function that ends it.
 */

/**
 * @param {State} initial
 * @returns {Store}
 */
export function createStore(initial) {
  let state = initial;
  let told = initial;
  let waiting = false;
  /** @type {Set<Listener>} */
  const listeners = new Set();

  function tell() {
    waiting = false;
    const before = told;
    told = state;
    for (const listener of [...listeners]) listener(state, before);
  }

  return {
    get: () => state,
    set(part) {
      state = { ...state, ...part };
      if (!waiting) {
        waiting = true;
        queueMicrotask(tell);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Whether two heads are the same one.
 *
 * @param {Head | null} one
 * @param {Head | null} other
 * @returns {boolean}
 */
export function sameHead(one, other) {
  return one?.[0] === other?.[0] && one?.[1] === other?.[1];
}

/**
 * A part of a store whose subscriptions end together.
 *
 * @param {Store} store
 * @returns {{store: Store, end: () => void}}
 */
export function scoped(store) {
  /** @type {(() => void)[]} */
  const ends = [];
  /** @type {Store["subscribe"]} */
  const subscribe = (listener) => {
    const end = store.subscribe(listener);
    ends.push(end);
    return end;
  };
  return { store: { ...store, subscribe }, end: () => ends.splice(0).forEach((end) => end()) };
}

/**
 * A head's name as in a report, such as `L0H3`.
 *
 * @param {Head} head
 * @returns {string}
 */
export function headName(head) {
  return `L${head[0]}H${head[1]}`;
}
