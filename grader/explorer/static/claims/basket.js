/**
 * The claims that are going to be handed in.
 *
 * @import { App } from "../app.js"
 */
import { element } from "../elements.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function basketView({ t }) {
  return element("section", { "aria-label": t("basket") });
}
