/**
 * Everything about claims that outlives a change of the page's language; claims and what is not handed in yet are also
 * kept in the browser, for each exercise and, where people sign in, each of them.
 *
 * @import { App } from "../app.js"
 * @import { Claim, HandedIn, SubmissionDraft, VerdictShown } from "../types.js"
 *
 * @typedef {object} Kept
 * @property {Record<string, unknown>} more  What a file says beside exercise and claims.
 * @property {Pending | null} pending  A submission that a service may have got.
 * @property {HandedIn | null} result
 * @property {Map<string, VerdictShown>} verdicts  The verdicts by `keyOf` of their claims.
 * @property {Record<string, {text: string, pairs: [number, number][]}>} marks  A person's own targets, by the kind's name.
 * @property {Pick<Kept, "more"> & {claims: Claim[]} | null} undone  All of this before the last change that can be undone.
 *
 * @typedef {{key: string, body: string, id: string | null}} Pending
 */
import { keyOf } from "./identity.js";
import { draftOf, isMapping, plainOf } from "./yaml.js";

/** @type {WeakMap<object, Kept>} */
const KEPT_CLAIMS = new WeakMap();

/**
 * The things that are kept for a page; the first time, the basket is filled with what the browser has.
 *
 * @param {App} app
 * @returns {Kept}
 */
export function keptOf(app) {
  const known = KEPT_CLAIMS.get(app.given);
  if (known) return known;
  const { claims = [], more = {}, pending = null } = stored(app);
  /** @type {Kept} */
  const kept = { more, pending, result: null, verdicts: new Map(), marks: {}, undone: null };
  KEPT_CLAIMS.set(app.given, kept);
  if (claims.length && !app.store.get().claims.length) app.store.set({ claims });
  return kept;
}

/**
 * Keep the basket in the browser, if it lets pages keep anything.
 *
 * @param {App} app
 */
export function keep(app) {
  const { more, pending } = keptOf(app);
  try {
    localStorage.setItem(address(app), JSON.stringify({ claims: app.store.get().claims, more, pending }));
  } catch {
    // the claims stay on the page, and can be downloaded
  }
}

/**
 * The submission as it stands.
 *
 * @param {App} app
 * @returns {SubmissionDraft}
 */
export function draftNow(app) {
  const { gallery_name: name, ...more } = keptOf(app).more;
  const all = more.gallery && name !== undefined ? { ...more, gallery_name: name } : more;
  return {
    exercise: app.content().exercise,
    claims: app.store.get().claims,
    ...(Object.keys(all).length ? { more: all } : {}),
  };
}

/**
 * Put other claims into the basket, and what a file says beside them; the ones before can be brought back.
 *
 * @param {App} app
 * @param {Claim[]} claims
 * @param {Kept["more"]} [more]
 */
export function replaceClaims(app, claims, more) {
  const kept = keptOf(app);
  kept.undone = { claims: app.store.get().claims, more: kept.more };
  kept.more = more ?? kept.more;
  app.store.set({ claims });
}

/**
 * The verdict on a claim, if it was handed in.
 *
 * @param {App} app
 * @param {Claim} claim
 * @returns {VerdictShown | undefined}
 */
export function verdictOn(app, claim) {
  return keptOf(app).verdicts.get(keyOf(claim, app.content()));
}

/**
 * The things that the browser kept; those that make no sense, such as another version's, are as if there were none.
 *
 * @param {App} app
 * @returns {Partial<Kept> & {claims?: Claim[]}}
 */
function stored(app) {
  try {
    const { claims = [], more, pending } = JSON.parse(localStorage.getItem(address(app)) ?? "{}");
    const isPending = [pending?.key, pending?.body].every((each) => typeof each === "string");
    return {
      claims: draftOf(JSON.stringify(plainOf({ exercise: app.content().exercise, claims }))).claims,
      ...(isMapping(more) ? { more } : {}),
      ...(isPending ? { pending } : {}),
    };
  } catch {
    return {};
  }
}

/**
 * @param {App} app
 * @returns {string}
 */
function address(app) {
  const { owner } = app.given.source;
  return ["head-grader/claims", app.content().exercise, ...(owner ? [owner] : [])].join("/");
}
