/**
 * The arrow keys in the grid of heads.
 *
 * @import { About, Head } from "../types.js"
 */
import { headName } from "../store.js";

/**
 * The head to which a key leads; null if it leads nowhere.
 *
 * @param {string} key
 * @param {Head} head
 * @param {About} about
 * @param {number} columns  The number of heads side by side.
 * @returns {Head | null}
 */
export function headBy(key, [layer, head], { layers, heads }, columns) {
  const at = layer * heads + head;
  const last = layers * heads - 1;
  const places = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: head >= columns ? at - columns : at - head - heads + lastLike(head, heads, columns),
    ArrowDown: head + columns < heads ? at + columns : at - head + heads + (head % columns),
    Home: layer * heads,
    End: layer * heads + heads - 1,
    PageUp: at - heads,
    PageDown: at + heads,
  };
  const place = places[/** @type {keyof typeof places} */ (key)];
  return place === undefined || place < 0 || place > last ? null : [Math.floor(place / heads), place % heads];
}

/**
 * Follow a key in the grid: the focus goes to another head.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLElement} grid
 * @param {About} about
 */
export function moveIn(event, grid, about) {
  const from = /** @type {HTMLElement} */ (event.target);
  const [layer, head] = /^cell-L(\d+)H(\d+)$/.exec(from.id)?.slice(1).map(Number) ?? [];
  if (layer === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const to = headBy(event.key, [layer, head], about, Number(grid.dataset.columns));
  const button = to && grid.querySelector(`#cell-${headName(to)}`);
  if (!(button instanceof HTMLElement)) return;
  event.preventDefault();
  grid.querySelectorAll('[tabindex="0"]').forEach((each) => each.setAttribute("tabindex", "-1"));
  button.tabIndex = 0;
  button.focus();
  button.scrollIntoView({ block: "nearest" });
}

/**
 * The last head of a layer that stands in the same column.
 *
 * @param {number} head
 * @param {number} heads
 * @param {number} columns
 * @returns {number}
 */
function lastLike(head, heads, columns) {
  return head + Math.floor((heads - 1 - head) / columns) * columns;
}
