/**
 * Submission files: `my_heads.yaml` as the grader takes it, and a small reader for the plain style in which such files
 * are written. The reader refuses what it does not know, with line and advice, and never guesses.
 *
 * @import { Claim, SubmissionDraft } from "../types.js"
 *
 * @typedef {unknown} Plain  Null, true, false, a number, text, or a list or mapping of these.
 * @typedef {{indent: number, text: string, number: number}} Line
 */
import { ExplorerError } from "../speech.js";

const KNOWN = ["layer", "head", "type", "offset", "relation", "note", "evidence"];
const PLAIN_WORD = /^[a-z][a-z0-9_-]*$/;
const MEANS_SOMETHING = /^(true|false|null|yes|no|on|off|y|n)$/;
const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`{}[\],:?-][^:#]*?)\s*:(?:\s+(.*))?$/;
const INTEGER = /^[-+]?(0|[1-9][0-9]*)$/;
const DECIMAL = /^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;
/** @type {Record<string, null | boolean>} */
const CONSTANTS = {
  ...{ "": null, "~": null, null: null, Null: null, NULL: null },
  ...{ true: true, True: true, TRUE: true, false: false, False: false, FALSE: false },
};
/** @type {Record<string, string>} */
const ESCAPES = {
  ...{ n: "\n", t: "\t", '"': '"', "\\": "\\", "/": "/", " ": " ", e: "\x1b", 0: "\0", r: "\r" },
  ...{ N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" },
};
const HEX = { x: 2, u: 4, U: 8 };

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
  const lines = Object.entries(rest).map(([key, value]) => `${key}: ${flow(value)}`);
  for (const claim of /** @type {Record<string, unknown>[]} */ (claims)) {
    const entries = Object.entries(claim).filter(([, value]) => value !== undefined);
    lines.push(...entries.map(([key, value], at) => `${at ? "    " : "  - "}${key}: ${flow(value)}`));
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
 * @param {string} text
 * @returns {Plain}
 */
function fromYaml(text) {
  const lines = linesOf(text.replace(/^\ufeff/, ""));
  if (!lines.length) throw new ExplorerError("file.empty");
  const reading = { lines, at: 0 };
  const data = block(reading, lines[0].indent);
  if (reading.at < lines.length) refuse("file.indent", lines[reading.at]);
  return data;
}

/**
 * The lines that say something, without their comments.
 *
 * @param {string} text
 * @returns {Line[]}
 */
function linesOf(text) {
  return text.split(/\r\n|\r|\n/).flatMap((whole, at) => {
    const number = at + 1;
    if (/^[ -]*\t/.test(whole)) throw new ExplorerError("file.tab", { line: number });
    const said = uncommented(whole, number).trimEnd();
    const indent = said.length - said.trimStart().length;
    if (/^(---|\.\.\.|%)/.test(said)) refuse("file.documents", { number });
    return said.trim() ? [{ indent, text: said.trim(), number }] : [];
  });
}

/**
 * @param {string} whole
 * @param {number} line
 * @returns {string}
 */
function uncommented(whole, line) {
  let quote = "";
  for (let at = 0; at < whole.length; at++) {
    const character = whole[at];
    if (quote) {
      if (character === "\\" && quote === '"') at++;
      else if (character === quote) quote = "";
    } else if (`"'`.includes(character) && /(^|[\s[{,:-])$/.test(whole.slice(0, at))) quote = character;
    else if (character === "#" && /(^|\s)$/.test(whole.slice(0, at))) return whole.slice(0, at);
  }
  if (quote) throw new ExplorerError("file.quote", { line });
  return whole;
}

/**
 * The mapping, list or value whose lines begin in this column.
 *
 * @param {{lines: Line[], at: number}} reading
 * @param {number} indent
 * @returns {Plain}
 */
function block(reading, indent) {
  const { lines } = reading;
  if (/^-(\s|$)/.test(lines[reading.at].text)) return blockList(reading, indent);
  if (KEY.test(lines[reading.at].text)) return blockMapping(reading, indent);
  return scalarOrFlow(lines[reading.at++]);
}

/**
 * @param {{lines: Line[], at: number}} reading
 * @param {number} indent
 * @returns {Plain[]}
 */
function blockList(reading, indent) {
  /** @type {Plain[]} */
  const items = [];
  for (;;) {
    const line = reading.lines[reading.at];
    if (line?.indent !== indent || !/^-(\s|$)/.test(line.text)) break;
    const rest = line.text.slice(1).trimStart();
    if (!rest) {
      reading.at++;
      items.push(below(reading, indent, indent + 1));
      continue;
    }
    const inner = indent + line.text.length - rest.length; // what stands behind the hyphen begins a block there
    reading.lines[reading.at] = { ...line, indent: inner, text: rest };
    items.push(block(reading, inner));
  }
  return items;
}

/**
 * @param {{lines: Line[], at: number}} reading
 * @param {number} indent
 * @returns {{[key: string]: Plain}}
 */
function blockMapping(reading, indent) {
  /** @type {Map<string, Plain>} */
  const entries = new Map();
  for (;;) {
    const line = reading.lines[reading.at];
    if (line?.indent !== indent || /^-(\s|$)/.test(line.text)) break;
    const found = KEY.exec(line.text) ?? refuse("file.key", line);
    const key = `${/^["']/.test(found[1]) ? scalarOrFlow({ ...line, text: found[1] }) : found[1]}`;
    if (entries.has(key)) refuse("file.twice", line, { key });
    reading.at++;
    const rest = (found[2] ?? "").trim();
    entries.set(key, rest ? scalarOrFlow({ ...line, text: rest }) : below(reading, indent, indent));
  }
  return Object.fromEntries(entries);
}

/**
 * The block below a key or a hyphen; null if there is none. A list may begin in the column of its key.
 *
 * @param {{lines: Line[], at: number}} reading
 * @param {number} indent
 * @param {number} listIndent  The first column in which a list may begin.
 * @returns {Plain}
 */
function below(reading, indent, listIndent) {
  const line = reading.lines[reading.at];
  const isInside = line && (line.indent > indent || (line.indent >= listIndent && /^-(\s|$)/.test(line.text)));
  return isInside ? block(reading, line.indent) : null;
}

/**
 * A value on one line.
 *
 * @param {Line} line
 * @returns {Plain}
 */
function scalarOrFlow(line) {
  const cursor = { text: line.text, at: 0, line };
  const value = /^[[{"']/.test(line.text) ? flowValue(cursor) : plainValue(line.text, line);
  if (/^[[{"']/.test(line.text) && cursor.text.slice(cursor.at).trim()) refuse("file.rest", line);
  return value;
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {Plain}
 */
function flowValue(cursor) {
  space(cursor);
  const first = cursor.text[cursor.at];
  if (first === "{") return flowMapping(cursor);
  if (first === "[") return flowList(cursor);
  if (first === '"' || first === "'") return quotedValue(cursor);
  const found = /^(?:[^,[\]{}:]|:(?![\s,[\]{}]|$))*/.exec(cursor.text.slice(cursor.at)) ??
    refuse("file.flow", cursor.line);
  cursor.at += found[0].length;
  return plainValue(found[0].trim(), cursor.line);
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {{[key: string]: Plain}}
 */
function flowMapping(cursor) {
  /** @type {Map<string, Plain>} */
  const entries = new Map();
  for (cursor.at++; !closes(cursor, "}");) {
    const key = `${flowValue(cursor)}`;
    space(cursor);
    if (cursor.text[cursor.at] !== ":") refuse("file.flow", cursor.line);
    cursor.at++;
    if (entries.has(key)) refuse("file.twice", cursor.line, { key });
    entries.set(key, flowValue(cursor));
    comma(cursor, "}");
  }
  return Object.fromEntries(entries);
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {Plain[]}
 */
function flowList(cursor) {
  /** @type {Plain[]} */
  const items = [];
  for (cursor.at++; !closes(cursor, "]");) {
    items.push(flowValue(cursor));
    comma(cursor, "]");
  }
  return items;
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {string}
 */
function quotedValue(cursor) {
  const rest = cursor.text.slice(cursor.at);
  const found = /^'(?:[^']|'')*'|^"(?:[^"\\]|\\.)*"/.exec(rest) ?? refuse("file.quote", cursor.line);
  cursor.at += found[0].length;
  const inner = found[0].slice(1, -1);
  if (found[0][0] === "'") return inner.replaceAll("''", "'");
  return inner.replace(/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g, (whole, x, u, long, one) => {
    const code = x ?? u ?? long;
    if (code) return String.fromCodePoint(Number.parseInt(code, 16));
    return !(one in HEX) && ESCAPES[one] !== undefined ? ESCAPES[one] : refuse("file.escape", cursor.line, { whole });
  });
}

/**
 * @param {string} text
 * @param {{number: number}} line
 * @returns {Plain}
 */
function plainValue(text, line) {
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text];
  if (INTEGER.test(text) || DECIMAL.test(text)) return Number(text);
  if (/^[|>]/.test(text)) refuse("file.folded", line);
  if (/^[&*!%@`{}[\],#"']/.test(text) || /^[?:-](\s|$)/.test(text)) refuse("file.begins", line, { text });
  if (/:(\s|$)/.test(text) || /\s#/.test(text)) refuse("file.colon", line);
  return text;
}

/** @param {{text: string, at: number}} cursor */
function space(cursor) {
  while (/\s/.test(cursor.text[cursor.at] ?? "")) cursor.at++;
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @param {string} bracket
 * @returns {boolean}
 */
function closes(cursor, bracket) {
  space(cursor);
  if (cursor.at >= cursor.text.length) refuse("file.flow", cursor.line);
  if (cursor.text[cursor.at] !== bracket) return false;
  cursor.at++;
  return true;
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @param {string} bracket
 */
function comma(cursor, bracket) {
  space(cursor);
  if (cursor.text[cursor.at] === ",") cursor.at++;
  else if (cursor.text[cursor.at] !== bracket) refuse("file.flow", cursor.line);
}

/**
 * @param {Plain} value
 * @returns {value is {[key: string]: Plain}}
 */
function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {string} code
 * @param {{number: number}} line
 * @param {Record<string, string>} [values]
 * @returns {never}
 */
function refuse(code, line, values = {}) {
  throw new ExplorerError(code, { line: line.number, ...values });
}
