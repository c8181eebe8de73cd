/**
 * The state of the page as the part of an address behind `#`, so that it can be shared.
 *
 * @import { State, Store } from "./store.js"
 * @import { About, Content, Head, Language } from "./types.js"
 */
import { headName } from "./store.js";

const LATER = 200; // milliseconds in which changes of the state are gathered: browsers limit changes of the address
const LONGEST = 20_000; // characters of a text in a link

/**
 * All of a state that differs from the first one.
 *
 * @param {State} state
 * @param {State} first
 * @returns {string}
 */
export function hashOf(state, first) {
  const parts = new URLSearchParams();
  for (const [name, { write }] of Object.entries(PARTS)) {
    const text = write(state);
    if (text !== write(first)) parts.set(name, text);
  }
  return `${parts}`;
}

/**
 * The state that a link means. A part that makes no sense is as it was at first.
 *
 * @param {string} hash
 * @param {State} first
 * @param {About} about
 * @param {Content} content
 * @returns {Partial<State>}
 */
export function stateOf(hash, first, about, content) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const state = {};
  for (const [name, { read }] of Object.entries(PARTS)) {
    const text = parts.get(name);
    const value = text === null ? undefined : read(text.slice(0, LONGEST), about, content);
    Object.assign(state, { [name]: value === undefined ? first[/** @type {keyof State} */ (name)] : value });
  }
  return state;
}

/**
 * Keep the address and the state alike.
 *
 * @param {Store} store
 * @param {State} first
 * @param {About} about
 * @param {Content} content
 * @returns {() => void} Ends it.
 */
export function followLinks(store, first, about, content) {
  let timer = 0;
  const read = (/** @type {HashChangeEvent} */ { newURL }) =>
    // which a late `write` has not changed
    store.set(stateOf(new URL(newURL).hash, first, about, content));
  const write = () => {
    const hash = hashOf(store.get(), first);
    if (hash !== location.hash.replace(/^#/, "")) history.replaceState(null, "", `#${hash}`);
  };
  const end = store.subscribe(() => {
    clearTimeout(timer);
    timer = setTimeout(write, LATER);
  });
  addEventListener("hashchange", read);
  return () => {
    end();
    clearTimeout(timer);
    removeEventListener("hashchange", read);
  };
}

/**
 * The address of the page in this state.
 *
 * @param {State} state
 * @param {State} first
 * @returns {string}
 */
export function linkTo(state, first) {
  return `${location.href.replace(/#.*/, "")}#${hashOf(state, first)}`;
}

/**
 * @param {string} text
 * @param {About} about
 * @returns {Head | undefined}
 */
function headIn(text, about) {
  const [, layer, head] = /^L(\d{1,4})H(\d{1,4})$/.exec(text)?.map(Number) ?? [];
  return layer < about.layers && head < about.heads ? [layer, head] : undefined;
}

/**
 * @param {string} text
 * @param {About} about
 * @returns {Head[]}
 */
function headsIn(text, about) {
  const heads = text.split(",").map((name) => headIn(name, about)).filter((head) => head !== undefined);
  return [...new Map(heads.map((head) => [headName(head), head])).values()];
}

/**
 * @param {string} text
 * @returns {number | undefined}
 */
function placeIn(text) {
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/**
 * The parts of a link, by their names in the state: written as text, and read from it.
 *
 * @type {Record<string, {
 *   write: (state: State) => string,
 *   read: (text: string, about: About, content: Content) => unknown,
 * }>}
 */
const PARTS = {
  text: { write: (state) => state.text, read: (text) => text },
  contrast: { write: (state) => state.contrast, read: (text) => text },
  head: { write: ({ head }) => (head ? headName(head) : ""), read: headIn },
  query: { write: ({ query }) => `${query ?? ""}`, read: placeIn },
  key: { write: ({ key }) => `${key ?? ""}`, read: placeIn },
  kind: {
    write: ({ kind }) => kind ?? "",
    read: (text, _, { kinds }) => kinds.find(({ name }) => name === text)?.name,
  },
  off: {
    write: ({ off }) => off.map(headName).join(),
    read: (text, about) => (about.switches ? headsIn(text, about) : undefined),
  },
  aside: { write: ({ aside }) => (aside ? "yes" : ""), read: (text) => text === "yes" },
  view: { write: ({ view }) => view, read: (text) => (["map", "lines"].includes(text) ? text : undefined) },
  language: {
    write: ({ language }) => language,
    read: (text) => (["en", "ko"].includes(text) ? /** @type {Language} */ (text) : undefined),
  },
};
