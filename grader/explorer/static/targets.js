/**
 * Target masks: the keys that each query of a sentence should look at, if a head is of a kind; and the share and the hit
 * rate of a head on them. The arithmetic is the grader's own, in `grader/kinds/masks.py` and
 * `grader/measuring/statistics/patterns.py`; a test compares.
 *
 * @import { KindAsked, Reading, Sentence, Token } from "./types.js"
 *
 * @typedef {[number, number]} Pair  A query and a key.
 *
 * @typedef {object} Targets
 * @property {Uint8Array} mask  1 for each target, at query * tokens + key.
 * @property {Uint8Array} eligible  1 for each key from which the most attended one is taken.
 * @property {number[]} asked  The queries that have a target.
 *
 * @typedef {object} OnSentence
 * @property {number} share  The mean part of their attention that the asked queries pay to targets.
 * @property {number} hit_rate  The part of the asked queries whose most attended key is a target.
 * @property {number} queries  The number of asked queries.
 */
import { EVERY_KEY, RULES } from "./rules.js";

const FIRST_ASKED = 2; // at query 1, the previous token is the first position, where attention rests

/**
 * The targets of a kind in a sentence; null if they are not known there.
 *
 * @param {KindAsked} kind
 * @param {Reading} reading
 * @param {boolean} causal  True if a query sees only itself and the keys before it.
 * @returns {Targets | null}
 */
export function targetsOf(kind, reading, causal) {
  const { tokens } = reading;
  const rule = RULES[kind.type];
  if (rule) return masked(tokens, causal, rule(tokens, kind.parameters), EVERY_KEY.has(kind.type));
  const pairs = pairsOf(kind.sentence, reading);
  return pairs.length ? targetsOfPairs(pairs, reading, causal) : null;
}

/**
 * The targets that a person marked.
 *
 * @param {Pair[]} pairs
 * @param {Reading} reading
 * @param {boolean} causal
 * @returns {Targets}
 */
export function targetsOfPairs(pairs, { tokens }, causal) {
  const marked = new Set(pairs.map(([query, key]) => query * tokens.length + key));
  return masked(tokens, causal, (query, key) => marked.has(query * tokens.length + key));
}

/**
 * Share and hit rate of a head on the targets; null if no query has one.
 *
 * @param {Float32Array} pattern  [query, key]
 * @param {Targets} targets
 * @param {number} n  The number of tokens.
 * @returns {OnSentence | null}
 */
export function shareOf(pattern, { mask, eligible, asked }, n) {
  let share = 0;
  let hits = 0;
  for (const query of asked) {
    let best = 0;
    let elsewhere = 0;
    for (let at = query * n; at < (query + 1) * n; at++) {
      if (mask[at]) {
        share += pattern[at];
        best = Math.max(best, pattern[at]);
      } else if (eligible[at]) elsewhere = Math.max(elsewhere, pattern[at]);
    }
    if (best > elsewhere) hits++; // a tie is not a hit
  }
  const queries = asked.length;
  return queries ? { share: share / queries, hit_rate: hits / queries, queries } : null;
}

/**
 * @param {Token[]} tokens
 * @param {boolean} causal
 * @param {(query: number, key: number) => boolean} isTarget
 * @param {boolean} everyKey  True if the first position and special tokens are keys like all others.
 * @returns {Targets}
 */
function masked(tokens, causal, isTarget, everyKey = false) {
  const n = tokens.length;
  const mask = new Uint8Array(n * n);
  const eligible = new Uint8Array(n * n);
  /** @type {number[]} */
  const asked = [];
  for (let query = 0; query < n; query++) {
    if (tokens[query].special) continue;
    let any = false;
    for (let key = 0; key < (causal ? query + 1 : n); key++) {
      if (!everyKey && (key === 0 || tokens[key].special)) continue; // on these, attention rests
      eligible[query * n + key] = 1;
      if (!isTarget(query, key)) continue;
      mask[query * n + key] = 1;
      any = true;
    }
    if (any && query >= FIRST_ASKED) asked.push(query);
  }
  return { mask, eligible, asked };
}

/**
 * The pairs that are meant by the words of a sentence: the last token of a word looks at all tokens of the other.
 *
 * @param {Sentence | null} sentence
 * @param {Reading} reading
 * @returns {Pair[]}
 */
function pairsOf(sentence, { text, tokens }) {
  if (sentence?.text !== text) return [];
  return sentence.looks.flatMap(([from, to, first, last]) => {
    const query = within(tokens, from, to).at(-1);
    return query === undefined ? [] : within(tokens, first, last).map((key) => /** @type {Pair} */ ([query, key]));
  });
}

/**
 * The places of the tokens that have a part of the text between two places.
 *
 * @param {Token[]} tokens
 * @param {number} start
 * @param {number} end
 * @returns {number[]}
 */
function within(tokens, start, end) {
  return tokens.flatMap((token, place) => !token.special && token.start < end && token.end > start ? [place] : []);
}
