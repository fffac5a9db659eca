/**
 * A message in Markdown as nodes. markdown-it reads it; every element is made here and is one of the kinds below.
 *
 * Rule: what somebody wrote becomes text, and the addresses of links to the web, a mail or a call. HTML stays what was
 * written. Nothing is loaded: a picture is a link.
 */
import MarkdownIt from "/npm/markdown-it/dist/browser/markdown-it.esm.min.mjs";
import { element } from "./dom.js";
import { link } from "./message_text.js";

/**
 * @typedef {object} Token what markdown-it read: something that opens, closes or stands for itself
 * @property {string} type
 * @property {1 | 0 | -1} nesting
 * @property {boolean} hidden a paragraph in a list whose items stand close together
 * @property {boolean} block
 * @property {string} content
 * @property {Token[] | null} children
 * @property {(name: string) => string | null} attrGet
 */

const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:|tel:)/iu;
const ALIGNMENT = /^text-align:/u;

/**
 * What has something inside. A heading has one level, whatever its own: the page's outline is not a message's to make.
 * @type {Record<string, (token: Token) => HTMLElement>}
 */
const ELEMENTS = {
  paragraph_open: () => block("p"),
  heading_open: () => block("h3"),
  bullet_list_open: () => block("ul"),
  ordered_list_open: (token) => block("ol", { start: token.attrGet("start") }),
  list_item_open: () => element("li"),
  blockquote_open: () => block("blockquote"),
  table_open: () => block("table", { tabindex: 0 }),
  thead_open: () => element("thead"),
  tbody_open: () => element("tbody"),
  tr_open: () => element("tr"),
  th_open: (token) => cell("th", token),
  td_open: (token) => cell("td", token),
  strong_open: () => element("strong"),
  em_open: () => element("em"),
  s_open: () => element("s"),
  link_open: (token) => link(token.attrGet("href") ?? ""),
};

/** What has nothing inside. @type {Record<string, (token: Token, parent: Element) => Node | string>} */
const LEAVES = {
  text: ({ content }) => content,
  softbreak: () => element("br"),
  hardbreak: () => element("br"),
  hr: () => element("hr"),
  code_inline: ({ content }) => element("code", {}, content),
  code_block: codeBlock,
  fence: codeBlock,
  image: (token, parent) => {
    const address = token.attrGet("src") ?? "";
    return parent.closest("a") ? token.content : link(address, token.content || address);
  },
};

const reader = createReader();

/**
 * @param {string} text whatever somebody wrote
 * @returns {(Node | string)[]}
 */
export function markdownNodes(text) {
  const root = element("div", { class: "markdown" });
  build(root, reader.parse(text, {}));
  return [root];
}

/**
 * The words without the marks, to be heard.
 * @param {string} text
 * @returns {string}
 */
export function markdownWords(text) {
  const [root] = markdownNodes(text);
  return /** @type {Element} */ (root).textContent ?? "";
}

/** Definitions of links (`[a]: https://…`) stay text: a message must not lose a line. */
function createReader() {
  const made = new MarkdownIt({ html: false, linkify: true });
  made.disable("reference");
  made.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  made.validateLink = (/** @type {string} */ address) => SAFE_ADDRESS.test(address);
  return made;
}

/** @param {HTMLElement} root @param {Token[]} tokens */
function build(root, tokens) {
  const open = [root];
  for (const token of tokens) {
    const parent = /** @type {HTMLElement} */ (open.at(-1));
    if (token.type === "inline") build(parent, token.children ?? []);
    else if (token.nesting === 1) open.push(token.hidden ? parent : appended(parent, ELEMENTS[token.type](token)));
    else if (token.nesting === -1) open.pop();
    else parent.append(LEAVES[token.type](token, parent));
    // Between blocks as between lines: for what is copied and what is heard.
    if (token.block && token.type !== "inline" && token.nesting !== 1) open.at(-1)?.append("\n");
  }
}

/** @param {HTMLElement} parent @param {HTMLElement} child */
function appended(parent, child) {
  parent.append(child);
  return child;
}

/** Each block has the direction of its own words. @param {string} tag @param {Record<string, unknown>} [properties] */
function block(tag, properties) {
  return element(tag, { dir: "auto", ...properties });
}

/** @param {string} tag @param {Token} token */
function cell(tag, token) {
  const made = element(tag);
  made.style.textAlign = (token.attrGet("style") ?? "").replace(ALIGNMENT, "");
  return made;
}

/** @param {Token} token */
function codeBlock({ content }) {
  return element("pre", {}, element("code", {}, content.replace(/\n$/u, "")));
}
