/** Making and reconciling elements. Text only ever becomes text nodes and attributes, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] `class`, `data` (an object), `onclick` and the like as listeners, the
 *   rest as attributes; undefined, null and false set nothing
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/**
 * A picture from the sprite in index.html; it says nothing to a screen reader.
 * @param {string} name
 */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  picture.append(use);
  return picture;
}

/** @type {WeakMap<Element, string>} */
const KEYS = new WeakMap();

/**
 * Brings the children of `parent` in line with `items`. The element of a key that stays is kept, and with it focus,
 * selection and scroll position.
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {{key: (item: T) => string, create: (item: T) => Element, update: (element: Element, item: T) => void}} how
 */
export function syncChildren(parent, items, { key, create, update }) {
  const present = new Map([...parent.children].map((child) => [KEYS.get(child), child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const child = present.get(name) ?? create(item);
    present.delete(name);
    KEYS.set(child, name);
    update(child, item);
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  for (const left of present.values()) left.remove();
}

/**
 * The one element that must be there.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function find(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Writes only what changed, so that a screen reader is not told twice.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
