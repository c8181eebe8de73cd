/**
 * Submission files: `my_heads.yaml` as the grader takes it, written and read.
 *
 * @import { Claim, SubmissionDraft } from "../types.js"
 * @import { Plain } from "./reader.js"
 */
import { ExplorerError } from "../speech.js";
import { fromYaml, isExact, isText } from "./reader.js";

const KNOWN = ["layer", "head", "type", "offset", "relation", "note", "evidence"];
const PLAIN_WORD = /^[a-z][a-z0-9_-]*$/;
const MEANS_SOMETHING = /^(true|false|null|yes|no|on|off|y|n)$/;
const DEEPEST = 32; // lists and mappings in each other, as the grader has it

/**
 * The submission as a file has it.
 *
 * @param {SubmissionDraft} draft
 * @returns {Record<string, unknown>}
 */
export function plainOf({ exercise, claims, more }) {
  return { exercise, ...more, claims: claims.map(({ more: other, ...claim }) => ({ ...claim, ...other })) };
}

/**
 * The text of `my_heads.yaml`.
 *
 * @param {SubmissionDraft} draft
 * @returns {string}
 */
export function yamlOf(draft) {
  const { claims, ...rest } = plainOf(draft);
  const lines = Object.entries(rest).map(([key, value]) => `${flow(key)}: ${flow(value)}`);
  for (const claim of /** @type {Record<string, unknown>[]} */ (claims)) {
    const entries = Object.entries(claim).filter(([, value]) => value !== undefined);
    lines.push(...entries.map(([key, value], at) => `${at ? "    " : "  - "}${flow(key)}: ${flow(value)}`));
  }
  const at = Object.keys(rest).length;
  return [...lines.slice(0, at), "claims:", ...lines.slice(at), ""].join("\n");
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function flow(value) {
  if (typeof value === "string") return PLAIN_WORD.test(value) && !MEANS_SOMETHING.test(value) ? value : quoted(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value === null || typeof value !== "object") return `${value}`;
  return `{${Object.entries(value).map(([key, each]) => `${flow(key)}: ${flow(each)}`).join(", ")}}`;
}

/**
 * @param {string} text
 * @returns {string}
 */
function quoted(text) {
  const hex = (/** @type {string} */ each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // YAML allows fewer characters in a file than JSON does
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, hex);
}

/**
 * The submission in the text of a file.
 *
 * @param {string} text
 * @returns {SubmissionDraft}
 */
export function draftOf(text) {
  const data = text.trimStart().startsWith("{") ? fromJson(text) : fromYaml(text);
  refuseOdd(data, 0);
  if (!isMapping(data) || !Array.isArray(data.claims)) throw new ExplorerError("file.no_claims");
  const { exercise, claims, ...more } = data;
  return {
    exercise: `${exercise ?? ""}`,
    claims: claims.map(claimFrom),
    ...(Object.keys(more).length ? { more } : {}),
  };
}

/**
 * @param {Plain} entry
 * @param {number} at
 * @returns {Claim}
 */
function claimFrom(entry, at) {
  const number = at + 1;
  if (!isMapping(entry)) throw new ExplorerError("file.no_claim", { number });
  for (const name of ["layer", "head"]) {
    if (!Number.isInteger(entry[name]) || /** @type {number} */ (entry[name]) < 0) {
      throw new ExplorerError("file.no_number", { number, name });
    }
  }
  if (typeof entry.type !== "string") throw new ExplorerError("file.no_type", { number });
  for (const name of ["note", "evidence"]) {
    if (entry[name] !== undefined && entry[name] !== null && typeof entry[name] !== "string") {
      throw new ExplorerError("file.no_text", { number, name });
    }
  }
  const given = Object.entries(entry).filter(([, value]) => value !== null);
  const own = Object.fromEntries(given.filter(([name]) => KNOWN.includes(name)));
  const more = Object.fromEntries(given.filter(([name]) => !KNOWN.includes(name)));
  return /** @type {Claim} */ ({ ...own, ...(Object.keys(more).length ? { more } : {}) });
}

/**
 * Refuse what the grader refuses, or reads otherwise: too much depth, numbers that are not exact, text that is none.
 *
 * @param {Plain} value
 * @param {number} level
 */
function refuseOdd(value, level) {
  if (level > DEEPEST) throw new ExplorerError("file.deep", { most: DEEPEST });
  if (typeof value === "number" ? !isExact(value) : typeof value === "string" && !isText(value)) {
    throw new ExplorerError("file.bad_json");
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value)) {
    refuseOdd(key, level);
    refuseOdd(each, level + 1);
  }
}

/**
 * @param {string} text
 * @returns {Plain}
 */
function fromJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExplorerError("file.bad_json");
  }
}

/**
 * @param {Plain} value
 * @returns {value is {[key: string]: Plain}}
 */
export function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
