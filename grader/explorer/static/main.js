/** The page by itself: its source of patterns is one that the page names. */
import { mount } from "./app.js";
import { chosenSource } from "./sources/chosen.js";

const given = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("given")).textContent ?? "");
chosenSource(given).then((source) =>
  mount(/** @type {HTMLElement} */ (document.getElementById("explorer")), given, source)
);
