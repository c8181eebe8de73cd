"use strict";
// Pointing at a query, tapping it, or reaching it with Tab and the arrow keys lights up its row, lines and keys.
// A tap or a click holds it; another one, a tap beside the picture, or Escape clears it. All texts are in the page.
const LIT = "lit";
for (const picture of document.querySelectorAll(".picture")) {
  const view = picture.querySelector(".view");
  const queries = [...picture.querySelectorAll(".query")];
  const readout = picture.querySelector(".readout");
  const idle = readout.textContent;
  let held = null;
  readout.hidden = false;

  const light = (row) => {
    for (const lit of picture.querySelectorAll(`.${LIT}`)) lit.classList.remove(LIT);
    view.classList.toggle("looking", row !== null);
    readout.classList.toggle("held", row !== null && row === held);
    readout.textContent = row === null ? idle : queries[row].getAttribute("aria-label");
    if (row === null) return;
    for (const part of picture.querySelectorAll(`[data-row="${row}"]`)) part.classList.add(LIT);
    for (const line of queries[row].querySelectorAll("path"))
      for (const key of picture.querySelectorAll(`.key[data-key="${line.dataset.to}"]`)) key.classList.add(LIT);
  };
  const hold = (row) => { held = row; light(row); };

  const reach = (row) => {
    for (const query of queries) query.setAttribute("tabindex", query === queries[row] ? "0" : "-1");
    queries[row].focus();
  };
  queries.forEach((query, row) => {
    query.setAttribute("tabindex", row === 0 ? "0" : "-1");
    query.addEventListener("focus", () => light(row));
    query.addEventListener("blur", () => light(held));
    query.addEventListener("keydown", (event) => {
      const last = queries.length - 1;
      const next = { ArrowDown: row + 1, ArrowRight: row + 1, ArrowUp: row - 1, ArrowLeft: row - 1, Home: 0, End: last };
      if (event.key === "Enter" || event.key === " ") hold(held === row ? null : row);
      else if (queries[next[event.key]]) reach(next[event.key]);
      else return;
      event.preventDefault();
    });
  });
  for (const part of picture.querySelectorAll(".row, .query")) {
    const row = Number(part.dataset.row);
    const mouse = (to) => (event) => { if (event.pointerType === "mouse") light(to()); };
    part.addEventListener("pointerenter", mouse(() => row));
    part.addEventListener("pointerleave", mouse(() => held));
    part.addEventListener("click", () => hold(held === row ? null : row));
  }
  document.addEventListener("click", (event) => { if (held !== null && !picture.contains(event.target)) hold(null); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hold(null); });
}

// The whole map is one stop for the Tab key; the arrow keys move from head to head.
for (const map of document.querySelectorAll(".head-map")) {
  const rows = [...map.tBodies[0].rows].map((row) => [...row.querySelectorAll(".cell")]);
  if (!rows.flat().every((cell) => cell.matches("a"))) continue;
  const stop = (at) => { for (const cell of rows.flat()) cell.tabIndex = cell === at ? 0 : -1; };
  stop(rows[0][0]);
  map.addEventListener("focusin", (event) => { if (event.target.matches(".cell")) stop(event.target); });
  map.addEventListener("keydown", (event) => {
    const row = rows.findIndex((cells) => cells.includes(event.target));
    const [down, right] = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key] ?? [0, 0];
    const next = rows[row + down]?.[rows[row]?.indexOf(event.target) + right];
    if (!next || next === event.target) return;
    event.preventDefault();
    next.focus();
  });
  for (const hint of document.querySelectorAll(".map-keys")) hint.hidden = false;
}

// The target of a link is shown, even inside a closed `details`.
const open = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!target) return;
  let folded = target.closest("details");
  for (; folded; folded = folded.parentElement.closest("details")) folded.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", open);
open();
