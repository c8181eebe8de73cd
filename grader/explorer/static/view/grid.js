/**
 * Every head as a small picture of the sentence: a row for each layer. Only what is in sight is computed and drawn.
 *
 * @import { App } from "../app.js"
 * @import { State } from "../store.js"
 * @import { Head } from "../types.js"
 * @import { Seen } from "./seen.js"
 *
 * @typedef {object} Cell
 * @property {Head} head
 * @property {HTMLButtonElement} button
 * @property {HTMLCanvasElement[]} canvases  One for each sentence.
 *
 * @typedef {object} Row
 * @property {number} layer
 * @property {HTMLElement} element
 * @property {Cell[]} cells
 * @property {boolean} inSight
 * @property {number} drawn  The number of the drawing that it shows; 0 before the first.
 */
import { element } from "../elements.js";
import { errorSaid } from "../speech.js";
import { headName, sameHead } from "../store.js";
import { asideBox, scaleLegend } from "./controls.js";
import { moveIn } from "./moving.js";
import { createBrush, paintPattern, sharp } from "./painting.js";
import { lookInWords, seenLayer, strongestLooks } from "./seen.js";

const CELLS = { least: 34, wrapped: 46, gap: 5 }; // pixels
/** @type {(keyof State)[]} */
const DRAWN = ["reading", "contrasted", "off", "aside", "kind", "dark"];

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function gridView(app) {
  const { store, t, source: { about } } = app;
  const rows = Array.from({ length: about.layers }, (_, layer) => rowOf(app, layer));
  const trouble = element("p", { className: "trouble", role: "status" });
  const grid = element(
    "div",
    { className: "grid", role: "grid", "aria-label": t("heads"), "aria-describedby": "grid-keys" },
    rows.map((row) => row.element),
  );
  const brush = createBrush();
  let drawing = 1;
  let side = 0; // pixels of a picture, measured once for all

  /** @param {Row} row */
  async function draw(row) {
    const { reading, contrasted } = store.get();
    if (!reading || !side || !row.inSight || row.drawn === drawing) return;
    const current = row.drawn = drawing;
    row.element.classList.add("waiting");
    try {
      const both = await Promise.all([seenLayer(app, "text", row.layer), seenLayer(app, "contrast", row.layer)]);
      if (row.drawn !== current) return;
      for (const cell of row.cells) {
        const seen = both.filter((heads) => heads !== null).map((heads) => heads[cell.head[1]]);
        brush(cell, () => paintCell(app, cell, seen, side));
      }
      brush(row, () => row.element.classList.remove("waiting"));
      trouble.textContent = "";
    } catch (error) {
      row.drawn = 0;
      if (reading === store.get().reading && contrasted === store.get().contrasted) {
        trouble.textContent = t("layer.failed", {
          layer: row.layer,
          reason: errorSaid(t, error),
        });
      }
    }
  }

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const row = rows[Number(/** @type {HTMLElement} */ (target).dataset.layer)];
      row.inSight = isIntersecting;
      draw(row);
    }
  }, { rootMargin: "120px" });
  rows.forEach((row) => sight.observe(row.element));

  new ResizeObserver(() => {
    const columns = columnsFor(grid.clientWidth, about.heads);
    grid.style.setProperty("--columns", `${columns}`);
    grid.dataset.columns = `${columns}`;
    side = rows[0].cells[0].button.clientWidth;
    drawing++;
    rows.forEach(draw);
  }).observe(grid);

  store.subscribe((state, before) => {
    if (DRAWN.some((name) => state[name] !== before[name])) {
      drawing++;
      rows.forEach(draw);
    }
    if (!sameHead(state.head, before.head) || state.off !== before.off) rows.forEach((row) => markRow(app, row));
  });
  grid.addEventListener("keydown", (event) => moveIn(event, grid, about));
  rows.forEach((row) => markRow(app, row));

  return element(
    "section",
    { className: "heads", "aria-labelledby": "heads-title" },
    element("div", { className: "bar" }, element("h2", { id: "heads-title" }, t("heads")), asideBox(app)),
    element("p", { className: "soft", id: "grid-keys" }, t("heads.how")),
    scaleLegend(app),
    trouble,
    grid,
  );
}

/**
 * @param {App} app
 * @param {number} layer
 * @returns {Row}
 */
function rowOf({ store, t, source: { about } }, layer) {
  const cells = Array.from({ length: about.heads }, (_, number) => {
    /** @type {Head} */
    const head = [layer, number];
    const name = headName(head);
    const canvases = [element("canvas", {}), element("canvas", { hidden: true })];
    const button = element(
      "button",
      { type: "button", id: `cell-${name}`, "aria-label": name, onclick: () => store.set({ head }) },
      element("span", { className: "name", "aria-hidden": "true" }, name),
      canvases,
    );
    return { head, button, canvases };
  });
  const row = element(
    "div",
    { className: "row", role: "row", "data-layer": layer },
    element("span", { className: "layer", role: "rowheader" }, t("layer", { layer })),
    element(
      "div",
      { className: "cells", role: "presentation" },
      cells.map(({ button }) => element("div", { className: "cell", role: "gridcell" }, button)),
    ),
  );
  return { layer, element: row, cells, inSight: false, drawn: 0 };
}

/**
 * @param {App} app
 * @param {Cell} cell
 * @param {Seen[]} both
 * @param {number} side  In pixels.
 */
function paintCell({ colours, store, t }, { head, button, canvases }, both, side) {
  canvases.forEach((canvas, index) => {
    canvas.hidden = index >= both.length;
    if (canvas.hidden) return;
    paintPattern(sharp(canvas, side, side), both[index], colours(), { x: 0, y: 0, side });
  });
  const looks = both.map((seen) => ({ seen, look: strongestLooks(seen)[0] })).filter(({ look }) => look);
  const name = store.get().off.some((off) => sameHead(off, head))
    ? t("head.off", { head: headName(head) })
    : headName(head);
  button.ariaLabel = [name, ...looks.map(({ seen, look }) => lookInWords(t, seen, look))].join("; ");
}

/**
 * Show which heads of a row are pinned or switched off. One cell of the grid is a stop of the tab key.
 *
 * @param {App} app
 * @param {Row} row
 */
function markRow({ store }, row) {
  const { head: pinned, off } = store.get();
  for (const { head, button } of row.cells) {
    button.ariaPressed = `${sameHead(head, pinned)}`;
    button.tabIndex = sameHead(head, pinned ?? [0, 0]) ? 0 : -1;
    button.classList.toggle("off", off.some((each) => sameHead(each, head)));
  }
}

/**
 * The number of pictures side by side: a whole layer, or an even part of it where that would be too small.
 *
 * @param {number} width
 * @param {number} heads
 * @returns {number}
 */
function columnsFor(width, heads) {
  const fit = (/** @type {number} */ side) => Math.max(1, Math.floor((width + CELLS.gap) / (side + CELLS.gap)));
  if (fit(CELLS.least) >= heads) return heads;
  return Math.ceil(heads / Math.ceil(heads / fit(CELLS.wrapped)));
}
