/**
 * Handing in: to the grader behind the page, to a service, or by download.
 *
 * @import { App } from "../app.js"
 * @import { HandedIn } from "../types.js"
 */
import { element, fill } from "../elements.js";
import { asExplorerError } from "../speech.js";
import { keyOf, kindId, kindOf, placesOf } from "./identity.js";
import { draftNow, keep, keptOf, verdictOn } from "./kept.js";
import { newKey, Refused, reportFrom } from "./service.js";
import { handedInOf } from "./verdicts.js";
import { plainOf } from "./yaml.js";

const LONG = 3000; // milliseconds, behind which the first measuring is explained

/**
 * @param {App} app
 * @param {() => void} show  Shows the basket anew.
 * @returns {HTMLElement}
 */
export function handingView(app, show) {
  const { content, given, source, store, t } = app;
  const kept = keptOf(app);
  const wishes = element("input", { type: "checkbox", checked: kept.more.gallery === true });
  wishes.addEventListener("change", () => {
    const { gallery: _gallery, ...rest } = kept.more;
    kept.more = wishes.checked ? { ...rest, gallery: true } : rest;
    keep(app);
  });
  store.subscribe(() => (wishes.checked = kept.more.gallery === true)); // a file that was opened may say so
  const gallery = element("label", { className: "tick" }, wishes, element("span", {}, t("hand.gallery")));
  const result = element("div", { className: "result", tabIndex: -1, role: "group", "aria-label": t("result") });
  result.hidden = !kept.result;
  if (kept.result) fill(result, ...resultParts(app, kept.result));
  const title = element("h3", {}, t("hand"));
  if (!source.handIn && !given.service) {
    const steps = element(
      "p",
      { className: "soft" },
      t("hand.by_file"),
      " ",
      element("code", {}, "grade submit my_heads.yaml"),
    );
    return element("div", { className: "handing" }, title, gallery, steps);
  }
  const who = source.handIn ? null : whoFields(app);
  const button = element("button", { type: "submit", className: "main" });
  const said = element("p", { className: "soft", role: "status" });
  let isBusy = false;

  /** @param {SubmitEvent} event */
  async function handIn(event) {
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    isBusy = true;
    update();
    const { claims } = store.get();
    const explained = setTimeout(() => source.handIn && fill(said, t("hand.first_time")), LONG);
    try {
      const handedIn = await (source.handIn
        ? source.handIn(draftNow(app))
        : toService(app, who?.values() ?? { student: "", token: "" }, (state) =>
          fill(said, t(state))));
      kept.result = handedIn;
      kept.verdicts = new Map(
        handedIn.verdicts.map((verdict, at) => [claims[at] ? keyOf(claims[at], content()) : `${at}`, verdict]),
      );
      fill(said);
      fill(result, ...resultParts(app, handedIn));
      result.hidden = false;
      store.set({ claims: [...store.get().claims] });
      show();
      result.focus();
    } catch (error) {
      const { code, values } = asExplorerError(error);
      fill(said, element("span", { className: "wrong", role: "alert" }, t(code, values)), " ", t("hand.nothing_lost"));
    }
    clearTimeout(explained);
    isBusy = false;
    update();
  }

  function update() {
    const { claims } = store.get();
    button.textContent = isBusy ? t("hand.busy") : t("hand.in", { number: claims.length });
    button.ariaDisabled = `${isBusy || !claims.length || placesOf(claims) > content().budget}`; // which keeps the focus
  }

  store.subscribe((state, before) => state.claims !== before.claims && update());
  update();
  const { attempts } = content();
  return element(
    "div",
    { className: "handing" },
    title,
    attempts ? element("p", { className: "soft" }, t("hand.attempts", { number: attempts })) : null,
    element("form", { onsubmit: handIn }, who?.view ?? null, gallery, button),
    said,
    result,
  );
}

/**
 * The fields in which a student says who hands in. The token is not kept.
 *
 * @param {App} app
 * @returns {{view: HTMLElement, values: () => {student: string, token: string}}}
 */
function whoFields(app) {
  const { t } = app;
  const { student = "" } = keptOf(app).more;
  const id = element("input", {
    type: "text",
    required: true,
    maxLength: 64,
    autocomplete: "username",
    value: `${student}`,
  });
  const token = element("input", { type: "password", autocomplete: "current-password" });
  return {
    view: element(
      "div",
      { className: "side-by-side" },
      element("label", {}, t("hand.student"), id),
      element("label", {}, t("hand.token"), token),
    ),
    values: () => ({ student: id.value.trim(), token: token.value }),
  };
}

/**
 * Hand in to the service; the same claims are sent under the same key until there is an answer.
 *
 * @param {App} app
 * @param {{student: string, token: string}} who
 * @param {(state: string) => void} tell
 * @returns {Promise<HandedIn>}
 */
async function toService(app, { student, token }, tell) {
  const kept = keptOf(app);
  kept.more = { ...kept.more, student };
  const body = JSON.stringify({ submission: plainOf(draftNow(app)), student });
  const keepPending = (/** @type {typeof kept.pending} */ pending) => {
    kept.pending = pending;
    keep(app);
  };
  if (kept.pending?.body !== body) keepPending({ key: newKey(), body, id: null });
  const pending = /** @type {NonNullable<typeof kept.pending>} */ (kept.pending);
  try {
    const report = await reportFrom(pending, { service: app.given.service ?? "", token, keepPending, tell });
    keepPending(null);
    return handedInOf(
      /** @type {import("./verdicts.js").Report} */ (/** @type {unknown} */ (report)),
      app.content(),
      app.t,
    );
  } catch (error) {
    if (error instanceof Refused) keepPending(null);
    throw error;
  }
}

/**
 * @param {App} app
 * @param {HandedIn} handedIn
 * @returns {HTMLElement[]}
 */
function resultParts(app, { passed, lines, page }) {
  const { t } = app;
  // In a frame of a course, another window would not have the cookie with which the frame is signed in.
  const target = self === top ? "_blank" : "_self";
  const link = page ? [element("p", {}, element("a", { href: page, target, rel: "noopener" }, t("result.page")))] : [];
  const [state, sign] = totalOf(app, passed);
  return [
    element("p", { className: `verdict ${state}` }, element("strong", { className: "sign" }, sign)),
    ...lines.map((line) => element("p", {}, line)),
    ...link,
    ...leadOn(app),
  ];
}

/**
 * The style and the words of the whole result; where claims may be handed in as often as one likes, nobody fails.
 *
 * @param {App} app
 * @param {boolean | null} passed
 * @returns {[string, string]}
 */
function totalOf({ content, t }, passed) {
  if (passed === null) return ["not_graded", `○ ${t("verdict.not_graded")}`];
  if (passed) return ["confirmed", `✓ ${t("result.passed")}`];
  return content().attempts === null
    ? ["not_graded", `○ ${t("result.not_yet")}`]
    : ["refuted", `✗ ${t("result.not_passed")}`];
}

/**
 * The way on behind the verdicts: the first kind without a confirmed head, or the gallery.
 *
 * @param {App} app
 * @returns {HTMLElement[]}
 */
function leadOn(app) {
  const { content, store, t } = app;
  const found = store.get().claims.filter((claim) => verdictOn(app, claim)?.outcome === "confirmed");
  if (!found.length) return [];
  const names = new Set(found.map((claim) => kindOf(claim, content())?.name));
  const next = content().kinds.find((kind) => !names.has(kind.name));
  if (!next) return [element("p", {}, t("result.all_kinds"))];
  const go = () => {
    store.set({ kind: next.name });
    const opened = document.getElementById(kindId(next));
    opened?.focus({ preventScroll: true });
    opened?.scrollIntoView({ block: "start" });
  };
  return [element("p", {}, element("button", { type: "button", onclick: go }, t("result.next", { kind: next.title })))];
}
