/**
 * The pinned head in numbers and words: where a query looks, who looks at a key, and the strongest looks.
 *
 * @import { App } from "../app.js"
 * @import { Place, Pointer } from "./pointer.js"
 * @import { Look, Seen } from "./seen.js"
 */
import { element, fill } from "../elements.js";
import {
  averages,
  decimal,
  distanceInWords,
  lookersOf,
  lookInWords,
  looksOf,
  strongestLooks,
  tokenLabel,
  tokenWord,
  weightOf,
} from "./seen.js";

const LISTED = 5; // weights in a list
const ROWS = 12; // rows of the table

/**
 * The weights of the query and of the key that are pointed at.
 *
 * @param {App} app
 * @param {Pointer} pointer
 * @returns {{element: HTMLElement, show: (both: Seen[]) => void}}
 */
export function weightsView({ store, t }, pointer) {
  const lists = element("div", { className: "weights" });
  const spoken = element("p", { className: "unseen", role: "status" });
  /** @type {Seen[]} */
  let shown = [];

  /** @param {Place} place */
  function update(place) {
    const there = place.query !== null || place.key !== null;
    fill(lists, ...(there ? shown.map((seen) => weightsOf(t, seen, place, shown.length > 1)) : [hint()]));
  }

  function hint() {
    return element("p", { className: "soft", id: "map-keys" }, t("map.keys"));
  }

  pointer.subscribe(update);
  store.subscribe(({ query, key }, before) => {
    if (query === before.query && key === before.key) return;
    spoken.textContent = shown.slice(0, 1).map((seen) => placeInWords(t, seen, { query, key })).join("");
  });
  return {
    element: element("div", {}, lists, spoken),
    show(both) {
      shown = both;
      update(pointer.place());
    },
  };
}

/**
 * @param {App["t"]} t
 * @param {Seen} seen
 * @param {Place} place
 * @param {boolean} named  True if the sentence has to be named.
 * @returns {HTMLElement}
 */
function weightsOf(t, seen, { query, key }, named) {
  const pair = placeInWords(t, seen, { query, key });
  return element(
    "div",
    { className: `weights-of ${seen.which}` },
    named && element("h3", {}, t(seen.which === "text" ? "sentence" : "contrast")),
    element("p", { className: "pair-weight" }, pair),
    query !== null && query < seen.size && listOf(t("looks.at"), seen, looksOf(seen, query), "key"),
    key !== null && key < seen.size && listOf(t("looked.by"), seen, lookersOf(seen, key), "query"),
  );
}

/**
 * @param {string} title
 * @param {Seen} seen
 * @param {Look[]} looks
 * @param {"query" | "key"} axis  The token of a look that is listed.
 * @returns {HTMLElement}
 */
function listOf(title, { reading }, looks, axis) {
  return element(
    "div",
    { className: "list" },
    element("p", { className: "list-title" }, title),
    element(
      "ol",
      {},
      looks.slice(0, LISTED).map((look) => barOf(tokenLabel(reading.tokens[look[axis]].text), look.weight)),
    ),
  );
}

/**
 * @param {string} name
 * @param {number} weight
 * @returns {HTMLElement}
 */
function barOf(name, weight) {
  const bar = element("i", { className: "bar-fill" });
  bar.style.width = `${weight * 100}%`;
  return element(
    "li",
    {},
    element("span", { className: "token" }, name),
    element("span", { className: "bar-track", "aria-hidden": "true" }, bar),
    element("span", { className: "number" }, decimal(weight)),
  );
}

/**
 * The query and key that are pointed at, as a sentence.
 *
 * @param {App["t"]} t
 * @param {Seen} seen
 * @param {Place} place
 * @returns {string}
 */
function placeInWords(t, seen, { query, key }) {
  const token = (/** @type {number} */ at) => tokenWord(seen.reading.tokens[at].text);
  if (query !== null && key !== null && Math.max(query, key) < seen.size) {
    if (seen.causal && key > query) return t("pair.future", { query: token(query), key: token(key) });
    const look = { query, key, weight: weightOf(seen, query, key) };
    return `${lookInWords(t, seen, look)} (${distanceInWords(t, look)})`;
  }
  if (query !== null && query < seen.size) return t("row", { query: token(query), place: query + 1 });
  return key !== null && key < seen.size ? t("column", { key: token(key), place: key + 1 }) : "";
}

/**
 * The averages that tell looking at oneself and looking one to the left apart.
 *
 * @param {App["t"]} t
 * @param {Seen} seen
 * @returns {HTMLElement | null}
 */
export function averagesOf(t, seen) {
  const mean = averages(seen);
  if (!mean) return null;
  const rows = [
    barOf(t("average.itself"), mean.itself),
    barOf(t("average.left"), mean.before),
    barOf(t("average.first"), mean.first),
  ];
  return element("ul", { className: `averages ${seen.which}`, "aria-label": t("averages") }, rows);
}

/**
 * The strongest looks as a table in words.
 *
 * @param {App["t"]} t
 * @param {Seen} seen
 * @returns {HTMLElement}
 */
export function tableOf(t, seen) {
  const head = ["table.query", "table.key", "table.weight", "table.distance"];
  const rows = strongestLooks(seen).slice(0, ROWS).map((look) => {
    const [query, key] = [look.query, look.key].map((at) => `${tokenWord(seen.reading.tokens[at].text)} (${at + 1})`);
    const cells = [key, decimal(look.weight), distanceInWords(t, look)].map((text) => element("td", {}, text));
    return element("tr", {}, element("th", { scope: "row" }, query), cells);
  });
  return element(
    "table",
    {},
    element("caption", {}, t(seen.which === "text" ? "sentence" : "contrast")),
    element("thead", {}, element("tr", {}, head.map((key) => element("th", { scope: "col" }, t(key))))),
    element("tbody", {}, rows),
  );
}
