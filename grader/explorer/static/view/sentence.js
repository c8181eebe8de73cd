/**
 * The sentence that is looked at, and the tokens that the transformer reads.
 *
 * @import { App } from "../app.js"
 */
import { element } from "../elements.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function sentenceView({ store, t }) {
  const field = element("textarea", {
    id: "sentence",
    rows: 2,
    value: store.get().text,
    oninput: () => store.set({ text: field.value }),
  });
  return element(
    "section",
    { "aria-label": t("sentence") },
    element("label", { htmlFor: "sentence" }, t("sentence")),
    field,
  );
}
