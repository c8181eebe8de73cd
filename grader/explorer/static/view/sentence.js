/**
 * The sentences that are looked at, and the tokens that the transformer reads.
 *
 * @import { App } from "../app.js"
 * @import { Which } from "../looks.js"
 * @import { Reading } from "../types.js"
 */
import { element, fill } from "../elements.js";
import { tokenLabel } from "./seen.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function sentencesView(app) {
  const { fixed, store, t } = app;
  const first = sentenceView(app, "text");
  const second = sentenceView(app, "contrast");
  const field = second.querySelector("textarea");
  const add = element(
    "button",
    { type: "button", onclick: () => show(true) },
    t("contrast.add"),
  );
  const remove = element(
    "button",
    { type: "button", onclick: () => show(false) },
    t("contrast.remove"),
  );
  second.append(remove);

  /** @param {boolean} there */
  function show(there) {
    second.hidden = !there;
    add.hidden = there || fixed;
    if (there && field && !field.value) field.value = store.get().text;
    store.set({ contrast: there ? field?.value ?? "" : "" });
    (there ? field : add)?.focus();
  }

  second.hidden = !store.get().contrast;
  add.hidden = !second.hidden || fixed;
  store.subscribe((state, before) => {
    if (state.contrast === before.contrast || !state.contrast) return;
    second.hidden = false;
    add.hidden = true;
  });
  return element(
    "section",
    { className: "sentences", "aria-labelledby": "sentences-title" },
    element("h2", { id: "sentences-title", className: "unseen" }, t("sentences")),
    element("div", { className: "pair" }, first, second),
    add,
  );
}

/**
 * @param {App} app
 * @param {Which} which
 * @returns {HTMLElement}
 */
function sentenceView({ fixed, source, store, t }, which) {
  const message = element("p", { className: "trouble", role: "status", id: `${which}-trouble` });
  const count = element("p", { className: "soft count" });
  const tokens = element("ol", { className: "tokens", tabIndex: 0, "aria-label": t("tokens") });
  const whole = element("p", { className: "fixed" });
  const field = element("textarea", {
    id: `sentence-${which}`,
    rows: 2,
    spellcheck: false,
    value: store.get()[which],
    "aria-describedby": message.id,
    oninput: () => store.set({ [which]: field.value }),
  });

  function update() {
    const state = store.get();
    const reading = which === "text" ? state.reading : state.contrasted;
    const trouble = state.trouble[which];
    if (field.value !== state[which] && !(which === "contrast" && !state.contrast)) field.value = state[which];
    field.ariaInvalid = `${trouble !== null}`;
    message.textContent = trouble ? t(trouble.code, trouble.values) : "";
    tokens.classList.toggle("old", trouble !== null);
    const number = reading?.tokens.length ?? 0;
    const { longest } = source.about;
    count.textContent = longest ? t("tokens.of", { number, longest }) : t("tokens.count", { number });
    fill(whole, reading?.text);
    fill(tokens, ...(reading ? tokensOf(reading) : []));
  }

  store.subscribe((state, before) => {
    if (state[which] !== before[which] || state.trouble !== before.trouble) update();
    else if (state.reading !== before.reading || state.contrasted !== before.contrasted) update();
  });
  update();
  return element(
    "div",
    { className: `sentence ${which}` },
    fixed
      ? element("h2", {}, t("sentence"))
      : element("label", { htmlFor: field.id }, t(which === "text" ? "sentence" : "contrast")),
    fixed ? whole : field,
    message,
    tokens,
    count,
  );

  /** @param {Reading} reading */
  function tokensOf(reading) {
    return reading.tokens.map((token) =>
      element("li", token.special ? { className: "special", title: t("tokens.special") } : {}, tokenLabel(token.text))
    );
  }
}
