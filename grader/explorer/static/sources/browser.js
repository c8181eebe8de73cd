/**
 * Patterns from the browser alone: the transformer lies beside the page in a script, which is fetched once the page is
 * shown. A page opened from a file may load a script, and nothing else.
 *
 * @import { Weights } from "../engine/unpack.js"
 * @import { About, Given, Source } from "../types.js"
 * @import { DeskSource } from "./server.js"
 */
import { element } from "../elements.js";
import { createBrowserSource } from "../engine/source.js";
import { ExplorerError } from "../speech.js";
import { createDesk } from "./server.js";

/**
 * @param {Given} given
 * @returns {Source}
 */
export function createBesideSource(given) {
  const { about, script, ...desk } =
    /** @type {{about: About, script: string} & DeskSource} */ (/** @type {unknown} */ (given.source));
  const engine = loadedBeside(script).then(createBrowserSource);
  return {
    about,
    ready: engine.then(() => {}),
    read: async (text) => (await engine).read(text),
    layer: async (text, layer, off) => (await engine).layer(text, layer, off),
    predict: async (text, off) => (await engine).predict(text, off),
    ...createDesk(desk),
  };
}

/**
 * Load the script with the transformer.
 *
 * @param {string} script
 * @returns {Promise<Weights>}
 */
function loadedBeside(script) {
  return new Promise((resolve, reject) => {
    const onload = () => resolve(/** @type {any} */ (globalThis).explorerTransformer);
    const onerror = () => reject(new ExplorerError("transformer_missing", { script }));
    document.head.append(element("script", { src: script, onload, onerror }));
  });
}
