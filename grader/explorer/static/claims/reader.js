/**
 * A small reader for the plain style of YAML in which submission files are written. It refuses what it does not know,
 * with line and advice, and never guesses.
 *
 * @typedef {unknown} Plain  Null, true, false, a number, text, or a list or mapping of these.
 * @typedef {{indent: number, text: string, number: number}} Line
 */
import { ExplorerError } from "../speech.js";

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#&*!|>%@`{}[\],:?-](?:[^:#]*[^\s:#])?)\s*:(?:\s+(.*))?$/;
const INTEGER = /^[-+]?(0|[1-9][0-9]*)$/;
const DECIMAL = /^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;
const NOT_FINITE = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
// deno-lint-ignore no-control-regex
const NO_TEXT = /[\x00-\x08\x0b-\x1f\x7f-\x9f]|\p{Surrogate}/u;
const NO_LINE = /[\u2028\u2029\ufffe\uffff]/; // ends a line elsewhere, or may not be in a file
const ODD_SPACE = /[^\S \t]/;
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
const FLOW_PLAIN = /(?:[^,[\]{}:]|:(?![\s,[\]{}]|$))*/y;

/**
 * True if a number is what a file says, to the last digit.
 *
 * @param {number} value
 * @returns {boolean}
 */
export function isExact(value) {
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/**
 * True if a text has no control characters but line ends and tabs.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function isText(text) {
  return !NO_TEXT.test(text);
}

/**
 * The values in a text of plain YAML.
 *
 * @param {string} text
 * @returns {Plain}
 */
export function fromYaml(text) {
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
    if (!isText(whole) || NO_LINE.test(whole)) refuse("file.control", { number });
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
    const [character, before] = [whole[at], whole[at - 1] ?? " "];
    if (quote) {
      if (character === "\\" && quote === '"') at++;
      else if (character === quote) quote = "";
    } else if (`"'`.includes(character) && /[\s[{,:-]/.test(before)) quote = character;
    else if (character === "#" && /\s/.test(before)) return whole.slice(0, at);
    else if (ODD_SPACE.test(character)) throw new ExplorerError("file.space", { line });
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
    if (found[1] === "<<") refuse("file.begins", line, { text: key });
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
  return plainValue(flowPlain(cursor), cursor.line);
}

/**
 * Text without quotes within brackets.
 *
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {string}
 */
function flowPlain(cursor) {
  FLOW_PLAIN.lastIndex = cursor.at;
  const text = FLOW_PLAIN.exec(cursor.text)?.[0] ?? "";
  cursor.at += text.length;
  if (/^[?:]/.test(text)) refuse("file.begins", cursor.line, { text });
  return text.trim();
}

/**
 * A key within brackets, as it is written.
 *
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {string}
 */
function flowKey(cursor) {
  if (`"'`.includes(cursor.text[cursor.at])) return quotedValue(cursor);
  const key = flowPlain(cursor);
  if (!key || key === "<<" || !/\s/.test(cursor.text[cursor.at + 1] ?? " ")) refuse("file.flow", cursor.line);
  plainValue(key, cursor.line);
  return key;
}

/**
 * @param {{text: string, at: number, line: Line}} cursor
 * @returns {{[key: string]: Plain}}
 */
function flowMapping(cursor) {
  /** @type {Map<string, Plain>} */
  const entries = new Map();
  for (cursor.at++; !closes(cursor, "}");) {
    const key = flowKey(cursor);
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
    if (cursor.text[cursor.at] === ",") refuse("file.flow", cursor.line);
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
  const text = found[0][0] === "'" ? inner.replaceAll("''", "'") : unescaped(inner, cursor.line);
  if (!isText(text)) refuse("file.control", cursor.line);
  return text;
}

/**
 * Text from between double quotes.
 *
 * @param {string} inner
 * @param {Line} line
 * @returns {string}
 */
function unescaped(inner, line) {
  const text = inner.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g,
    (whole, x, u, long, one) => {
      const code = x ?? u ?? long;
      if (code) return String.fromCodePoint(Number.parseInt(code, 16));
      return !(one in HEX) && ESCAPES[one] !== undefined ? ESCAPES[one] : refuse("file.escape", line, { whole });
    },
  );
  return text.replaceAll("\r\n", "\n");
}

/**
 * @param {string} text
 * @param {{number: number}} line
 * @returns {Plain}
 */
function plainValue(text, line) {
  if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text];
  if (INTEGER.test(text) || DECIMAL.test(text)) {
    const number = Number(text);
    if (!isExact(number) || (Number.isInteger(number) && !INTEGER.test(text))) refuse("file.number", line, { text });
    return number;
  }
  if (NOT_FINITE.test(text)) refuse("file.number", line, { text });
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
 * @param {string} code
 * @param {{number: number}} line
 * @param {Record<string, string>} [values]
 * @returns {never}
 */
function refuse(code, line, values = {}) {
  throw new ExplorerError(code, { line: line.number, ...values });
}
