/**
 * The hints for a kind, one after the other; a hint that costs something is asked for twice.
 *
 * @import { App } from "../app.js"
 * @import { Hint, Hints, KindAsked } from "../types.js"
 */
import { element, fill, worded } from "../elements.js";
import { asExplorerError } from "../speech.js";
import { tryButton } from "./kinds.js";

/** @type {WeakMap<object, Map<string, number>>} */
const SEEN = new WeakMap();

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
export function hintsView(app, kind) {
  const { given, source, t } = app;
  const list = element("ol", {});
  const foot = element("div", { className: "side-by-side" });
  const seen = SEEN.get(given) ?? new Map();
  SEEN.set(given, seen);
  if (!kind.hints && !source.hints) {
    return element("p", { className: "soft" }, t("hints.elsewhere", { kind: kind.name }));
  }

  /** @param {number} number @param {number} [agreed] */
  async function show(number, agreed = 0) {
    try {
      const hints = await hintsUpTo(app, kind, number, agreed);
      const isNew = hints.seen.length > list.childElementCount && number > 0;
      seen.set(kind.name, hints.seen.length);
      fill(list, ...hints.seen.map((hint) => hintItem(app, kind, hint)));
      fill(foot, ...next(hints, show));
      if (isNew) /** @type {HTMLElement | null} */ (list.lastElementChild)?.focus();
    } catch (error) {
      const { code, values } = asExplorerError(error);
      fill(foot, element("p", { role: "alert" }, t(code, values)), ...next({ seen: [], left: 1, cost: 0 }, show));
      foot.querySelector("button")?.focus();
    }
  }

  /**
   * @param {Hints} hints
   * @param {(number: number, agreed: number) => void} take
   * @returns {HTMLElement[]}
   */
  function next({ seen: { length }, left, cost }, take) {
    if (!left) return [element("p", { className: "soft" }, t("hints.none_left"))];
    const label = t("hints.next", { number: left });
    const ask = () =>
      cost ? fill(foot, ...agree(cost, () => take(length + 1, cost), () => refuse(length))) : take(length + 1, 0);
    const price = cost ? ` ${t("hints.price", { cost })}` : "";
    return [element("button", { type: "button", onclick: ask }, `${label}${price}`)];
  }

  /** @param {number} length */
  async function refuse(length) {
    await show(length);
    foot.querySelector("button")?.focus();
  }

  /**
   * @param {number} cost
   * @param {() => void} yes
   * @param {() => void} no
   * @returns {HTMLElement[]}
   */
  function agree(cost, yes, no) {
    const sure = element("button", { type: "button", className: "main", onclick: yes }, t("hints.yes"));
    queueMicrotask(() => sure.focus());
    return [
      element("p", { role: "alert" }, t("hints.agree", { cost })),
      sure,
      element("button", { type: "button", onclick: no }, t("hints.no")),
    ];
  }

  show(seen.get(kind.name) ?? 0);
  return element("div", { className: "hints" }, element("h4", {}, t("hints")), list, foot);
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @param {number} number
 * @param {number} agreed
 * @returns {Promise<Hints>}
 */
async function hintsUpTo({ source }, kind, number, agreed) {
  if (!kind.hints && source.hints) return await source.hints(kind.name, number, agreed);
  const all = kind.hints ?? [];
  return { seen: all.slice(0, number), left: Math.max(0, all.length - number), cost: 0 };
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @param {Hint} hint
 * @returns {HTMLElement}
 */
function hintItem(app, kind, { title, lines, text }) {
  const isShown = text !== undefined && text !== "" && text !== kind.sentence?.text;
  return element(
    "li",
    { tabIndex: -1 },
    element("strong", {}, title),
    ...lines.map((line) => element("p", {}, worded(line))),
    ...(isShown ? [element("q", {}, text), element("p", {}, tryButton(app, text))] : []),
  );
}
