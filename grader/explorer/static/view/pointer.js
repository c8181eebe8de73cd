/**
 * The query and the key that are pointed at: for a moment by the mouse, or held in the page's state.
 *
 * @import { Store } from "../store.js"
 *
 * @typedef {{query: number | null, key: number | null}} Place
 *
 * @typedef {object} Pointer
 * @property {() => Place} place
 * @property {(place: Place | null) => void} hover  Point for a moment; null ends it.
 * @property {(place: Place) => void} hold  Keep pointing; a second time at the same place lets go.
 * @property {(listener: (place: Place) => void) => void} subscribe
 */

/**
 * @param {Store} store
 * @returns {Pointer}
 */
export function createPointer(store) {
  /** @type {Place | null} */
  let hovered = null;
  /** @type {((place: Place) => void)[]} */
  const listeners = [];
  const held = () => ({ query: store.get().query, key: store.get().key });
  const place = () => hovered ?? held();
  const tell = () => listeners.forEach((listener) => listener(place()));

  store.subscribe((state, before) => {
    if (state.query === before.query && state.key === before.key) return;
    hovered = null;
    tell();
  });
  return {
    place,
    hover(to) {
      hovered = to;
      tell();
    },
    hold(to) {
      const { query, key } = held();
      store.set(query === to.query && key === to.key ? { query: null, key: null } : to);
    },
    subscribe: (listener) => listeners.push(listener),
  };
}
