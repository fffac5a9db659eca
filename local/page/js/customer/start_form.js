/** Where a chat begins: a name, and things worth trying. */
import { element, icon, setText } from "../dom.js";
import { Teller } from "../teller.js";

/** @typedef {import("../language.js").Language} Language */
/** @typedef {Record<"en" | "es", string>} Suggestion */

const REMEMBERED_NAME = "handoff.name";

/** Tells "start" with {name, initialMessage?}. */
export class StartForm extends Teller {
  element;
  #language;
  #suggestions;
  #name;
  #list = element("ul", { class: "suggestions" });
  #error = element("p", { class: "error", role: "alert" });

  /**
   * @param {Language} language
   * @param {Suggestion[]} suggestions
   */
  constructor(language, suggestions) {
    super();
    this.#language = language;
    this.#suggestions = suggestions;
    const remembered = sessionStorage.getItem(REMEMBERED_NAME) ?? "";
    const limits = { maxlength: 256, autocomplete: "off", spellcheck: "false" };
    this.#name = /** @type {HTMLInputElement} */ (
      element("input", { id: "customer-name", type: "text", value: remembered, ...limits })
    );
    this.element = element("div", { class: "start" }, this.#head(), this.#form(), this.#offers());
    this.translate();
  }

  translate() {
    this.#language.write(this.element);
    this.#name.placeholder = this.#language.text("customer.start.nobody");
    this.#list.replaceChildren(...this.#suggestions.map((suggestion) => this.#offer(suggestion[this.#language.code])));
  }

  /** @param {boolean} isFailed */
  showFailed(isFailed) {
    setText(this.#error, isFailed ? this.#language.text("customer.start.failed") : "");
  }

  focus() {
    this.#name.focus();
  }

  #head() {
    return element(
      "div",
      { class: "start-head" },
      element("h3", { data: { text: "customer.start.title" } }),
      element("p", { data: { text: "customer.start.text" } }),
    );
  }

  #form() {
    const button = element("button", { class: "primary", data: { text: "customer.start.button" } });
    const onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#start();
    };
    const label = element("label", { for: "customer-name", data: { text: "customer.start.name" } });
    return element("form", { class: "start-form", onsubmit }, label, this.#name, button, this.#error);
  }

  #offers() {
    if (this.#suggestions.length === 0) return null;
    return element("div", { class: "offers" }, element("h4", { data: { text: "customer.start.or" } }), this.#list);
  }

  /** @param {string} sentence */
  #offer(sentence) {
    const onclick = () => this.#start(sentence);
    return element(
      "li",
      {},
      element("button", { type: "button", class: "suggestion", onclick }, element("span", {}, sentence), icon("send")),
    );
  }

  /** @param {string} [initialMessage] */
  #start(initialMessage) {
    const name = this.#name.value.trim();
    sessionStorage.setItem(REMEMBERED_NAME, name);
    const detail = { name: name || this.#language.text("customer.start.nobody"), initialMessage };
    this.tell("start", detail);
  }
}
