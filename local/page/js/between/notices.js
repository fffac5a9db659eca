/** What the stack itself says, about no chat in particular: an edit it took over, or one it could not. */
import { element, setText, syncChildren } from "../dom.js";

/** @typedef {import("../language.js").Language} Language */
/** @typedef {{n: number, at: number, text: string}} Notice `at` is in seconds since the epoch */

const SHOWN = 4;

export class Notices {
  element;
  #language;
  #list = element("ol", { class: "notices" });
  /** @type {Notice[]} */
  #notices = [];

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
    this.element = element("section", {}, element("h3", { data: { text: "between.notices" } }), this.#list);
  }

  /** @param {Notice} notice */
  add(notice) {
    this.#notices = [notice, ...this.#notices].slice(0, SHOWN);
  }

  clear() {
    this.#notices = [];
  }

  render() {
    this.element.hidden = this.#notices.length === 0;
    syncChildren(this.#list, this.#notices, {
      key: (notice) => String(notice.n),
      create: ({ text }) => element("li", {}, element("span", {}, text), element("time")),
      update: (row, { at }) => setText(row.children[1], this.#language.timeWithSeconds(at * 1000)),
    });
  }
}
