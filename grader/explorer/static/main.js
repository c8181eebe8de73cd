/**
 * The page by itself: its source of patterns is one that the page names.
 *
 * @import { Given, Source } from "./types.js"
 */
import { mount } from "./app.js";
import { element } from "./elements.js";
import { chosenSource } from "./sources/chosen.js";
import { createTranslate } from "./speech.js";

/** @type {Given} */
const given = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("given")).textContent ?? "");
chosenSource(given).then((source) => {
  const root = /** @type {HTMLElement} */ (document.getElementById("explorer"));
  mount(root, given, source);
  sayLoading(root, source);
});

/**
 * Say above the page that the transformer is loading, until it is there.
 *
 * @param {HTMLElement} root
 * @param {Source} source
 */
function sayLoading(root, { about, ready }) {
  if (!ready) return;
  const t = createTranslate(given.words, () => given.language);
  const said = element("p", { className: "loading", role: "status" }, t("loading", { name: about.id }));
  root.before(said);
  const taken = () => said.remove();
  ready.then(taken, taken);
}
