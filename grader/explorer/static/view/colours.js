/**
 * The colours of patterns: each sentence has a scale of its own, from attention 0 to 1.
 *
 * @import { Which } from "../looks.js"
 * @import { Store } from "../store.js"
 *
 * @typedef {object} Colours
 * @property {Record<Which | "target", Uint32Array>} scales  256 colours each, as an ImageData holds them.
 * @property {Record<Which, string>} strong  The colour of lines.
 * @property {string} card
 * @property {string} ink
 * @property {string} soft
 * @property {string} diagonal
 * @property {string} target
 * @property {string} band
 */

const STOPS = [0, 1, 2, 3];

/**
 * A function that returns the colours that the style sheet has now.
 *
 * @param {HTMLElement} root
 * @param {Store} store
 * @returns {() => Colours}
 */
export function createColours(root, store) {
  /** @type {Colours | null} */
  let known = null;
  store.subscribe((state, before) => {
    if (state.dark !== before.dark) known = null;
  });
  return () => (known ??= coloursOf(getComputedStyle(root)));
}

/**
 * Tell the store whenever the page changes between light and dark; print is light.
 *
 * @param {Store} store
 * @returns {() => void} Ends it.
 */
export function watchColours(store) {
  const dark = matchMedia("screen and (prefers-color-scheme: dark)");
  const tell = () => store.set({ dark: dark.matches });
  tell();
  dark.addEventListener("change", tell);
  return () => dark.removeEventListener("change", tell);
}

/**
 * The place of a weight on a scale of 256 colours; the root makes weak attention visible.
 *
 * @param {number} weight
 * @returns {number}
 */
export function shade(weight) {
  return Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, weight))));
}

/**
 * @param {CSSStyleDeclaration} style
 * @returns {Colours}
 */
function coloursOf(style) {
  const named = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return {
    scales: {
      text: scale(STOPS.map((stop) => named(`heat-${stop}`))),
      contrast: scale(STOPS.map((stop) => named(`other-${stop}`))),
      target: scale(STOPS.map((stop) => named(`target-${stop}`))),
    },
    strong: { text: named("heat-2"), contrast: named("other-2") },
    card: named("card"),
    ink: named("ink"),
    soft: named("soft"),
    diagonal: named("diagonal"),
    target: named("target"),
    band: named("link"),
  };
}

/**
 * @param {string[]} stops  Colours as `#rrggbb`, evenly spread.
 * @returns {Uint32Array}
 */
function scale(stops) {
  const colours = stops.map((stop) => [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, index) => {
    const place = (index / 255) * (colours.length - 1);
    const below = Math.min(Math.floor(place), colours.length - 2);
    const [red, green, blue] = [0, 1, 2].map((part) => {
      const [from, to] = [colours[below][part], colours[below + 1][part]];
      return Math.round(from + (to - from) * (place - below));
    });
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}
