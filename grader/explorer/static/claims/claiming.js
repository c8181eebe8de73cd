/**
 * "Claim this": the pinned head as a head of the chosen kind, with a note and the present sentence.
 *
 * @import { App } from "../app.js"
 * @import { Claim, KindAsked } from "../types.js"
 */
import { element, fill } from "../elements.js";
import { headName } from "../store.js";
import { canBeEvidence, claimOf, keyOf, kindTitle, MOST_TEXT, placesOf } from "./identity.js";

/**
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {HTMLElement}
 */
export function claimForm(app, kind) {
  const { store, t } = app;
  const note = element("textarea", { rows: 2, maxLength: MOST_TEXT.note, placeholder: t("claim.note_example") });
  const ticked = element("input", { type: "checkbox", checked: true });
  const tick = element("label", { className: "tick" }, ticked, element("span", {}, t("claim.evidence")));
  const button = element("button", { type: "submit", className: "main" });
  const said = element("p", { className: "soft", role: "status" });

  /** @param {SubmitEvent} event */
  function claim(event) {
    event.preventDefault();
    const { claims, head, text } = store.get();
    if (!head || reasonAgainst(app, kind)) return;
    const evidence = ticked.checked && canBeEvidence(text) ? text : "";
    const added = claimOf(kind, head, { note: note.value, evidence });
    store.set({ claims: [...claims, added] });
    note.value = "";
  }

  function show() {
    const { head, text } = store.get();
    const against = reasonAgainst(app, kind);
    button.textContent = head ? t("claim.this", { head: headName(head), kind: kind.title }) : t("claim.nothing");
    button.ariaDisabled = `${against !== "" || !head}`; // which keeps the focus
    tick.hidden = !canBeEvidence(text);
    if (against) fill(said, against);
    else if (head && alsoClaimed(app)) fill(said, alsoClaimed(app));
  }

  store.subscribe((state, before) => {
    if (state.head !== before.head || state.claims.length < before.claims.length) fill(said);
    if (state.head !== before.head || state.claims !== before.claims || state.text !== before.text) show();
  });
  show();
  return element(
    "form",
    { className: "claim", onsubmit: claim },
    element("label", {}, t("claim.note"), note),
    tick,
    element("p", { className: "soft" }, t("claim.costs", { number: app.content().wrong_costs })),
    button,
    said,
  );
}

/**
 * The reason for which the pinned head cannot be claimed as of this kind; empty if it can.
 *
 * @param {App} app
 * @param {KindAsked} kind
 * @returns {string}
 */
function reasonAgainst(app, kind) {
  const { claims, head } = app.store.get();
  const content = app.content();
  if (!head) return "";
  const same = keyOf(claimOf(kind, head, {}), content);
  if (claims.some((claim) => keyOf(claim, content) === same)) return app.t("claim.made", { head: headName(head) });
  return placesOf(claims) >= content.budget ? app.t("claim.full", { number: content.budget }) : "";
}

/**
 * A remark on claims that name the pinned head as of another kind: both are graded, each for itself.
 *
 * @param {App} app
 * @returns {string}
 */
function alsoClaimed({ store, content, t }) {
  const { claims, head } = store.get();
  const others = claims.filter((claim) => claim.layer === head?.[0] && claim.head === head?.[1]);
  const kinds = others.map((/** @type {Claim} */ claim) => kindTitle(claim, content())).join(", ");
  return others.length ? t("claim.also", { kinds }) : "";
}
