/**
 * Small controls that stand in several places.
 *
 * @import { App } from "../app.js"
 * @import { Which } from "../looks.js"
 */
import { element } from "../elements.js";

/**
 * A box that sets attention on the first position aside.
 *
 * @param {App} app
 * @returns {HTMLElement}
 */
export function asideBox({ store, t }) {
  const box = element("input", {
    type: "checkbox",
    checked: store.get().aside,
    onchange: () => store.set({ aside: box.checked }),
  });
  store.subscribe(({ aside }) => {
    box.checked = aside;
  });
  return element("label", { className: "box", title: t("aside.how") }, box, t("aside"));
}

/**
 * The scale of attention in colours and numbers, for each sentence.
 *
 * @param {App} app
 * @returns {HTMLElement}
 */
export function scaleLegend({ store, t }) {
  const scale = (/** @type {Which} */ which) =>
    element(
      "span",
      { className: `scale ${which}`, hidden: which === "contrast" && !store.get().contrasted },
      t(which === "text" ? "scale" : "scale.contrast"),
      " 0 ",
      element("i", { "aria-hidden": "true" }),
      " 1",
    );
  const other = scale("contrast");
  const targets = element("span", { className: "key target", hidden: !store.get().kind }, t("legend.target"));
  store.subscribe(({ contrasted, kind }) => {
    other.hidden = !contrasted;
    targets.hidden = !kind;
  });
  return element(
    "p",
    { className: "legend" },
    scale("text"),
    other,
    element("span", { className: "key diagonal" }, t("legend.itself")),
    element("span", { className: "key left" }, t("legend.left")),
    targets,
  );
}
