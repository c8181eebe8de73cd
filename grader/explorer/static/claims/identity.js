/**
 * A claim's head and kind: the kind that it is about, and the words for both.
 *
 * @import { Claim, Content, Head, KindAsked } from "../types.js"
 */

/** The most characters that the grader takes. */
export const MOST_TEXT = { note: 2000, evidence: 400 };
const WORD = /[\p{L}\p{N}]/u;
// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]/g;

/**
 * The claim that a head is of a kind.
 *
 * @param {KindAsked} kind
 * @param {Head} head
 * @param {{note?: string, evidence?: string}} said
 * @returns {Claim}
 */
export function claimOf(kind, [layer, head], { note = "", evidence = "" }) {
  const [ownWords, sentence] = [printable(note), printable(evidence)];
  return {
    layer,
    head,
    type: kind.type,
    ...kind.parameters,
    ...(ownWords ? { note: ownWords } : {}),
    ...(sentence ? { evidence: sentence } : {}),
  };
}

/**
 * The text without characters that the grader refuses, and without space around it.
 *
 * @param {string} text
 * @returns {string}
 */
export function printable(text) {
  return [...text.replace(/\r\n?/g, "\n").replace(UNPRINTABLE, "")].filter((each) => !/^[\ud800-\udfff]$/.test(each))
    .join("").trim();
}

/**
 * True if a sentence may stand in a claim as evidence: it has a word, and is not too long.
 *
 * @param {string} text
 * @returns {boolean}
 */
export function canBeEvidence(text) {
  const said = printable(text);
  return WORD.test(said) && [...said].length <= MOST_TEXT.evidence;
}

/**
 * The kind that a claim is about, if the exercise asks for it.
 *
 * @param {Claim} claim
 * @param {Content} content
 * @returns {KindAsked | undefined}
 */
export function kindOf(claim, content) {
  const said = spelledOut(claim, content);
  return content.kinds.find((kind) =>
    kind.type === said.type && Object.entries(kind.parameters).every(([name, value]) => said[name] === value)
  );
}

/**
 * The head and the kind of a claim in one text that is the same for claims that the grader takes for one.
 *
 * @param {Claim} claim
 * @param {Content} content
 * @returns {string}
 */
export function keyOf(claim, content) {
  const kind = kindOf(claim, content);
  return `${claim.layer}.${claim.head} ${kind ? kind.name : JSON.stringify(spelledOut(claim, content))}`;
}

/**
 * The claim's kind in words.
 *
 * @param {Claim} claim
 * @param {Content} content
 * @returns {string}
 */
export function kindTitle(claim, content) {
  const { type, ...parameters } = spelledOut(claim, content);
  return kindOf(claim, content)?.title ?? [type, ...Object.values(parameters)].join(" ");
}

/**
 * The number of places in the budget that claims take: one that says which head feeds which takes two.
 *
 * @param {Claim[]} claims
 * @returns {number}
 */
export function placesOf(claims) {
  return claims.reduce((sum, claim) => sum + (claim.more?.feeds ? 2 : 1), 0);
}

/**
 * A claim's type and parameters, with defaults, and without other spellings.
 *
 * @param {Claim} claim
 * @param {Content} content
 * @returns {Record<string, unknown>}
 */
function spelledOut(claim, { defaults, kinds, spellings }) {
  const { layer: _layer, head: _head, note: _note, evidence: _evidence, more, ...own } = claim;
  const said = { ...more, ...own, ...spellings[claim.type] };
  const parameters = new Set([...Object.keys(defaults), ...kinds.flatMap((kind) => Object.keys(kind.parameters))]);
  const same = kinds.find((kind) => kind.type === said.type);
  const names = same ? Object.keys(same.parameters) : [...parameters].filter((name) => name in said);
  return Object.fromEntries([
    ["type", said.type],
    ...names.map((name) => [name, /** @type {Record<string, unknown>} */ (said)[name] ?? defaults[name]]),
  ]);
}

/**
 * The id of a kind's element on the page; `-1` and `+1` stay two kinds.
 *
 * @param {KindAsked} kind
 * @returns {string}
 */
export function kindId({ name }) {
  return `kind-${name.replace(/[^\w+-]/g, "-")}`;
}
