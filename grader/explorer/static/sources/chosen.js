/**
 * The source that a page names.
 *
 * @import { Given, Source } from "../types.js"
 */
import { createBesideSource } from "./browser.js";
import { createGivenSource } from "./given.js";
import { createServerSource } from "./server.js";

/** @type {Record<string, (given: Given) => Source | Promise<Source>>} */
const SOURCES = { browser: createBesideSource, given: createGivenSource, server: createServerSource };

/**
 * @param {Given} given
 * @returns {Promise<Source>}
 */
export async function chosenSource(given) {
  return await SOURCES[given.source.kind](given);
}
