/**
 * The words of the page in the chosen language, and errors that people can read.
 *
 * @import { Given, Language } from "./types.js"
 *
 * @typedef {(key: string, values?: Record<string, string | number>) => string} Translate
 */

/** An error for the person at the page: a key among the words, and what to put in its places. */
export class ExplorerError extends Error {
  /**
   * @param {string} code  A key of the words, or a sentence that is shown as it is.
   * @param {Record<string, string | number>} [values]
   */
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/**
 * A function that returns the words for a key, with its `{places}` filled in. Of two forms between which a number
 * decides, `key.one` stands for 1 and `key` for every other number, by the value `number`.
 *
 * @param {Given["words"]} words
 * @param {() => Language} language
 * @returns {Translate}
 */
export function createTranslate(words, language) {
  return (key, values = {}) => {
    const own = words[language()];
    const text = (values.number === 1 ? own[`${key}.one`] : undefined) ?? own[key] ?? key;
    return text.replace(/{(\w+)}/g, (place, name) => `${values[name] ?? place}`);
  };
}

/**
 * An error as one for the person at the page.
 *
 * @param {unknown} error
 * @returns {ExplorerError}
 */
export function asExplorerError(error) {
  return error instanceof ExplorerError
    ? error
    : new ExplorerError(error instanceof Error ? error.message : `${error}`);
}

/**
 * An error in words, in the language of the page.
 *
 * @param {Translate} t
 * @param {unknown} error
 * @returns {string}
 */
export function errorSaid(t, error) {
  const { code, values } = asExplorerError(error);
  return t(code, values);
}
