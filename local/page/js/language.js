/** The language of the page: English or Spanish, chosen by the reader and remembered. */
import { Teller } from "./teller.js";
import english from "./texts/en.js";
import spanish from "./texts/es.js";

/** @typedef {"en" | "es"} LanguageCode */

const TEXTS = { en: english, es: spanish };
const REMEMBERED = "handoff.language";

/** Tells "change" when the reader picks the other language. */
export class Language extends Teller {
  /** @type {LanguageCode} */
  code;

  constructor() {
    super();
    const remembered = localStorage.getItem(REMEMBERED) ?? navigator.language.slice(0, 2);
    this.code = remembered === "es" ? "es" : "en";
    document.documentElement.lang = this.code;
  }

  /** @param {LanguageCode} code */
  choose(code) {
    this.code = code;
    localStorage.setItem(REMEMBERED, code);
    document.documentElement.lang = code;
    this.tell("change");
  }

  /**
   * The sentence of a key.
   * @param {string} key
   * @param {any} [value] what the sentence speaks about, if it speaks about something
   * @returns {string}
   */
  text(key, value) {
    const sentence = TEXTS[this.code][key];
    return typeof sentence === "function" ? sentence(value) : sentence;
  }

  /** @param {string} key */
  has(key) {
    return key in TEXTS[this.code];
  }

  /** @param {number} milliseconds since the epoch */
  time(milliseconds) {
    return new Intl.DateTimeFormat(this.code, { timeStyle: "short" }).format(milliseconds);
  }

  /** @param {number} milliseconds since the epoch */
  timeWithSeconds(milliseconds) {
    return new Intl.DateTimeFormat(this.code, { timeStyle: "medium", hourCycle: "h23" }).format(milliseconds);
  }

  /**
   * The name of a language, e.g. "Spanish" for "es-CO".
   * @param {string} tag BCP 47
   */
  nameOf(tag) {
    try {
      return new Intl.DisplayNames(this.code, { type: "language" }).of(tag) ?? tag;
    } catch {
      return tag; // an attribute may hold anything
    }
  }

  /**
   * Writes the texts into all elements below `root` that name one: data-text for the content, data-label for the
   * accessible name and, of a button, the tooltip.
   * @param {ParentNode} root
   */
  write(root) {
    for (const element of marked(root, "[data-text]")) element.textContent = this.text(element.dataset.text ?? "");
    for (const element of marked(root, "[data-label]")) {
      const label = this.text(element.dataset.label ?? "");
      element.setAttribute("aria-label", label);
      if (element.matches("button")) element.title = label;
    }
  }
}

/** @param {ParentNode} root @param {string} selector @returns {NodeListOf<HTMLElement>} */
function marked(root, selector) {
  return root.querySelectorAll(selector);
}
