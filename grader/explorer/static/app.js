/**
 * The page: its state, its source of patterns, and its parts.
 *
 * @import { Looks } from "./looks.js"
 * @import { Translate } from "./speech.js"
 * @import { Store } from "./store.js"
 * @import { Content, Given, Source } from "./types.js"
 *
 * @typedef {object} App  Everything that a part of the page needs.
 * @property {Given} given
 * @property {Source} source
 * @property {Store} store
 * @property {Looks} looks
 * @property {Translate} t
 * @property {() => Content} content  The exercise in the language that is shown.
 */
import { basketView } from "./claims/basket.js";
import { kindsView } from "./claims/kinds.js";
import { element, fill } from "./elements.js";
import { createLooks } from "./looks.js";
import { createTranslate } from "./speech.js";
import { createStore } from "./store.js";
import { gridView } from "./view/grid.js";
import { sentenceView } from "./view/sentence.js";

/**
 * Show the page in an element.
 *
 * @param {HTMLElement} root
 * @param {Given} given
 * @param {Source} source
 * @returns {App}
 */
export function mount(root, given, source) {
  const store = createStore({
    text: given.content[given.language].text,
    contrast: "",
    head: null,
    query: null,
    key: null,
    kind: null,
    off: [],
    aside: false,
    language: given.language,
    claims: [],
    reading: null,
    contrasted: null,
    trouble: null,
  });
  const app = {
    given,
    source,
    store,
    looks: createLooks(source, store),
    t: createTranslate(given.words, () => store.get().language),
    content: () => given.content[store.get().language],
  };
  show(root, app);
  store.subscribe((state, before) => state.language !== before.language && show(root, app));
  return app;
}

/**
 * @param {HTMLElement} root
 * @param {App} app
 */
function show(root, app) {
  root.lang = app.store.get().language;
  fill(
    root,
    element("main", {}, sentenceView(app), gridView(app), kindsView(app), basketView(app)),
  );
}
