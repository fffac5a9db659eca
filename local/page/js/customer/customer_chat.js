/** One of the customer's chats: its conversation, its screen, and what is kept of it for a reload. */
import { Conversation } from "../conversation.js";
import { ConversationView } from "../conversation_view.js";
import { element, setText } from "../dom.js";
import { storeChat } from "./chat_store.js";
import { ChatJsLine } from "./chatjs_line.js";

/** @typedef {import("./chat_store.js").StoredChat} StoredChat */
/** @typedef {import("./start_form.js").Suggestion} Suggestion */
/** @typedef {import("../language.js").Language} Language */

const KEPT_ITEMS = 300;
const BEFORE_HANDOFF = new Set(["flow", "bot"]);

export class CustomerChat {
  stored;
  conversation;
  element;
  unread = 0;
  #language;
  #suggestions;
  #status = element("p", { class: "status", role: "status" });
  #offers = element("ul", { class: "chips" });
  #view;

  /**
   * @param {StoredChat} stored
   * @param {{language: Language, suggestions: Suggestion[], announce: (sentence: string) => void}} surroundings
   */
  constructor(stored, { language, suggestions, announce }) {
    this.stored = stored;
    this.#language = language;
    this.#suggestions = suggestions;
    this.conversation = new Conversation({
      ownRole: "CUSTOMER",
      line: new ChatJsLine(stored),
      items: stored.endedWith,
    });
    this.#view = new ConversationView({ conversation: this.conversation, language, announce, above: this.#offers });
    this.element = element("div", { class: "chat" }, this.#status, this.#view.element);
    this.conversation.on("change", () => this.#changed());
    this.#offer();
  }

  get isOver() {
    return this.conversation.phase === "ended";
  }

  /** Connects, unless it is known that the chat is over. */
  open() {
    if (this.stored.endedWith) this.conversation.end();
    else this.conversation.open();
    this.#changed();
  }

  translate() {
    this.#view.translate();
    this.#changed();
  }

  focus() {
    this.#view.focus();
  }

  #changed() {
    setText(this.#status, this.#statusWords());
    this.#status.dataset.stage = this.isOver ? "ended" : this.conversation.presence.stage;
    this.#offers.hidden = this.isOver || !BEFORE_HANDOFF.has(this.conversation.presence.stage);
    if (this.isOver && !this.stored.endedWith) this.#keepWhatWasSaid();
  }

  #statusWords() {
    const { phase, presence, transcript } = this.conversation;
    if (phase === "starting" || phase === "lost") return this.#language.text(`presence.${phase}`);
    if (phase === "ended" && transcript.items().length === 0) return this.#language.text("customer.gone");
    return this.#language.text(`presence.${phase === "ended" ? "ended" : presence.stage}`, presence.name);
  }

  #keepWhatWasSaid() {
    this.stored.endedWith = this.conversation.transcript.items().slice(-KEPT_ITEMS);
    storeChat(this.stored);
  }

  /** In the language of the chat, which the interface may have left since. */
  #offer() {
    this.#offers.replaceChildren(
      ...this.#suggestions.map((suggestion) => {
        const sentence = suggestion[this.stored.language];
        const onclick = () => this.conversation.send(sentence);
        return element(
          "li",
          { lang: this.stored.language },
          element("button", { type: "button", class: "chip", title: sentence, onclick }, sentence),
        );
      }),
    );
  }
}
