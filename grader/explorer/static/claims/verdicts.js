/**
 * Verdicts in their places, and a report of the grader as the page shows it.
 *
 * @import { App } from "../app.js"
 * @import { Translate } from "../speech.js"
 * @import { Content, HandedIn, VerdictShown } from "../types.js"
 *
 * @typedef {object} Report  The parts of a report that are read; `docs/report-format.md` has all of them.
 * @property {string} feedback
 * @property {ReportVerdict[]} verdicts
 * @property {number} points
 * @property {number} possible
 * @property {number} score
 * @property {number} kinds_confirmed
 * @property {boolean} gradable
 * @property {boolean} passed
 * @property {number} xp
 *
 * @typedef {object} ReportVerdict
 * @property {Record<string, unknown> & {layer: number, head: number, type: string}} claim
 * @property {string} outcome
 * @property {string | null} why_not
 * @property {number} points
 * @property {string} rationale
 * @property {string} [help]
 * @property {{lookalike: string, knows: string, agreement: number} | null} [fits]
 * @property {{result: string, rationale: string} | null} [circuit]
 */
import { element, worded } from "../elements.js";
import { kindOf } from "./identity.js";

/** @type {Record<string, string>} */
const SIGNS = { confirmed: "✓", refuted: "✗", not_graded: "○", too_close: "≈" };
/** @type {Record<string, string>} */
const WORDS = {
  confirmed: "verdict.confirmed",
  refuted: "verdict.refuted",
  not_graded: "verdict.not_graded",
  too_close: "verdict.too_close",
};

/**
 * @param {App} app
 * @param {VerdictShown} verdict
 * @returns {HTMLElement}
 */
export function verdictView({ t }, { outcome, headline, lines, details, points }) {
  const word = headline || t(WORDS[outcome] ?? "verdict.not_graded");
  const worth = points ? ` · ${t("verdict.points", { number: points })}` : "";
  return element(
    "div",
    { className: `verdict ${outcome}` },
    element("p", {}, element("strong", { className: "sign" }, `${SIGNS[outcome] ?? ""} ${word}`.trim()), worth),
    ...lines.map((line) => element("p", {}, worded(line))),
    details.length ? folded(t("verdict.details"), details) : null,
  );
}

/**
 * @param {string} title
 * @param {string[]} lines
 * @returns {HTMLElement}
 */
function folded(title, lines) {
  const shown = lines.map((line) => element("p", {}, worded(line)));
  return element("details", {}, element("summary", {}, title), ...shown);
}

/**
 * The part of a report from a service that the page shows.
 *
 * @param {Report} report
 * @param {Content} content
 * @param {Translate} t
 * @returns {HandedIn}
 */
export function handedInOf(report, content, t) {
  const isTold = report.feedback !== "score";
  return {
    passed: report.gradable ? report.passed : null,
    lines: totals(report, t),
    verdicts: isTold ? report.verdicts.map((verdict) => shownVerdict(verdict, report, content)) : [],
    page: null,
  };
}

/**
 * @param {Report} report
 * @param {Translate} t
 * @returns {string[]}
 */
function totals({ gradable, kinds_confirmed: number, points, possible, score, xp }, t) {
  if (!gradable) return [t("result.not_gradable")];
  const plain = (/** @type {number} */ value) => `${Math.round(100 * value) / 100}`;
  return [
    t("result.score", { percent: Math.floor(100 * score + 1e-9), points: plain(points), possible: plain(possible) }),
    t("result.kinds", { number, xp }),
  ];
}

/**
 * @param {ReportVerdict} verdict
 * @param {Report} report
 * @param {Content} content
 * @returns {VerdictShown}
 */
function shownVerdict({ claim, outcome, why_not, points, rationale, help, fits, circuit }, { feedback }, content) {
  const kind = kindOf(claim, content);
  const lines = [rationale, circuit?.rationale, ...(feedback === "all" ? [fits?.knows, help] : [help])];
  return {
    layer: claim.layer,
    head: claim.head,
    kind: kind?.name ?? claim.type,
    outcome: why_not === "too_close" ? "too_close" : outcome,
    headline: "",
    lines: lines.flatMap((line) => line ? [line] : []),
    details: [],
    points: feedback === "all" ? points : null,
  };
}
