/** The customer's panel: several chats, one of them in front, and the way to start another. */
import { confirm } from "../confirm.js";
import { find } from "../dom.js";
import { Teller } from "../teller.js";
import { forgetChat, storeChat, storedChats } from "./chat_store.js";
import { ChatTabs } from "./chat_tabs.js";
import { CustomerChat } from "./customer_chat.js";
import { startChat } from "./start_chat.js";
import { StartForm } from "./start_form.js";

/** @typedef {import("./chat_store.js").StoredChat} StoredChat */
/** @typedef {import("./start_form.js").Suggestion} Suggestion */
/** @typedef {import("../language.js").Language} Language */

/** Tells "follow" with the contact id when another chat came to the front. */
export class Customer extends Teller {
  #surroundings;
  /** @type {CustomerChat[]} */
  #chats = [];
  /** @type {CustomerChat | null} null while a chat is being started */
  #front = null;
  #start;
  #tabs;
  #body;
  #new;
  #end;

  /**
   * @param {HTMLElement} panel
   * @param {{language: Language, suggestions: Suggestion[], announce: (sentence: string) => void}} surroundings
   */
  constructor(panel, surroundings) {
    super();
    this.#surroundings = surroundings;
    this.#start = new StartForm(surroundings.language, surroundings.suggestions);
    this.#tabs = new ChatTabs(find(panel, ".chat-tabs"), surroundings.language);
    this.#body = find(panel, ".panel-body");
    this.#new = find(panel, ".new-chat");
    this.#end = find(panel, ".end-chat");
    this.#body.append(this.#start.element);
    this.#start.on("start", (wish) => this.#begin(wish));
    this.#tabs.on("choose", (chat) => this.#bringToFront(chat, { focus: true }));
    this.#tabs.on("remove", (chat) => this.#remove(chat));
    this.#new.addEventListener("click", () => this.#bringToFront(null, { focus: true }));
    this.#end.addEventListener("click", () => this.#askToEnd());
    this.#resume();
  }

  /** The contact id of the chat in front, "" if there is none. */
  get followed() {
    return this.#front?.stored.contactId ?? "";
  }

  translate() {
    this.#start.translate();
    for (const chat of this.#chats) chat.translate();
    this.#render();
  }

  #resume() {
    for (const stored of storedChats()) this.#add(stored);
    const running = this.#chats.findLast((chat) => !chat.stored.endedWith);
    this.#bringToFront(running ?? this.#chats.at(-1) ?? null);
  }

  /** @param {{name: string, initialMessage?: string}} wish */
  async #begin({ name, initialMessage }) {
    this.#start.showFailed(false);
    try {
      const stored = await startChat({ name, language: this.#surroundings.language.code, initialMessage });
      storeChat(stored);
      this.#bringToFront(this.#add(stored), { focus: true });
    } catch {
      this.#start.showFailed(true);
    }
  }

  /** @param {StoredChat} stored */
  #add(stored) {
    const chat = new CustomerChat(stored, this.#surroundings);
    chat.conversation.on("change", () => this.#render());
    chat.conversation.on("message", () => this.#count(chat));
    this.#chats.push(chat);
    this.#body.append(chat.element);
    chat.open();
    return chat;
  }

  /** @param {CustomerChat} chat */
  #count(chat) {
    if (chat !== this.#front) chat.unread += 1;
    this.#render();
  }

  /** @param {CustomerChat | null} chat @param {{focus?: boolean}} [how] */
  #bringToFront(chat, { focus = false } = {}) {
    this.#front = chat;
    if (chat) chat.unread = 0;
    this.#render();
    if (focus) (chat ?? this.#start).focus();
    this.tell("follow", this.followed);
  }

  #render() {
    this.#start.element.hidden = this.#front !== null;
    for (const chat of this.#chats) chat.element.hidden = chat !== this.#front;
    this.#new.hidden = this.#front === null;
    this.#end.hidden = this.#front === null || this.#front.isOver;
    this.#tabs.show(this.#chats, this.#front);
  }

  async #askToEnd() {
    const { language, announce } = this.#surroundings;
    const chat = this.#front;
    if (!chat || !(await confirm("customer.end", language))) return;
    try {
      await chat.conversation.leave();
      this.#new.focus();
    } catch {
      announce(language.text("customer.end.failed"));
    }
  }

  /** @param {CustomerChat} chat */
  #remove(chat) {
    forgetChat(chat.stored.contactId);
    chat.element.remove();
    this.#chats = this.#chats.filter((other) => other !== chat);
    if (this.#front === chat) this.#bringToFront(this.#chats.at(-1) ?? null, { focus: true });
    else this.#render();
  }
}
