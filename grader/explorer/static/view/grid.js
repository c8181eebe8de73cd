/**
 * Every head as a small picture of the sentence.
 *
 * @import { App } from "../app.js"
 */
import { element } from "../elements.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function gridView({ t }) {
  return element("section", { "aria-label": t("heads") });
}
