/**
 * The head of the page: its title, the transformer, the language, and a link to what is shown.
 *
 * @import { App } from "../app.js"
 * @import { Language } from "../types.js"
 */
import { element } from "../elements.js";

/** @type {Record<Language, string>} */
const LANGUAGES = { en: "English", ko: "한국어" };

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
export function topView(app) {
  const { content, source: { about }, t } = app;
  const facts = t(about.causal ? "about.decoder" : "about.encoder", {
    transformer: about.id,
    layers: about.layers,
    heads: about.heads,
    number: about.layers * about.heads,
  });
  return element(
    "header",
    { className: "top" },
    element("div", {}, element("h1", {}, content().title), element("p", { className: "soft" }, facts)),
    element("div", { className: "tools" }, languages(app), app.link && copyLink(app)),
  );
}

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
function languages({ store, t }) {
  const shown = store.get().language;
  const buttons = Object.entries(LANGUAGES).map(([language, name]) =>
    element("button", {
      type: "button",
      id: `language-${language}`,
      lang: language,
      "aria-pressed": `${language === shown}`,
      onclick: () => store.set({ language: /** @type {Language} */ (language) }),
    }, name)
  );
  return element("div", { className: "choice", role: "group", "aria-label": t("language") }, buttons);
}

/**
 * @param {App} app
 * @returns {HTMLElement}
 */
function copyLink({ link, t }) {
  const result = element("span", { className: "soft", role: "status" });
  const address = element("input", { readOnly: true, hidden: true, "aria-label": t("link") });
  const copy = async () => {
    address.value = link?.() ?? "";
    try {
      await navigator.clipboard.writeText(address.value);
      result.textContent = t("link.copied");
    } catch { // a page without a secure address may not write there
      address.hidden = false;
      address.focus();
      address.select();
      result.textContent = t("link.select");
    }
  };
  return element(
    "div",
    { className: "link" },
    element("button", { type: "button", onclick: copy }, t("link.copy")),
    address,
    result,
  );
}
