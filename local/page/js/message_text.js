/** Plain text of a message as nodes: web addresses can be clicked, all else stays as it was written. */
import { element } from "./dom.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?…]+$/u;

/**
 * @param {string} text whatever somebody wrote
 * @returns {(Node | string)[]}
 */
export function messageNodes(text) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutTrailing(match[0]);
    nodes.push(text.slice(done, match.index), URL.canParse(address) ? link(address, address) : address);
    done = match.index + address.length;
  }
  nodes.push(text.slice(done));
  return nodes.filter((node) => node !== "");
}

/**
 * A sentence often ends right behind an address; a closing parenthesis belongs to it only if it was opened in it.
 * @param {string} address
 * @returns {string}
 */
function withoutTrailing(address) {
  const bare = address.replace(TRAILING, "");
  const isOneTooMany = bare.endsWith(")") && bare.split(")").length > bare.split("(").length;
  return isOneTooMany ? withoutTrailing(bare.slice(0, -1)) : bare;
}

/**
 * It opens elsewhere and takes nothing of this page with it.
 * @param {string} address
 * @param {...string} words
 */
export function link(address, ...words) {
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, ...words);
}
