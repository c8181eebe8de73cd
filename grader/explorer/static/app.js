/**
 * The page: its state, its source of patterns, and its parts.
 *
 * @import { Looks } from "./looks.js"
 * @import { Translate } from "./speech.js"
 * @import { State, Store } from "./store.js"
 * @import { Content, Given, Source } from "./types.js"
 * @import { Colours } from "./view/colours.js"
 *
 * @typedef {object} App  Everything that a part of the page needs.
 * @property {Given} given
 * @property {Source} source
 * @property {Store} store
 * @property {Looks} looks
 * @property {Translate} t
 * @property {() => Content} content  The exercise in the language that is shown.
 * @property {() => Colours} colours  The colours of patterns, as the style sheet has them now.
 * @property {boolean} fixed  True if there are patterns of one text only.
 * @property {(() => string) | null} link  A function that returns the page's address in this state; null without one.
 */
import { basketView } from "./claims/basket.js";
import { kindsView } from "./claims/kinds.js";
import { element, fill } from "./elements.js";
import { followLinks, linkTo, stateOf } from "./link.js";
import { createLooks } from "./looks.js";
import { createTranslate } from "./speech.js";
import { createStore, scoped } from "./store.js";
import { createColours, watchColours } from "./view/colours.js";
import { gridView } from "./view/grid.js";
import { pinnedView } from "./view/pinned.js";
import { sentencesView } from "./view/sentence.js";
import { switchedView } from "./view/switched.js";
import { topView } from "./view/top.js";

/**
 * Show the page in an element.
 *
 * @param {HTMLElement} root
 * @param {Given} given
 * @param {Source} source
 * @param {{links?: boolean}} [options]  `links`: true if the page has an address of its own, which then tells its state.
 * @returns {App & {close: () => void}}
 */
export function mount(root, given, source, { links = true } = {}) {
  const first = firstState(given);
  const content = given.content[given.language];
  const store = createStore({ ...first, ...(links ? stateOf(location.hash, first, source.about, content) : {}) });
  const app = {
    given,
    source,
    store,
    looks: createLooks(source, store),
    t: createTranslate(given.words, () => store.get().language),
    content: () => given.content[store.get().language],
    colours: createColours(root, store),
    fixed: given.source.kind === "given",
    link: links ? () => linkTo(store.get(), first) : null,
  };
  const ends = [watchColours(store), ...(links ? [followLinks(store, first, source.about, content)] : [])];
  let end = show(root, app);
  store.subscribe((state, before) => {
    if (state.language === before.language) return;
    end();
    end = show(root, app);
  });
  return { ...app, close: () => [end, ...ends].forEach((each) => each()) };
}

/**
 * @param {Given} given
 * @returns {State}
 */
function firstState(given) {
  return {
    text: given.content[given.language].text,
    contrast: "",
    head: null,
    query: null,
    key: null,
    kind: null,
    off: [],
    aside: false,
    view: "map",
    language: given.language,
    claims: [],
    reading: null,
    contrasted: null,
    trouble: { text: null, contrast: null },
    dark: false,
  };
}

/**
 * Show all parts in the chosen language; the focus stays where it was.
 *
 * @param {HTMLElement} root
 * @param {App} app
 * @returns {() => void} Ends what the parts subscribed to.
 */
function show(root, app) {
  const { store, end } = scoped(app.store);
  const own = { ...app, store };
  const focused = /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement?.id;
  const parts = [
    sentencesView(own),
    element("div", { className: "looking" }, gridView(own)),
    element("div", { className: "beside" }, pinnedView(own), switchedView(own)),
    element("div", { className: "finding" }, kindsView(own)),
    element("div", { className: "handing" }, basketView(own)),
  ];
  root.classList.add("explorer");
  root.lang = store.get().language;
  fill(root, topView(own), element("main", {}, ...parts));
  const again = focused && root.querySelector(`#${CSS.escape(focused)}`);
  if (again instanceof HTMLElement) again.focus();
  return end;
}
