/**
 * The kinds of head that the exercise asks for.
 *
 * @import { App } from "../app.js"
 */
import { element } from "../elements.js";

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function kindsView({ content, t }) {
  const kinds = content().kinds.map((kind) => element("li", {}, kind.title));
  return element("section", { "aria-label": t("kinds") }, element("ul", {}, ...kinds));
}
