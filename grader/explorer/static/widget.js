/**
 * The page as a widget in a notebook, as anywidget wants it. It lives in a tree of its own, so that neither the
 * notebook's styles nor the page's reach the other.
 *
 * @import { WidgetModel } from "./sources/widget.js"
 */
import { mount } from "./app.js";
import { element } from "./elements.js";
import { createWidgetSource } from "./sources/widget.js";

export default {
  /**
   * @param {{model: WidgetModel, el: HTMLElement}} view
   * @returns {() => void}
   */
  render({ model, el }) {
    const given = model.get("given");
    const root = element("div");
    const { source, close } = createWidgetSource(given, model);
    const tree = el.attachShadow({ mode: "open" });
    tree.append(element("style", {}, model.get("styles")), root);
    const page = mount(root, given, source, { links: false });
    return () => {
      page.close();
      close();
    };
  },
};
