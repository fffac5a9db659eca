/** The blocks of the contact flow that a chat went through, the newest first. */
import { element, setText, syncChildren } from "../dom.js";

/** @typedef {import("./story.js").Block} Block */
/** @typedef {import("../language.js").Language} Language */

const SHOWN_AT_ONCE = 3;

export class FlowPath {
  element;
  #language;
  #newest = element("ol", { class: "blocks" });
  #earlier = element("ol", { class: "blocks" });
  #fold;
  #count = element("summary");

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
    this.#fold = element("details", { class: "fold", hidden: true }, this.#count, this.#earlier);
    this.element = element("div", { class: "flow-path" }, this.#newest, this.#fold);
  }

  /** @param {Block[]} blocks in the order they were reached */
  show(blocks) {
    const newestFirst = blocks.toReversed();
    const earlier = newestFirst.slice(SHOWN_AT_ONCE);
    this.#sync(this.#newest, newestFirst.slice(0, SHOWN_AT_ONCE));
    this.#sync(this.#earlier, earlier);
    this.#fold.hidden = earlier.length === 0;
    setText(this.#count, this.#language.text("between.flow.earlier", earlier.length));
  }

  /** @param {HTMLElement} list @param {Block[]} blocks */
  #sync(list, blocks) {
    syncChildren(list, blocks, {
      key: (block) => String(block.n),
      create: (block) => createBlock(block),
      update: (row, { at }) =>
        setText(/** @type {Element} */ (row.lastElementChild), this.#language.timeWithSeconds(at * 1000)),
    });
  }
}

/** Without a name it is no block: the flow stopped there, and the detail says why. @param {Block} block */
function createBlock({ block, type, detail, by }) {
  const words = element("span", { class: "block-words" }, element("b", {}, block), element("code", {}, type));
  if (by) words.append(element("span", { class: "block-detail" }, `←\u00a0${by}`));
  if (detail) words.append(element("span", { class: "block-detail", dir: "auto" }, detail));
  return element("li", { class: block ? "" : "stopped" }, words, element("time"));
}
