/**
 * Elements of the page in one call.
 *
 * @typedef {string | number | Node | null | undefined | false} Child
 */

/**
 * An element with properties, attributes (`aria-*`, `data-*`, `role`, `for`), listeners (`on...`) and children.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name in made && !name.includes("-")) Reflect.set(made, name, value);
    else made.setAttribute(name, value === true ? "" : `${value}`);
  }
  fill(made, ...children);
  return made;
}

/**
 * Put these children in place of an element's own.
 *
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function fill(parent, ...children) {
  const kept = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  parent.replaceChildren(...kept.map((child) => (child instanceof Node ? child : `${child}`)));
}

/**
 * A text whose words between backticks are code.
 *
 * @param {string} text
 * @returns {(HTMLElement | string)[]}
 */
export function worded(text) {
  return text.split("`").map((part, at) => at % 2 ? element("code", {}, part) : part);
}
