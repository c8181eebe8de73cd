"use strict";
// The mouse, a finger or the keys move a threshold; everything that depends on it is computed again.
const rule = document.querySelector("main").dataset.rule;
const NEAR = 12, REACH = 28, STEPS = 100, PAGE = 10;
const SHAPES = { over: "●", borderline: "◆", below: "○", ruled_out: "✕" };
const STATES = { over: "confirmed", below: "below the threshold", ruled_out: "ruled out by another threshold" };
const SVG = "http://www.w3.org/2000/svg";

const make = (name, attributes, text = "") => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};
const ratio = (part, whole) => (whole ? (part / whole + 1e-9).toFixed(2) : "none");
const percent = (score) => `${(100 * Math.min(Math.max(score, 0), 1)).toFixed(2)}%`;

// The same rules as HeadScore has in grader/grading/calibration/records.py.
const inside = (head, at) => head.low < at && at < head.high;
const state = (head, at) => {
  if (head.score < at && !inside(head, at)) return "below";
  if (head.elsewhere === "under") return "ruled_out";
  return inside(head, at) || head.elsewhere === "borderline" ? "borderline" : "over";
};
const confirms = (head, at) => {
  const present = state(head, at);
  const byRule = { not_yet: false, in_favour: true, as_measured: head.score >= at && head.met, against: false }[rule];
  return present === "over" || (present === "borderline" && byRule);
};
const undecided = rule === "not_yet" ? "not confirmed yet" : "not confirmed";
const inWords = (head, at) => STATES[state(head, at)] ?? `borderline, ${confirms(head, at) ? "confirmed" : undecided}`;

const read = (item, point, reach) => {
  const { rank, place, score, low, high, elsewhere, met, expect } = item.dataset;
  const title = point.querySelector("title");
  const measured = title.textContent;
  title.remove(); // the readout shows it at once, and Escape closes it
  return {
    item, point, reach, place, elsewhere, expect, measured, dot: point.querySelector(".dot"), rank: Number(rank),
    score: Number(score), low: Number(low), high: Number(high), met: met === "true", y: Number(point.dataset.y),
  };
};

for (const kind of document.querySelectorAll(".kind")) {
  const strip = kind.querySelector(".strip");
  const byRank = (first, second) => first.dataset.rank - second.dataset.rank;
  const items = [...kind.querySelectorAll(".heads li")].sort(byRank);
  const points = [...strip.querySelectorAll(".head")].reverse(), reaches = [...strip.querySelectorAll(".reach")].reverse();
  const heads = items.map((item, place) => read(item, points[place], reaches[place]));
  const present = Number(kind.dataset.present);
  const foot = Number(strip.querySelector(".through").getAttribute("y2"));
  const put = (name, text) => { for (const place of kind.querySelectorAll(`.n-${name}`)) place.textContent = text; };
  const band = strip.querySelector(".noise"), now = kind.querySelector(".now");
  let at = present;

  // The lists, the counts and the line to paste.
  const show = () => {
    const confirmed = heads.filter((head) => confirms(head, at));
    const others = heads.filter((head) => !confirmed.includes(head));
    const noisy = heads.filter((head) => inside(head, at) && head.elsewhere !== "under");
    const tooClose = rule === "not_yet" ? heads.filter((head) => state(head, at) === "borderline").length : 0;
    const text = at === present ? kind.dataset.text : at.toFixed(2);
    for (const head of heads) {
      const newState = state(head, at);
      head.item.className = newState;
      head.item.querySelector(".symbol").textContent = SHAPES[newState];
      for (const why of ["borderline", "ruled_out"]) head.item.querySelector(`.why.${why}`).hidden = newState !== why;
      head.dot.setAttribute("class", `dot ${newState}`);
      head.dot.setAttribute("href", `#${newState}`);
      head.reach.setAttribute("class", `reach ${newState}`);
    }
    const [near, far] = kind.querySelectorAll(".heads.out");
    kind.querySelector(".heads.in").replaceChildren(...confirmed.map((head) => head.item));
    near.replaceChildren(...others.slice(0, NEAR).map((head) => head.item));
    far.replaceChildren(...others.slice(NEAR).map((head) => head.item));
    kind.querySelector(".far").hidden = others.length <= NEAR;
    const right = confirmed.filter((head) => head.expect === "confirmed").length;
    const wrong = confirmed.filter((head) => head.expect === "refuted").length;
    const missed = heads.filter((head) => head.expect === "confirmed").length - right;
    const numbers = {
      at: text, confirmed: confirmed.length, others: others.length, far: Math.max(others.length - NEAR, 0), noise: noisy.length, "too-close": tooClose,
      right, wrong, missed, precision: ratio(right, right + wrong), recall: ratio(right, right + missed),
      f1: ratio(2 * right, 2 * right + wrong + missed),
    };
    for (const [name, value] of Object.entries(numbers)) put(name, value);
    const paste = kind.querySelector("[data-yaml]");
    paste.textContent = paste.dataset.yaml.replace("@", text);
    const low = Math.min(...noisy.map((head) => head.low)), high = Math.max(...noisy.map((head) => head.high));
    band.setAttribute("x", percent(noisy.length ? low : 0));
    band.setAttribute("width", percent(noisy.length ? high - low : 0));
    for (const end of now ? ["x1", "x2"] : []) now.setAttribute(end, 100 * at);
    slider.setAttribute("aria-valuenow", at);
    slider.setAttribute("aria-valuetext", `${text}: ${confirmed.length} of ${heads.length} heads confirmed, ${noisy.length} within the noise`);
    handle.setAttribute("x", percent(at));
    handle.querySelector("text").textContent = text;
    for (const line of slider.querySelectorAll("line")) for (const end of ["x1", "x2"]) line.setAttribute(end, percent(at));
  };
  const move = (to) => {
    const next = Math.min(Math.max(to, 0), 1);
    if (next === at) return;
    at = next;
    show();
  };

  // The threshold is a slider; its grip takes the focus.
  const slider = strip.querySelector(".threshold"), handle = strip.querySelector(".handle");
  const settings = { role: "slider", tabindex: 0, "aria-label": `Threshold: ${kind.dataset.statistic}, ${kind.dataset.title}`,
    "aria-valuemin": 0, "aria-valuemax": 1, "aria-orientation": "horizontal" };
  for (const [key, value] of Object.entries(settings)) slider.setAttribute(key, value);
  slider.prepend(make("line", { class: "grab", y1: 0, y2: foot }));
  slider.append(handle);
  strip.prepend(make("rect", { class: "rail", y: 0, width: "100%", height: 34 }));
  strip.setAttribute("role", "group");
  strip.setAttribute("aria-label", `Heads by ${kind.dataset.statistic}, and the threshold`);
  slider.addEventListener("keydown", (event) => {
    const up = Math.floor(at * STEPS + 1e-6), down = Math.ceil(at * STEPS - 1e-6);
    const step = { ArrowRight: up + 1, ArrowUp: up + 1, ArrowLeft: down - 1, ArrowDown: down - 1,
      PageUp: up + PAGE, PageDown: down - PAGE, Home: 0, End: STEPS }[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    move(step / STEPS);
  });
  const along = (event) => {
    const box = strip.getBoundingClientRect();
    return Math.round(((event.clientX - box.left) / box.width) * STEPS) / STEPS;
  };
  for (const part of [slider, strip.querySelector(".rail")]) {
    part.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      slider.focus({ preventScroll: true, focusVisible: false });
      part.setPointerCapture(event.pointerId);
      move(along(event));
    });
    part.addEventListener("pointermove", (event) => { if (part.hasPointerCapture(event.pointerId)) move(along(event)); });
  }
  for (const place of kind.querySelectorAll("[data-to]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...place.childNodes);
    button.addEventListener("click", () => move(Number(place.dataset.to)));
    place.append(button);
  }

  // The head nearest to the pointer, or with the focus, is named.
  const readout = kind.querySelector(".readout"), idle = readout.textContent;
  const ring = make("circle", { class: "ring", r: 9 }), tip = make("text", { class: "tip" });
  let focused = heads[0];
  const light = (head) => {
    for (const lit of strip.querySelectorAll(".reach.lit")) lit.classList.remove("lit");
    ring.remove();
    tip.remove();
    readout.textContent = head ? `${head.measured}: ${inWords(head, at)}` : idle;
    if (!head) return;
    const left = head.score > 0.75, x = percent(head.score);
    head.reach.classList.add("lit");
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", head.y);
    for (const [key, value] of Object.entries({ x, y: head.y, dx: left ? -14 : 14, dy: 4, "text-anchor": left ? "end" : "start" }))
      tip.setAttribute(key, value);
    tip.textContent = `${head.place} ${head.score.toFixed(3)}`;
    strip.append(ring, tip);
  };
  const reachable = (head) => {
    for (const other of heads) {
      other.point.setAttribute("aria-hidden", other !== head);
      if (other === head) continue;
      for (const name of ["tabindex", "role", "aria-label"]) other.point.removeAttribute(name);
    }
    focused = head;
    for (const [key, value] of Object.entries({ tabindex: 0, role: "img", "aria-label": head.measured })) head.point.setAttribute(key, value);
  };
  const nearest = (event) => {
    const box = strip.getBoundingClientRect();
    const away = (head) => Math.hypot(box.left + head.score * box.width - event.clientX, box.top + head.y - event.clientY);
    return heads.map((head) => [away(head), head]).filter(([far]) => far < REACH).sort(([first], [second]) => first - second)[0]?.[1];
  };
  strip.addEventListener("pointermove", (event) => light(nearest(event)));
  strip.addEventListener("pointerdown", (event) => light(nearest(event)));
  strip.addEventListener("pointerleave", () => light());
  for (const head of heads) {
    head.item.addEventListener("pointerenter", () => light(head));
    head.item.addEventListener("pointerleave", () => light());
  }
  // The listeners are outside the picture: in Chromium, a shape that listens for focus becomes reachable with the keys.
  const frame = strip.parentElement;
  frame.addEventListener("focusin", (event) => light(heads.find((head) => head.point === event.target)));
  frame.addEventListener("focusout", () => light());
  strip.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { light(); return; }
    if (event.target !== focused.point) return;
    const place = focused.rank - 1;
    const next = { ArrowRight: place - 1, ArrowUp: place - 1, ArrowLeft: place + 1, ArrowDown: place + 1,
      Home: heads.length - 1, End: 0 }[event.key];
    if (!heads[next]) return;
    event.preventDefault();
    reachable(heads[next]);
    heads[next].point.focus();
  });
  readout.hidden = false;
  reachable(heads[0]);
  show();
}
document.documentElement.classList.add("live");
