/**
 * The kinds of head that the exercise asks for: choose one, see the pinned head on it, take hints, claim.
 *
 * @import { App } from "../app.js"
 * @import { KindAsked } from "../types.js"
 */
import { element, fill, worded } from "../elements.js";
import { claimForm } from "./claiming.js";
import { hintsView } from "./hints.js";
import { kindId, kindOf } from "./identity.js";
import { verdictOn } from "./kept.js";
import { measuredView } from "./measured.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function kindsView(app) {
  const { content, store, t } = app;
  const list = element("ul", { className: "kinds" }, ...content().kinds.map((kind) => kindItem(app, kind)));
  const section = element(
    "section",
    { className: "claiming", "aria-labelledby": "kinds-title" },
    element("h2", { id: "kinds-title", tabIndex: -1 }, t("kinds")),
    element("p", { className: "soft" }, t("kinds.choose")),
    list,
  );
  section.hidden = !content().kinds.length;
  section.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !store.get().kind) return;
    /** @type {HTMLElement | null} */ (list.querySelector('[aria-expanded="true"]'))?.focus();
    store.set({ kind: null });
  });
  return section;
}

/**
 * The letters of a kind in its colour, which only repeats them.
 *
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
export function badge({ letters, light, dark }) {
  const made = element("span", { className: "letters", "aria-hidden": "true" }, letters);
  made.style.setProperty("--own-light", light);
  made.style.setProperty("--own-dark", dark);
  return made;
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
function kindItem(app, kind) {
  const { store, t } = app;
  const state = element("span", { className: "soft state" });
  const id = kindId(kind);
  const button = element(
    "button",
    {
      id,
      type: "button",
      className: "kind",
      "aria-controls": `${id}-more`,
      onclick: () => store.set({ kind: store.get().kind === kind.name ? null : kind.name }),
    },
    badge(kind),
    element("span", { className: "name" }, kind.title),
    element("span", { className: "soft worth" }, t("kinds.worth", { points: kind.points, number: kind.heads })),
    state,
  );
  const more = element("div", { id: `${id}-more`, className: "more" });

  function show() {
    const isOpen = store.get().kind === kind.name;
    button.setAttribute("aria-expanded", `${isOpen}`);
    state.textContent = progressOf(app, kind);
    if (isOpen && more.hidden !== false) fill(more, ...parts(app, kind));
    if (!isOpen) fill(more);
    more.hidden = !isOpen;
  }

  more.hidden = true;
  show();
  store.subscribe(show);
  return element("li", {}, element("h3", {}, button), more);
}

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement[]}
 */
function parts(app, kind) {
  return [tryIt(app, kind), measuredView(app, kind), claimForm(app, kind), hintsView(app, kind)];
}

/**
 * The sentence on which heads of the kind show what they are.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
function tryIt(app, { sentence }) {
  if (!sentence) return element("div", { hidden: true });
  return element(
    "div",
    { className: "try" },
    element("q", {}, sentence.text),
    element("p", { className: "soft" }, worded(sentence.see)),
    tryButton(app, sentence.text),
  );
}

/**
 * @param {App} app
 * @param {string} text
 * @returns {HTMLElement}
 */
export function tryButton({ fixed, store, t }, text) {
  const button = element("button", { type: "button", onclick: () => store.set({ text }) }, t("kinds.try"));
  const show = () => (button.ariaDisabled = `${store.get().text === text}`); // which keeps the focus
  button.hidden = fixed; // there is one text only
  show();
  store.subscribe(show);
  return button;
}

/**
 * The number of claims on a kind, or of confirmed ones once they are handed in.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {string}
 */
function progressOf(app, kind) {
  const claims = app.store.get().claims.filter((claim) => kindOf(claim, app.content())?.name === kind.name);
  const confirmed = claims.filter((claim) => verdictOn(app, claim)?.outcome === "confirmed").length;
  if (confirmed) return `✓ ${app.t("kinds.confirmed", { number: confirmed })}`;
  return claims.length ? app.t("kinds.claimed", { number: claims.length }) : "";
}
