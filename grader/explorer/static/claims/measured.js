/**
 * The pinned head on the kind's targets in this sentence, and a person's own targets where the page knows none.
 *
 * @import { App } from "../app.js"
 * @import { KindAsked } from "../types.js"
 * @import { Targets } from "../targets.js"
 */
import { element, fill } from "../elements.js";
import { headName } from "../store.js";
import { shareOf, targetsOf, targetsOfPairs } from "../targets.js";
import { keptOf } from "./kept.js";
import { seenLayer } from "../view/seen.js";

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
export function measuredView(app, kind) {
  const { store } = app;
  const numbers = element("div", { className: "measured" });
  const own = element("div", { className: "own-targets" });
  let latest = 0;

  async function show() {
    const { head, reading } = store.get();
    const targets = targetsNow(app, kind);
    const turn = ++latest;
    fill(own, ...(isJudged(app, kind) ? marking(app, kind, show) : []));
    if (!reading || !targets || !head) return fill(numbers, element("p", { className: "soft" }, missing(app, kind)));
    const seen = (await seenLayer(app, "text", head[0]).catch(() => null))?.[head[1]];
    if (turn === latest && seen) fill(numbers, ...told(app, seen.pattern, targets, seen.size));
  }

  store.subscribe((state, before) => {
    const seen = /** @type {const} */ (["reading", "head", "off", "query", "key"]);
    if (seen.some((name) => state[name] !== before[name])) show();
  });
  show();
  return element("div", {}, numbers, own);
}

/**
 * The kind's targets in the present sentence: the page's, or else a person's own.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {Targets | null}
 */
function targetsNow(app, kind) {
  const { reading } = app.store.get();
  if (!reading) return null;
  const { causal } = app.source.about;
  const pairs = marksOf(app, kind);
  return targetsOf(kind, reading, causal) ?? (pairs.length ? targetsOfPairs(pairs, reading, causal) : null);
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {boolean}
 */
function isJudged(app, kind) {
  const { reading } = app.store.get();
  return reading !== null && targetsOf(kind, reading, app.source.about.causal) === null;
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {string}
 */
function missing({ store, t, source, ...app }, kind) {
  const { head, reading } = store.get();
  if (!reading) return "";
  if (!head) return t("measured.no_head");
  return isJudged({ store, t, source, ...app }, kind) ? t("measured.you_judge") : "";
}

/**
 * @param {App} app
 * @param {Float32Array} pattern
 * @param {Targets} targets
 * @param {number} tokens
 * @returns {HTMLElement[]}
 */
function told({ store, t }, pattern, targets, tokens) {
  const seen = shareOf(pattern, targets, tokens);
  const head = headName(store.get().head ?? [0, 0]);
  if (!seen) return [element("p", { className: "soft" }, t("measured.no_query"))];
  const row = (/** @type {string} */ name, /** @type {number} */ value) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value.toFixed(2), meter(value)));
  return [
    element("p", {}, t("measured.head", { head })),
    element("dl", {}, row(t("measured.share"), seen.share), row(t("measured.hit_rate"), seen.hit_rate)),
    element("p", { className: "soft" }, t("measured.queries", { number: seen.queries, tokens })),
  ];
}

/**
 * @param {number} value
 * @returns {HTMLElement}
 */
function meter(value) {
  const bar = element("span", { className: "gauge", "aria-hidden": "true" });
  bar.style.setProperty("--part", `${Math.round(100 * value)}%`);
  return bar;
}

/**
 * The pairs that a person marked in the present sentence.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {[number, number][]}
 */
function marksOf(app, kind) {
  const marks = keptOf(app).marks[kind.name];
  return marks?.text === app.store.get().reading?.text ? marks.pairs : [];
}

/**
 * The form with which a person says which word should look at which.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @param {() => void} show
 * @returns {HTMLElement[]}
 */
function marking(app, kind, show) {
  const { store, t } = app;
  const { reading, query, key } = store.get();
  if (!reading) return [];
  const { tokens } = reading;
  const pairs = marksOf(app, kind);
  const choice = (/** @type {string} */ label, /** @type {number} */ chosen) => {
    const options = tokens.flatMap((token, at) =>
      token.special || !at
        ? []
        : [element("option", { value: `${at}`, selected: at === chosen }, `${at} ${token.text.trim()}`)]
    );
    return element("label", {}, label, element("select", {}, ...options));
  };
  const [from, to] = [choice(t("marks.query"), query ?? tokens.length - 1), choice(t("marks.key"), key ?? 1)];
  const set = (/** @type {[number, number][]} */ now, /** @type {string} */ focused) => {
    const place = details.parentElement;
    keptOf(app).marks[kind.name] = { text: reading.text, pairs: now };
    show();
    /** @type {HTMLElement | null} */ (place?.querySelector(focused))?.focus();
  };
  const add = () => {
    const chosen = [from, to].map((each) => Number(each.querySelector("select")?.value));
    set(
      [...pairs.filter((pair) => `${pair}` !== `${chosen}`), /** @type {[number, number]} */ (chosen)],
      ".side-by-side button",
    );
  };
  const marked = pairs.map((pair) => {
    const [asker, answer] = pair.map((at) => tokens[at].text.trim());
    const remove = () => set(pairs.filter((each) => each !== pair), "summary");
    const label = t("marks.remove", { query: asker, key: answer });
    return element(
      "li",
      {},
      `${asker} → ${answer} `,
      element("button", { type: "button", className: "plain", "aria-label": label, onclick: remove }, "✕"),
    );
  });
  const summary = element("summary", {}, t("marks.title"));
  const details = element(
    "details",
    { open: pairs.length > 0 },
    summary,
    element(
      "div",
      { className: "side-by-side" },
      from,
      to,
      element("button", { type: "button", onclick: add }, t("marks.add")),
    ),
    element("ul", { className: "pills" }, ...marked),
  );
  return [details];
}
