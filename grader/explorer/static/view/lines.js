/**
 * The pinned head as lines from each query, on the left, to the keys that it looks at, on the right.
 *
 * @import { App } from "../app.js"
 * @import { Picture } from "./heatmap.js"
 * @import { Place, Pointer } from "./pointer.js"
 * @import { Look, Seen } from "./seen.js"
 */
import { element, fill } from "../elements.js";
import { decimal, lookersOf, looksOf, tokenLabel, tokenWord } from "./seen.js";

const ROW = 26; // pixels
const FAINTEST = 0.03; // attention below which no line is drawn
const MOST = 8; // lines of a query
const NAMED = 3; // looks in a button's label

/**
 * @param {App} app
 * @param {Pointer} pointer
 * @returns {Picture}
 */
export function linesView(app, pointer) {
  const { t } = app;
  const canvas = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  canvas.setAttribute("aria-hidden", "true");
  canvas.setAttribute("preserveAspectRatio", "none");
  const queries = element("ol", { className: "queries", "aria-label": t("lines.queries") });
  const keys = element("ol", { className: "keys", "aria-label": t("lines.keys") });
  const view = element(
    "div",
    { className: "lines", onkeydown: move, onpointerleave: () => pointer.hover(null) },
    queries,
    canvas,
    keys,
  );
  /** @type {{look: Look, line: SVGElement}[]} */
  let lines = [];

  /** @param {Place} place */
  function mark(place) {
    const free = place.query === null && place.key === null;
    for (const { look, line } of lines) {
      const lit = look.query === place.query || look.key === place.key;
      line.style.strokeOpacity = `${free || lit ? Math.max(0.08, look.weight) : 0.03}`;
    }
    [...queries.children].forEach((each, at) => each.classList.toggle("lit", at === place.query));
    [...keys.children].forEach((each, at) => each.classList.toggle("lit", at === place.key));
  }

  /** @param {Seen} seen */
  function show(seen) {
    canvas.setAttribute("viewBox", `0 0 100 ${seen.size * ROW}`);
    canvas.style.height = `${seen.size * ROW}px`;
    view.dataset.which = seen.which;
    const looks = seen.reading.tokens.flatMap((_, query) => looksOf(seen, query).slice(0, MOST));
    lines = looks.filter(({ weight }) => weight >= FAINTEST).map((look) => ({ look, line: lineOf(look) }));
    canvas.replaceChildren(...lines.map(({ line }) => line));
    const stops = [focusedAt(queries), focusedAt(keys)];
    fill(queries, ...tokenButtons(app, pointer, seen, "query"));
    fill(keys, ...tokenButtons(app, pointer, seen, "key"));
    [queries, keys].forEach((list, index) => stops[index] >= 0 && buttonAt(list, stops[index])?.focus());
    mark(pointer.place());
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const list = queries.contains(/** @type {Node} */ (event.target)) ? queries : keys;
    const at = focusedAt(list);
    const last = list.children.length - 1;
    /** @type {Record<string, [HTMLElement, number]>} */
    const moves = {
      ArrowDown: [list, Math.min(last, at + 1)],
      ArrowUp: [list, Math.max(0, at - 1)],
      ArrowLeft: [queries, at],
      ArrowRight: [keys, at],
      Home: [list, 0],
      End: [list, last],
    };
    const to = moves[event.key];
    if (!to || at < 0) return;
    event.preventDefault();
    for (const each of to[0].querySelectorAll("button")) each.tabIndex = -1;
    const button = buttonAt(...to);
    if (button) button.tabIndex = 0;
    button?.focus();
  }

  pointer.subscribe(mark);
  return { element: view, show };
}

/**
 * @param {Look} look
 * @returns {SVGElement}
 */
function lineOf({ query, key }) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const [from, to] = [query, key].map((place) => (place + 0.5) * ROW);
  for (const [name, value] of Object.entries({ x1: 0, y1: from, x2: 100, y2: to })) line.setAttribute(name, `${value}`);
  return line;
}

/**
 * @param {App} app
 * @param {Pointer} pointer
 * @param {Seen} seen
 * @param {"query" | "key"} axis
 * @returns {HTMLElement[]}
 */
function tokenButtons({ t }, pointer, seen, axis) {
  return seen.reading.tokens.map(({ text }, at) => {
    const place = axis === "query" ? { query: at, key: null } : { query: null, key: at };
    const looks = (axis === "query" ? looksOf : lookersOf)(seen, at).filter(({ weight }) => weight >= FAINTEST);
    const others = looks.slice(0, NAMED).map((look) => {
      const other = axis === "query" ? look.key : look.query;
      return `${tokenWord(seen.reading.tokens[other].text)} ${decimal(look.weight)}`;
    });
    return element(
      "li",
      {},
      element("button", {
        type: "button",
        tabIndex: at ? -1 : 0,
        "aria-label": t(axis === "query" ? "lines.query" : "lines.key", {
          token: tokenWord(text),
          looks: others.join(", ") || t("nothing"),
        }),
        onpointerenter: () => pointer.hover(place),
        onfocus: () => pointer.hover(place),
        onblur: () => pointer.hover(null),
        onclick: () => pointer.hold(place),
      }, tokenLabel(text)),
    );
  });
}

/**
 * @param {HTMLElement} list
 * @returns {number}
 */
function focusedAt(list) {
  return [...list.children].findIndex((each) => each.matches(":focus-within"));
}

/**
 * @param {HTMLElement} list
 * @param {number} at
 * @returns {HTMLButtonElement | null}
 */
function buttonAt(list, at) {
  return list.children[at]?.querySelector("button") ?? null;
}
