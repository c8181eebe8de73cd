/**
 * The claims that are going to be handed in, and what came of them.
 *
 * @import { App } from "../app.js"
 * @import { Claim } from "../types.js"
 */
import { element, fill, worded } from "../elements.js";
import { headName } from "../store.js";
import { fileView } from "./files.js";
import { handingView } from "./handing.js";
import { canBeEvidence, keyOf, kindOf, kindTitle, MOST_TEXT, placesOf, printable } from "./identity.js";
import { keep, keptOf, replaceClaims, verdictOn } from "./kept.js";
import { badge } from "./kinds.js";
import { verdictView } from "./verdicts.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function basketView(app) {
  const { content, store, t } = app;
  keptOf(app);
  const title = element("h2", { id: "basket-title", tabIndex: -1 });
  const facts = element("p", { className: "soft" });
  const list = element("ul", { className: "basket" });
  const said = element("p", { role: "status", className: "soft" });
  const undo = element("button", { type: "button", onclick: () => back() }, t("basket.undo"));
  const clear = element("button", { type: "button", onclick: () => drop(store.get().claims) }, t("basket.clear"));

  /** @param {Claim[]} gone */
  function drop(gone) {
    replaceClaims(app, store.get().claims.filter((claim) => !gone.includes(claim)));
    fill(said, t("basket.removed", { number: gone.length }));
    show();
    undo.focus();
  }

  function back() {
    const { undone } = keptOf(app);
    if (undone) store.set({ claims: undone });
    keptOf(app).undone = null;
    fill(said, t("basket.undone"));
    title.focus();
    show();
  }

  function show() {
    const { claims } = store.get();
    title.textContent = t("basket.title", { number: placesOf(claims), budget: content().budget });
    fill(facts, ...remarks(app));
    const open = new Set(
      [...list.querySelectorAll("form:not([hidden])")].map((each) => each.getAttribute("data-claim")),
    );
    fill(list, ...claims.map((claim, at) => claimItem(app, claim, at, () => drop([claim]), open)));
    undo.hidden = !keptOf(app).undone;
    clear.hidden = claims.length < 2;
  }

  store.subscribe((state, before) => {
    if (state.claims === before.claims) return;
    keep(app);
    show();
  });
  show();
  const section = element(
    "section",
    { className: "claiming", "aria-labelledby": "basket-title" },
    title,
    facts,
    list,
    element("div", { className: "side-by-side" }, undo, clear),
    said,
    fileView(app, said, show),
    handingView(app, show),
  );
  section.hidden = !content().kinds.length;
  return section;
}

/**
 * Remarks on the basket as it is.
 *
 * @param {App} app
 * @returns {(HTMLElement | string)[]}
 */
function remarks({ content, store, t }) {
  const { claims } = store.get();
  const { budget, causal_claims, kinds } = content();
  if (!claims.length) return [t("basket.empty")];
  const over = kinds.filter((kind) => claims.filter((claim) => kindOf(claim, content()) === kind).length > kind.heads);
  return [
    placesOf(claims) > budget && t("basket.over", { number: budget }),
    over.length > 0 && t("basket.more_than_wanted", { kinds: over.map((kind) => kind.title).join(", ") }),
    causal_claims && t("basket.causal"),
  ].flatMap((line) => line ? [element("span", { className: "line" }, worded(line))] : []);
}

/**
 * @param {App} app
 * @param {Claim} claim
 * @param {number} at
 * @param {() => void} remove
 * @param {Set<string | null>} open  The claims whose forms are open.
 * @returns {HTMLElement}
 */
function claimItem(app, claim, at, remove, open) {
  const { content, store, t } = app;
  const kind = kindOf(claim, content());
  const head = headName([claim.layer, claim.head]);
  const named = { head, kind: kindTitle(claim, content()) };
  const verdict = verdictOn(app, claim);
  const form = editForm(app, claim, at);
  form.hidden = !open.has(form.getAttribute("data-claim"));
  const edit = element("button", {
    type: "button",
    "aria-expanded": `${!form.hidden}`,
    "aria-label": t("basket.edit_of", named),
    onclick: () => {
      form.hidden = !form.hidden;
      edit.setAttribute("aria-expanded", `${!form.hidden}`);
      if (!form.hidden) form.querySelector("textarea")?.focus();
    },
  }, t("basket.edit"));
  const look = () => {
    const { layers, heads } = app.source.about;
    const isThere = claim.layer < layers && claim.head < heads;
    const text = claim.evidence && app.given.source.kind !== "given" ? { text: claim.evidence } : {};
    store.set({
      ...(isThere ? { head: [claim.layer, claim.head] } : {}),
      ...(kind ? { kind: kind.name } : {}),
      ...text,
    });
  };
  const gone = element(
    "button",
    { type: "button", "aria-label": t("basket.remove_of", named), onclick: remove },
    t("basket.remove"),
  );
  const pin = element(
    "button",
    { type: "button", className: "plain place", "aria-label": t("basket.look", named), onclick: look },
    head,
  );
  const soft = (/** @type {string | HTMLElement} */ said) => element("p", { className: "soft" }, said);
  return element(
    "li",
    { className: verdict?.outcome || "open" },
    element(
      "div",
      { className: "side-by-side" },
      kind ? badge(kind) : null,
      pin,
      element("span", { className: "name" }, named.kind),
    ),
    ...wrong(app, claim).map((text) => element("p", { className: "wrong" }, text)),
    claim.note ? element("p", { className: "note" }, claim.note) : null,
    claim.evidence ? soft(element("q", {}, claim.evidence)) : null,
    claim.more ? soft(t("basket.more", { names: Object.keys(claim.more).join(", ") })) : null,
    verdict ? verdictView(app, verdict) : null,
    element("div", { className: "side-by-side" }, edit, gone),
    form,
  );
}

/**
 * The things that the grader would say against a claim.
 *
 * @param {App} app
 * @param {Claim} claim
 * @returns {string[]}
 */
function wrong({ content, source, store, t }, claim) {
  const { layers, heads } = source.about;
  const { claims } = store.get();
  const same = claims.findIndex((each) => keyOf(each, content()) === keyOf(claim, content()));
  return [
    claim.layer >= layers || claim.head >= heads
      ? t("basket.no_such_head", { layers: layers - 1, heads: heads - 1 })
      : "",
    kindOf(claim, content()) ? "" : t("basket.not_asked"),
    claims[same] === claim ? "" : t("basket.twice"),
  ].filter(Boolean);
}

/**
 * @param {App} app
 * @param {Claim} claim
 * @param {number} at
 * @returns {HTMLFormElement}
 */
function editForm(app, claim, at) {
  const { store, t } = app;
  const note = element("textarea", { rows: 2, maxLength: MOST_TEXT.note, value: claim.note ?? "" });
  const evidence = element("textarea", { rows: 2, maxLength: MOST_TEXT.evidence, value: claim.evidence ?? "" });
  const present = element("button", {
    type: "button",
    onclick: () => evidence.value = canBeEvidence(store.get().text) ? store.get().text : evidence.value,
  }, t("basket.present"));

  /** @param {SubmitEvent} event */
  function save(event) {
    event.preventDefault();
    const { note: _note, evidence: _evidence, more, ...own } = claim;
    const [words, sentence] = [printable(note.value), printable(evidence.value)];
    const changed = {
      ...own,
      ...(words ? { note: words } : {}),
      ...(canBeEvidence(sentence) ? { evidence: sentence } : {}),
      ...(more ? { more } : {}),
    };
    form.hidden = true;
    const { claims } = store.get();
    store.set({ claims: claims.map((each) => each === claim ? changed : each) });
  }

  const form = element(
    "form",
    { "data-claim": `${at} ${keyOf(claim, app.content())}`, onsubmit: save },
    element("label", {}, t("claim.note"), note),
    element("label", {}, t("basket.evidence"), evidence),
    element(
      "div",
      { className: "side-by-side" },
      present,
      element("button", { type: "submit", className: "main" }, t("basket.save")),
    ),
  );
  return form;
}
