/** Where a message is written: Enter sends, Shift+Enter starts a new line, a file can be chosen. */
import { FILES, MESSAGE_BYTES } from "./connect_words.js";
import { element, icon, setText } from "./dom.js";
import { Teller } from "./teller.js";

/** @typedef {import("./language.js").Language} Language */

/** Tells "send" with the text, "file" with the file, and "typing" at every stroke. */
export class Composer extends Teller {
  element;
  #language;
  #field;
  #warning;
  #send;
  #attach;
  #file;

  /** @param {Language} language */
  constructor(language) {
    super();
    this.#language = language;
    this.#field = /** @type {HTMLTextAreaElement} */ (this.#makeField());
    this.#file = /** @type {HTMLInputElement} */ (element("input", { type: "file", accept: FILES, hidden: true }));
    this.#warning = element("p", { class: "composer-warning", role: "status" });
    this.#send = button("send", "composer.send");
    this.#attach = button("clip", "composer.attach");
    this.element = this.#assemble();
    this.#check();
  }

  /** Writes the texts anew, in the language of now. */
  translate() {
    this.#language.write(this.element);
    this.#field.placeholder = this.#language.text("composer.placeholder");
    this.#field.title = this.#language.text("composer.hint");
    this.#check();
  }

  focus() {
    this.#field.focus();
  }

  #makeField() {
    return element("textarea", {
      rows: 1,
      dir: "auto",
      enterkeyhint: "send",
      data: { label: "composer.label" },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
      oninput: () => this.#onInput(),
    });
  }

  #assemble() {
    this.#attach.addEventListener("click", () => this.#file.click());
    this.#send.addEventListener("click", () => this.#submit());
    this.#file.addEventListener("change", () => this.#submitFile());
    const row = element("div", { class: "composer-row" }, this.#attach, this.#field, this.#send, this.#file);
    return element("div", { class: "composer" }, this.#warning, row);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #onInput() {
    this.#check();
    if (this.#field.value) this.tell("typing");
  }

  #submit() {
    const text = this.#field.value.trim();
    if (this.#send.disabled) return;
    this.#field.value = "";
    this.#check();
    this.#field.focus();
    this.tell("send", text);
  }

  #submitFile() {
    const file = this.#file.files?.[0];
    this.#file.value = "";
    if (file) this.tell("file", file);
  }

  /** Says when the text is more than one message can hold. */
  #check() {
    const tooMany = tooManyBytes(this.#field.value.trim());
    setText(this.#warning, tooMany > 0 ? this.#language.text("composer.too_long", tooMany) : "");
    this.#field.setAttribute("aria-invalid", String(tooMany > 0));
    this.#send.disabled = tooMany > 0 || !this.#field.value.trim();
  }
}

/** @param {string} text */
function tooManyBytes(text) {
  return new TextEncoder().encode(text).length - MESSAGE_BYTES;
}

/** @param {string} picture @param {string} label */
function button(picture, label) {
  const made = element("button", { type: "button", class: picture, data: { label } }, icon(picture));
  return /** @type {HTMLButtonElement} */ (made);
}
