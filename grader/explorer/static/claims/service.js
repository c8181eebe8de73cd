/**
 * Handing in to a service: one submission under one key, however often it has to be sent, until its report is there.
 *
 * @import { Pending } from "./kept.js"
 *
 * @typedef {object} Calls
 * @property {string} service  The service's address.
 * @property {string} token  The student's token; empty for none.
 * @property {(pending: Pending) => void} keepPending  Called whenever more is known of the submission.
 * @property {(said: string) => void} tell  Called with a state to show: a key of the words.
 */
import { ExplorerError } from "../speech.js";

const PAUSES = [300, 600, 1000, 2000, 3000]; // milliseconds between questions; the last one from then on
const PATIENCE = 10 * 60 * 1000;
const DONE = ["graded", "ungradable"];

/**
 * A new key, under which a service takes a submission once.
 *
 * @returns {string}
 */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
}

/**
 * The report on the submission, as the service shows it to its student.
 *
 * @param {Pending} pending
 * @param {Calls} calls
 * @returns {Promise<Record<string, unknown>>}
 */
export async function reportFrom(pending, calls) {
  let { id } = pending;
  if (id === null) {
    calls.tell("service.sending");
    const headers = { "Content-Type": "application/json", "Idempotency-Key": pending.key };
    const answer = await ask(calls, "/submissions", { method: "POST", headers, body: pending.body });
    id = `${answer.id}`;
    calls.keepPending({ ...pending, id });
  }
  const at = `/submissions/${encodeURIComponent(id)}`;
  await graded(at, calls);
  return await ask(calls, `${at}/report`);
}

/**
 * @param {string} at
 * @param {Calls} calls
 */
async function graded(at, calls) {
  calls.tell("service.waiting");
  for (let turn = 0;; turn++) {
    const found = await ask(calls, at);
    const { state, problems } = found;
    if (state === "rejected") throw refused(problems, found.says);
    if (state === "dead") throw new Refused("service.dead");
    if (DONE.includes(`${state}`)) return;
    await pauseBefore(turn);
  }
}

/**
 * Wait a little before asking again, longer each time.
 *
 * @param {number} turn
 * @returns {Promise<void>}
 */
export async function pauseBefore(turn) {
  if (turn * PAUSES[PAUSES.length - 1] > PATIENCE) throw new ExplorerError("service.slow");
  await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(turn, PAUSES.length - 1)]));
}

/**
 * @param {Calls} calls
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Record<string, unknown>>}
 */
async function ask({ service, token }, path, options = {}) {
  const headers = {
    Accept: "application/json",
    ...options.headers,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
  };
  const answer = await fetch(`${service.replace(/\/+$/, "")}${path}`, { ...options, headers, credentials: "omit" })
    .catch(() => {
      throw new ExplorerError("service.no_network");
    });
  if (answer.ok) return await answer.json().catch(() => ({}));
  throw await failure(answer);
}

/**
 * @param {Response} answer
 * @returns {Promise<ExplorerError>}
 */
async function failure(answer) {
  const { status } = answer;
  const said = await answer.json().catch(() => ({}));
  if (status === 422) return refused(said.problems, said.says);
  if (status === 413) return new ExplorerError("service.too_large");
  if (status === 401 || status === 403) return new ExplorerError("service.who");
  if (status === 429) {
    const wait = Number(answer.headers.get("Retry-After"));
    return wait > 0
      ? new ExplorerError("service.wait", { number: Math.ceil(wait) })
      : new ExplorerError("service.later");
  }
  if (status === 404) return new Refused("service.failed", { status }); // sent under a new key, it can be taken again
  return new ExplorerError("service.failed", { status });
}

/** The service does not take the submission as it is; the same one need not be sent again. */
export class Refused extends ExplorerError {}

/**
 * @param {unknown} problems
 * @param {unknown} says
 * @returns {Refused}
 */
function refused(problems, says) {
  const list = Array.isArray(problems) ? problems : [];
  const lines = list.map(({ where, message }) => `${where ? `${where}: ` : ""}${message}`);
  return lines.length || says
    ? new Refused("service.refused", { problems: lines.join("; ") || `${says}` })
    : new Refused("service.refused_silently");
}
