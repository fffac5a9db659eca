/** The messages of one conversation on the screen. The list stays where the reader is, and follows only at its end. */
import { element, find, icon, setText, syncChildren } from "./dom.js";
import { authorWords, createMessage, noticeWords, updateMessage } from "./message_item.js";
import { Teller } from "./teller.js";

/** @typedef {import("./transcript.js").Entry} Entry */
/** @typedef {import("./language.js").Language} Language */
/** @typedef {import("./message_item.js").Reader} Reader */
/** @typedef {import("./message_item.js").Shown} Shown */

const NEAR_END_PX = 48;
const GROUP_MS = 3 * 60_000;

/** Tells "retry" with the key of a message, "download" with {attachmentId, name}, "seen" when the end is on the screen. */
export class MessageList extends Teller {
  element;
  #language;
  #reader;
  #list = element("ol", { class: "messages" });
  #typing = createTyping();
  #newer = element("button", { type: "button", class: "newer", hidden: true }, icon("down"));
  #scroller;
  #isAtEnd = true;
  #actions = {
    retry: (/** @type {string} */ key) => this.tell("retry", key),
    download: (/** @type {object} */ file) => this.tell("download", file),
  };

  /**
   * @param {Language} language
   * @param {Reader} reader
   */
  constructor(language, reader) {
    super();
    this.#language = language;
    this.#reader = reader;
    const properties = {
      class: "scroller",
      role: "log",
      "aria-live": "off",
      tabindex: 0,
      data: { label: "messages.label" },
    };
    this.#scroller = element("div", properties, this.#list, this.#typing);
    this.#newer.append(element("span", { data: { text: "messages.newer" } }));
    this.element = element("div", { class: "message-list" }, this.#scroller, this.#newer);
    this.#newer.addEventListener("click", () => this.toEnd());
    this.#scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    new ResizeObserver(() => this.#isAtEnd && this.toEnd()).observe(this.#scroller);
  }

  /**
   * @param {Entry[]} entries oldest first
   * @param {{role: string, name: string} | null} typing
   */
  show(entries, typing) {
    const before = this.#list.childElementCount;
    const visible = entries.filter(
      (entry) => entry.kind !== "event" || noticeWords(entry, this.#reader, this.#language),
    );
    syncChildren(this.#list, placed(visible), {
      key: ({ entry }) => entry.key,
      create: ({ entry }) => createMessage(entry, this.#reader, this.#actions),
      update: (item, shown) => updateMessage(item, shown, this.#reader, this.#language, this.#actions),
    });
    this.#showTyping(typing);
    this.#follow({ grew: visible.length > before, isOwn: visible.at(-1)?.delivery === "sending" });
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#onScroll();
  }

  /** @param {{grew: boolean, isOwn: boolean}} what */
  #follow({ grew, isOwn }) {
    if (this.#isAtEnd || (grew && isOwn)) this.toEnd();
    else if (grew) this.#newer.hidden = false;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    if (clientHeight === 0) return; // not on the screen
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (!this.#isAtEnd) return;
    this.#newer.hidden = true;
    if (document.visibilityState === "visible") this.tell("seen");
  }

  /** @param {{role: string, name: string} | null} typing */
  #showTyping(typing) {
    this.#typing.hidden = !typing;
    if (!typing) return;
    this.#typing.dataset.role = typing.role;
    const name = authorWords({ role: typing.role, author: typing.name }, this.#reader, this.#language);
    setText(find(this.#typing, ".unseen"), this.#language.text("messages.typing", name));
  }
}

/**
 * A message of the same author shortly after the one before needs no name and no time of its own.
 * @param {Entry[]} entries
 * @returns {Shown[]}
 */
function placed(entries) {
  const lastOwn = entries.findLast((entry) => entry.delivery);
  return entries.map((entry, index) => {
    const before = entries[index - 1];
    const follows = before?.kind !== "event" && before?.role === entry.role && entry.time - before.time < GROUP_MS;
    return { entry, startsGroup: !follows, isLastOwn: entry === lastOwn };
  });
}

function createTyping() {
  const dots = element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
  const bubble = element("div", { class: "bubble" }, dots, element("span", { class: "unseen" }));
  return element("div", { class: "typing", hidden: true }, bubble);
}
