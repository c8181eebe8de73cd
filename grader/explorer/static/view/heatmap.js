/**
 * The pinned head's pattern in full, with the tokens beside it. The mouse and the arrow keys move over queries and keys.
 *
 * @import { App } from "../app.js"
 * @import { Place, Pointer } from "./pointer.js"
 * @import { Seen } from "./seen.js"
 *
 * @typedef {object} Measures  In pixels.
 * @property {number} left  Where the keys begin.
 * @property {number} top  Where the queries begin.
 * @property {number} cell
 * @property {number} side
 *
 * @typedef {object} Picture  A picture of the pinned head on one sentence.
 * @property {HTMLElement} element
 * @property {(seen: Seen) => void} show
 */
import { element } from "../elements.js";
import { paintPattern, sharp } from "./painting.js";
import { tokenLabel } from "./seen.js";

const FONT = '12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, "Noto Sans CJK KR", monospace';
const LINE = 13; // pixels that a label needs
const LARGEST = 34; // pixels of a cell
const LEAST = 240; // pixels of the whole map
const PART = 0.42; // of the window's height, so that the numbers below stay in sight
const LABEL = 110; // pixels that the longest label may have
const ADDED = 48; // pixels for a token that stands for no text, such as a long `<|endoftext|>`

/**
 * @param {App} app
 * @param {Pointer} pointer
 * @returns {Picture}
 */
export function heatMap({ colours, t }, pointer) {
  const pattern = element("canvas", { "aria-hidden": "true" });
  const marks = element("canvas", { className: "marks", "aria-hidden": "true" });
  const map = element(
    "div",
    {
      className: "heatmap",
      role: "application",
      tabIndex: 0,
      "aria-label": t("map"),
      "aria-roledescription": t("map.role"),
      "aria-describedby": "map-keys",
      onpointermove: (/** @type {PointerEvent} */ event) => pointer.hover(placeAt(event)),
      onpointerleave: () => pointer.hover(null),
      onclick: (/** @type {PointerEvent} */ event) => hold(placeAt(event)),
      onkeydown: (/** @type {KeyboardEvent} */ event) => move(event),
    },
    pattern,
    marks,
  );
  /** @type {Seen | null} */
  let shown = null;
  /** @type {Measures} */
  let measures = { left: 0, top: 0, cell: 1, side: 1 };

  function draw() {
    if (!shown || !map.clientWidth) return;
    measures = measured(shown, map.clientWidth);
    const [width, height] = [measures.left + measures.side + 1, measures.top + measures.side + 1];
    map.style.height = `${height}px`;
    for (const canvas of [pattern, marks]) {
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = sharp(pattern, width, height);
    paintPattern(context, shown, colours(), { x: measures.left, y: measures.top, side: measures.side });
    labels(context, shown, measures, colours().soft);
    mark(pointer.place());
  }

  /** @param {Place} place */
  function mark(place) {
    if (!shown) return;
    const context = sharp(marks, measures.left + measures.side + 1, measures.top + measures.side + 1);
    paintMarks(context, shown, measures, colours(), place);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Place | null}
   */
  function placeAt(event) {
    const box = map.getBoundingClientRect();
    const { left, top, cell } = measures;
    const [x, y] = [event.clientX - box.left - left, event.clientY - box.top - top];
    const last = (shown?.size ?? 0) - 1;
    const [key, query] = [Math.floor(x / cell), Math.floor(y / cell)].map((at) => (at < 0 || at > last ? null : at));
    return x > cell * (last + 1) || (query === null && key === null) ? null : { query, key };
  }

  /** @param {Place | null} place */
  function hold(place) {
    if (place) pointer.hold(place);
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    if (!shown || event.altKey || event.ctrlKey || event.metaKey) return;
    const to = moved(event.key, pointer.place(), shown.size - 1);
    if (!to) return;
    event.preventDefault();
    const { query, key } = pointer.place();
    if (query !== to.query || key !== to.key) pointer.hold(to);
  }

  new ResizeObserver(draw).observe(map);
  pointer.subscribe(mark);
  return {
    element: map,
    show(seen) {
      shown = seen;
      draw();
    },
  };
}

/**
 * The place to which a key of the keyboard leads; null if it leads nowhere.
 *
 * @param {string} pressed
 * @param {Place} place
 * @param {number} last
 * @returns {Place | null}
 */
export function moved(pressed, { query, key }, last) {
  const within = (/** @type {number} */ at) => Math.min(last, Math.max(0, at));
  /** @type {Record<string, () => Place>} */
  const moves = {
    ArrowDown: () => ({ query: query === null ? 0 : within(query + 1), key }),
    ArrowUp: () => ({ query: query === null ? last : within(query - 1), key }),
    ArrowRight: () => ({ query, key: key === null ? 0 : within(key + 1) }),
    ArrowLeft: () => ({ query, key: key === null ? last : within(key - 1) }),
    Home: () => ({ query, key: 0 }),
    End: () => ({ query, key: last }),
    Escape: () => ({ query: null, key: null }),
  };
  return moves[pressed]?.() ?? null;
}

/**
 * @param {Seen} seen
 * @param {number} width
 * @returns {Measures}
 */
function measured({ reading, size }, width) {
  const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  context.font = FONT;
  const widths = reading.tokens.map(({ special, text }) =>
    Math.min(context.measureText(tokenLabel(text)).width, special ? ADDED : LABEL)
  );
  const longest = Math.max(...widths);
  const label = Math.ceil(Math.min(longest, width * 0.28)) + 8;
  const room = Math.min(width - label - 1, Math.max(LEAST, innerHeight * PART));
  const cell = Math.min(LARGEST, room / size);
  return { left: label, top: label, cell, side: cell * size };
}

/**
 * Write the tokens beside the rows and above the columns: as many as have room.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Seen} seen
 * @param {Measures} measures
 * @param {string} colour
 */
function labels(context, { reading }, measures, colour) {
  const step = Math.ceil(LINE / measures.cell);
  context.fillStyle = colour;
  reading.tokens.forEach(({ text }, place) => {
    if (place % step) return;
    label(context, text, measures, place, "query");
    label(context, text, measures, place, "key");
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Measures} measures
 * @param {number} place
 * @param {"query" | "key"} axis
 */
function label(context, text, { left, top, cell }, place, axis) {
  context.save();
  context.textBaseline = "middle";
  context.font = FONT;
  const middle = (place + 0.5) * cell;
  if (axis === "key") {
    context.translate(left + middle, top - 5);
    context.rotate(-Math.PI / 2);
  } else {
    context.textAlign = "right";
    context.translate(left - 5, top + middle);
  }
  context.fillText(shortened(context, tokenLabel(text), left - 8), 0, 0);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} room
 * @returns {string}
 */
function shortened(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const characters = [...text];
  while (characters.length > 1 && context.measureText(`${characters.join("")}…`).width > room) characters.pop();
  return `${characters.join("")}…`;
}

/**
 * Frame the row and the column that are pointed at, and write their tokens boldly.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Seen} seen
 * @param {Measures} measures
 * @param {import("./colours.js").Colours} colours
 * @param {Place} place
 */
function paintMarks(context, { reading, size }, measures, { band, card, ink }, { query, key }) {
  const { left, top, cell, side } = measures;
  const thick = Math.max(cell, 2);
  /** @type {[("query" | "key"), number | null][]} */
  const axes = [["query", query], ["key", key]];
  for (const [axis, at] of axes) {
    if (at === null || at >= size) continue;
    const from = at * cell;
    context.fillStyle = card;
    if (axis === "query") context.fillRect(0, top + from + cell / 2 - LINE, left - 2, 2 * LINE);
    else context.fillRect(left + from + cell / 2 - LINE, 0, 2 * LINE, top - 2);
    context.fillStyle = ink;
    label(context, reading.tokens[at].text, measures, at, axis);
    context.strokeStyle = band;
    context.lineWidth = 2;
    if (axis === "query") context.strokeRect(1, top + from, left + side - 2, thick);
    else context.strokeRect(left + from, 1, thick, top + side - 2);
  }
}
