/**
 * The heads that are switched off, and what the transformer predicts with and without them.
 *
 * @import { App } from "../app.js"
 * @import { Head, Prediction } from "../types.js"
 */
import { element, fill } from "../elements.js";
import { errorSaid } from "../speech.js";
import { headName, sameHead } from "../store.js";
import { tokenLabel } from "./seen.js";

/**
 * @param {App} app
 * @returns {HTMLElement | null}
 */
export function switchedView(app) {
  const { source: { about }, store, t } = app;
  if (!about.switches) return null;
  const title = element("h2", { id: "switched-title", tabIndex: -1 }, t("off"));
  const list = element("div", { className: "off-heads" });
  const predictions = element("div", { className: "predictions" });
  const section = element(
    "section",
    { className: "switched", "aria-labelledby": "switched-title" },
    title,
    list,
    predictions,
    element("p", { className: "soft" }, t("off.how")),
  );
  let inSight = false;

  function update() {
    fill(list, ...offList(app, title));
    if (about.predicts && inSight) showPredictions(app, predictions);
  }

  new IntersectionObserver(([{ isIntersecting }]) => {
    inSight = isIntersecting;
    if (inSight) update();
  }).observe(section);
  store.subscribe((state, before) => {
    if (state.off !== before.off || state.reading !== before.reading) update();
  });
  update();
  return section;
}

/**
 * @param {App} app
 * @param {HTMLElement} title  Takes the focus, because the button that is pressed goes away.
 * @returns {HTMLElement[]}
 */
function offList({ store, t }, title) {
  const { off } = store.get();
  const leave = (/** @type {Head[]} */ those) => {
    store.set({ off: those });
    title.focus();
  };
  if (!off.length) return [element("p", { className: "soft" }, t("off.none"))];
  const chips = off.map((head) =>
    element(
      "li",
      {},
      element("button", {
        type: "button",
        className: "chip",
        "aria-label": t("off.on", { head: headName(head) }),
        title: t("off.on", { head: headName(head) }),
        onclick: () => leave(store.get().off.filter((each) => !sameHead(each, head))),
      }, `${headName(head)} ×`),
    )
  );
  const all = element("button", { type: "button", onclick: () => leave([]) }, t("off.all"));
  return [element("ul", { className: "chips", "aria-label": t("off") }, chips, element("li", {}, all))];
}

/**
 * @param {App} app
 * @param {HTMLElement} place
 */
async function showPredictions({ source, store, t }, place) {
  const { off, reading } = store.get();
  if (!reading) return;
  try {
    const [all, without] = await Promise.all([
      source.predict(reading.text, []),
      off.length ? source.predict(reading.text, off) : null,
    ]);
    if (store.get().off === off && store.get().reading === reading) fill(place, predictionTable(t, all, without));
  } catch (error) {
    place.textContent = errorSaid(t, error);
  }
}

/**
 * The most probable next tokens; without the heads that are off beside it, if there are any.
 *
 * @param {App["t"]} t
 * @param {Prediction[]} all
 * @param {Prediction[] | null} without
 * @returns {HTMLElement}
 */
function predictionTable(t, all, without) {
  const tokens = [...new Set([...all, ...(without ?? [])].map(({ token }) => token))];
  const columns = without ? [all, without] : [all];
  const probability = (/** @type {Prediction[]} */ from, /** @type {string} */ token) =>
    from.find((each) => each.token === token)?.probability;
  const rows = tokens.map((token) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, tokenLabel(token)),
      columns.map((from) => element("td", {}, ...barOfProbability(t, probability(from, token)))),
    )
  );
  const names = [t("predictions.token"), t("predictions.all"), ...(without ? [t("predictions.without")] : [])];
  return element(
    "table",
    {},
    element("caption", {}, t("predictions")),
    element("thead", {}, element("tr", {}, names.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, rows),
  );
}

/**
 * @param {App["t"]} t
 * @param {number | undefined} probability  Undefined if the token is none of the ten best.
 * @returns {(HTMLElement | string)[]}
 */
function barOfProbability(t, probability) {
  if (probability === undefined) return [t("predictions.lower")];
  const bar = element("i", { className: "bar-fill" });
  bar.style.width = `${probability * 100}%`;
  return [
    element("span", { className: "bar-track", "aria-hidden": "true" }, bar),
    element("span", { className: "number" }, `${(probability * 100).toFixed(1)} %`),
  ];
}
