/**
 * The pinned head: its pattern in full, in numbers and in words.
 *
 * @import { App } from "../app.js"
 * @import { State } from "../store.js"
 * @import { Head } from "../types.js"
 * @import { Picture } from "./heatmap.js"
 * @import { Seen } from "./seen.js"
 */
import { element, fill } from "../elements.js";
import { errorSaid } from "../speech.js";
import { headName, sameHead } from "../store.js";
import { asideBox } from "./controls.js";
import { heatMap } from "./heatmap.js";
import { linesView } from "./lines.js";
import { createPointer } from "./pointer.js";
import { lookInWords, seenHead, strongestLooks } from "./seen.js";
import { averagesOf, tableOf, weightsView } from "./weights.js";

/** @type {(keyof State)[]} */
const SHOWN = ["head", "reading", "contrasted", "off", "aside", "kind", "dark", "view"];
const WAYS = { map: heatMap, lines: linesView };

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function pinnedView(app) {
  const { store, t } = app;
  const body = element("div", { className: "pinned-body" });
  const title = element("h2", { id: "pinned-title", tabIndex: -1 });
  const invitation = element("p", { className: "invitation" }, t("pinned.none"));
  const picture = pictureOf(app);
  const unpin = element("button", { type: "button", onclick: () => backToGrid(app) }, t("unpin"));
  fill(body, steps(app), offLink(app), picture.element);
  const section = element(
    "section",
    { className: "pinned", "aria-labelledby": "pinned-title" },
    element("div", { className: "bar" }, title, unpin),
    invitation,
    body,
  );

  function update() {
    const { head } = store.get();
    title.textContent = head ? t("pinned", { head: headName(head) }) : t("pinned.title");
    invitation.hidden = head !== null;
    body.hidden = unpin.hidden = head === null;
    if (head) picture.show(head);
  }

  store.subscribe((state, before) => {
    if (SHOWN.some((name) => state[name] !== before[name])) update();
    if (state.head && !sameHead(state.head, before.head) && !before.head) bringNear(section);
  });
  update();
  return section;
}

/**
 * Scroll to the pinned head where it stands below the grid, as on a phone.
 *
 * @param {HTMLElement} section
 */
function bringNear(section) {
  const { top, bottom } = section.getBoundingClientRect();
  if (top > innerHeight || bottom < 0) section.scrollIntoView({ block: "start" });
}

/**
 * The buttons that lead to other heads, switch this one off, and choose the picture.
 *
 * @param {App} app
 * @returns {HTMLElement}
 */
function steps(app) {
  const { source: { about }, store, t } = app;
  const step = (/** @type {number} */ by) => {
    const [layer, head] = store.get().head ?? [0, 0];
    const count = about.layers * about.heads;
    const at = (layer * about.heads + head + by + count) % count;
    store.set({ head: [Math.floor(at / about.heads), at % about.heads] });
  };
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick, more = {}) =>
    element("button", { type: "button", onclick, ...more }, text);
  return element(
    "div",
    { className: "steps" },
    element(
      "div",
      { className: "choice" },
      button("←", () => step(-1), { "aria-label": t("step.previous"), title: t("step.previous") }),
      button("→", () => step(1), { "aria-label": t("step.next"), title: t("step.next") }),
    ),
    waysToSee(app),
    about.switches && offButton(app),
    asideBox(app),
  );
}

/**
 * @param {App} app
 */
function backToGrid({ store }) {
  const { head } = store.get();
  store.set({ head: null, query: null, key: null });
  if (head) document.getElementById(`cell-${headName(head)}`)?.focus();
}

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
function waysToSee({ store, t }) {
  const names = { map: t("view.map"), lines: t("view.lines") };
  const buttons = Object.entries(names).map(([view, name]) =>
    element("button", {
      type: "button",
      "data-view": view,
      onclick: () => store.set({ view: /** @type {State["view"]} */ (view) }),
    }, name)
  );
  const mark = () => buttons.forEach((each) => (each.ariaPressed = `${each.dataset.view === store.get().view}`));
  store.subscribe(mark);
  mark();
  return element("div", { className: "choice", role: "group", "aria-label": t("view") }, buttons);
}

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
function offButton({ store, t }) {
  const isOff = (/** @type {State} */ { head, off }) => off.some((each) => sameHead(each, head));
  const button = element("button", {
    type: "button",
    onclick: () => {
      const state = store.get();
      const head = /** @type {Head} */ (state.head);
      const others = state.off.filter((each) => !sameHead(each, head));
      store.set({ off: isOff(state) ? others : [...others, head] });
    },
  }, t("off.switch"));
  const mark = () => (button.ariaPressed = `${isOff(store.get())}`);
  store.subscribe(mark);
  mark();
  return button;
}

/**
 * The heads that are off, and the way to what changes without them, which may stand out of sight.
 *
 * @param {App} app
 * @returns {HTMLElement}
 */
function offLink({ store, t }) {
  const link = element("button", {
    type: "button",
    className: "off-link",
    onclick: () => {
      const root = /** @type {Document | ShadowRoot} */ (link.getRootNode());
      root.getElementById("switched-title")?.focus();
    },
  });
  const show = () => {
    const { off } = store.get();
    link.hidden = !off.length;
    link.textContent = t("off.see", { heads: off.map(headName).join(", ") });
  };
  store.subscribe((state, before) => state.off !== before.off && show());
  show();
  return link;
}

/**
 * Everything that shows the pinned head's pattern.
 *
 * @param {App} app
 * @returns {{element: HTMLElement, show: (head: Head) => void}}
 */
function pictureOf(app) {
  const { store, t } = app;
  const pointer = createPointer(store);
  const weights = weightsView(app, pointer);
  const summary = element("p", { className: "summary", role: "status" });
  const pictures = element("div", { className: "pictures" });
  const average = element("h3", {}, t("averages"));
  const mean = element("div", { className: "means" });
  const tables = element("div", { className: "tables" });
  /** @type {Map<string, Picture>} */
  const made = new Map();

  /** @param {Seen} seen */
  function figureOf(seen) {
    const { view } = store.get();
    const name = `${view} ${seen.which}`;
    const picture = made.get(name) ?? WAYS[view](app, pointer);
    made.set(name, picture);
    return { picture, seen };
  }

  /** @param {Head} head */
  async function show(head) {
    const before = store.get();
    let both;
    try {
      both = await seenHead(app, head);
    } catch (error) {
      summary.textContent = errorSaid(t, error);
      return;
    }
    if (SHOWN.some((name) => store.get()[name] !== before[name]) || !both.length) return;
    const figures = both.map(figureOf);
    const now = figures.map(({ picture }) => picture.element);
    if (now.length !== pictures.children.length || now.some((each) => !pictures.contains(each))) {
      fill(pictures, ...figures.map(({ picture, seen }) => captioned(app, picture, seen, both.length > 1)));
    }
    figures.forEach(({ picture, seen }) => picture.show(seen));
    weights.show(both);
    summary.textContent = summaryOf(t, both[0]);
    const means = both.map((seen) => averagesOf(t, seen)).filter((each) => each !== null);
    fill(mean, ...means);
    average.hidden = !means.length;
    fill(tables, ...both.map((seen) => tableOf(t, seen)));
  }

  const note = element("p", { className: "soft", hidden: !store.get().aside }, t("aside.how"));
  store.subscribe(({ aside }) => (note.hidden = !aside));
  return {
    element: element(
      "div",
      { className: "picture" },
      summary,
      note,
      pictures,
      weights.element,
      average,
      mean,
      element("details", {}, element("summary", {}, t("table")), tables),
    ),
    show,
  };
}

/**
 * @param {App} app
 * @param {Picture} picture
 * @param {Seen} seen
 * @param {boolean} named
 * @returns {HTMLElement}
 */
function captioned({ t }, picture, seen, named) {
  const caption = named && element("figcaption", {}, t(seen.which === "text" ? "sentence" : "contrast"));
  return element("figure", { className: seen.which }, caption, picture.element);
}

/**
 * @param {App["t"]} t
 * @param {Seen} seen
 * @returns {string}
 */
function summaryOf(t, seen) {
  const [look] = strongestLooks(seen);
  return look ? t("strongest", { look: lookInWords(t, seen, look) }) : "";
}
