/** The customer's chats in a row, to change between them. */
import { element, icon, setText, syncChildren } from "../dom.js";
import { Teller } from "../teller.js";

/** @typedef {import("./customer_chat.js").CustomerChat} CustomerChat */
/** @typedef {import("../language.js").Language} Language */

/** Tells "choose" and "remove" with the chat. */
export class ChatTabs extends Teller {
  #list;
  #language;

  /**
   * @param {HTMLElement} list
   * @param {Language} language
   */
  constructor(list, language) {
    super();
    this.#list = list;
    this.#language = language;
  }

  /**
   * One running chat alone needs no tabs.
   * @param {CustomerChat[]} chats
   * @param {CustomerChat | null} front
   */
  show(chats, front) {
    const isAlone = chats.length === 1 && chats[0] === front && !front.isOver;
    this.#list.hidden = chats.length === 0 || isAlone;
    syncChildren(this.#list, chats, {
      key: (chat) => chat.stored.contactId,
      create: (chat) => this.#create(chat),
      update: (tab, chat) => this.#update(tab, chat, chat === front),
    });
  }

  /** @param {CustomerChat} chat */
  #create(chat) {
    const choose = { type: "button", class: "chat-tab", onclick: () => this.tell("choose", chat) };
    const remove = {
      type: "button",
      class: "chat-remove",
      data: { label: "customer.remove" },
      onclick: () => this.tell("remove", chat),
    };
    return element(
      "li",
      {},
      element("button", choose, element("bdi"), element("span", { class: "count" })),
      element("button", remove, icon("close")),
    );
  }

  /** @param {Element} tab @param {CustomerChat} chat @param {boolean} isFront */
  #update(tab, { stored, unread, isOver }, isFront) {
    const [choose, remove] = tab.querySelectorAll("button");
    const [name, count] = choose.children;
    choose.setAttribute("aria-current", String(isFront));
    setText(name, `${stored.name} · ${this.#language.time(stored.startedAt)}`);
    setText(count, unread ? String(unread) : "");
    choose.title = unread ? this.#language.text("customer.unread", unread) : "";
    remove.hidden = !isOver;
    this.#language.write(tab);
  }
}
