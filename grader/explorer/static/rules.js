/**
 * The targets of each type of head whose targets follow from the tokens. They stand in the types' own files, with the
 * rest of what a type is; Python writes them in here when it joins the modules.
 *
 * @import { Token } from "./types.js"
 *
 * @typedef {(tokens: Token[], parameters: Record<string, number | string>) => (query: number, key: number) => boolean} Rule
 */

/** @type {Record<string, Rule>} */
export const RULES = {};

/**
 * The types for which the first position and special tokens are keys like all others.
 *
 * @type {Set<string>}
 */
export const EVERY_KEY = new Set([]);
