"use strict";
// Point at a query, or reach it with Tab and the arrow keys: its row, its lines and its keys light up.
for (const picture of document.querySelectorAll(".picture")) {
  const view = picture.querySelector(".view");
  const queries = [...picture.querySelectorAll(".query")];
  const readout = picture.querySelector(".readout");
  const idle = readout.textContent;
  readout.hidden = false;

  const light = (row) => {
    for (const lit of picture.querySelectorAll(".lit")) lit.classList.remove("lit");
    view.classList.toggle("looking", row !== null);
    if (row === null) { readout.textContent = idle; return; }
    const query = queries[row];
    query.classList.add("lit");
    picture.querySelector(`.row[data-row="${row}"]`).classList.add("lit");
    for (const line of query.querySelectorAll("path"))
      for (const key of picture.querySelectorAll(`.key[data-key="${line.dataset.to}"]`)) key.classList.add("lit");
    readout.textContent = `${query.dataset.label} looks at ${query.dataset.looks}`;
  };

  queries.forEach((query, row) => {
    query.setAttribute("tabindex", row === 0 ? "0" : "-1");
    query.addEventListener("focus", () => light(row));
    query.addEventListener("blur", () => light(null));
    query.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const next = queries[row + step];
      if (!next) return;
      event.preventDefault();
      query.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
    });
  });
  for (const part of picture.querySelectorAll(".row, .query")) {
    part.addEventListener("mouseenter", () => light(Number(part.dataset.row)));
    part.addEventListener("mouseleave", () => light(null));
  }
}
