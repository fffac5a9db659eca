/** A conversation on the screen: its messages and the place to write. The customer and the desk show theirs with it. */
import { Composer } from "./composer.js";
import { MARKDOWN } from "./connect_words.js";
import { element } from "./dom.js";
import { markdownWords } from "./markdown_text.js";
import { authorWords } from "./message_item.js";
import { MessageList } from "./message_list.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./language.js").Language} Language */

export class ConversationView {
  element;
  #conversation;
  #language;
  #announce;
  #messages;
  #composer;

  /**
   * @param {{conversation: Conversation, language: Language, announce: (sentence: string) => void, above?: HTMLElement}} parts
   *   `above` stands between the messages and the place to write
   */
  constructor({ conversation, language, announce, above }) {
    this.#conversation = conversation;
    this.#language = language;
    this.#announce = announce;
    this.#messages = new MessageList(language, conversation.ownRole);
    this.#composer = new Composer(language);
    this.element = element("div", { class: "conversation" }, this.#messages.element, above, this.#composer.element);
    this.#connect();
    this.translate();
  }

  translate() {
    this.#language.write(this.element);
    this.#composer.translate();
    this.render();
  }

  render() {
    const { transcript, typing, phase, presence } = this.#conversation;
    this.#messages.show(transcript.entries(), typing.current);
    this.#composer.element.hidden = phase === "ended" || presence.customerLeft;
  }

  focus() {
    this.#composer.focus();
  }

  #connect() {
    const conversation = this.#conversation;
    conversation.on("change", () => this.render());
    conversation.on("message", (item) => this.#tell(item));
    this.#composer.on("send", (text) => conversation.send(text));
    this.#composer.on("file", (file) => conversation.sendFile(file));
    this.#composer.on("typing", () => conversation.signalTyping());
    this.#messages.on("retry", (token) => conversation.retry(token));
    this.#messages.on("download", (file) => this.#download(file));
    this.#messages.on("seen", () => conversation.signalRead());
  }

  /** @param {import("./transcript.js").Item} item */
  #tell({ ParticipantRole: role = "", DisplayName: author = "", Content: text = "", ContentType }) {
    const name = authorWords({ role, author }, this.#conversation.ownRole, this.#language);
    this.#announce(`${name}: ${ContentType === MARKDOWN ? markdownWords(text) : text}`);
  }

  /**
   * As a file on disk, never as a page of this origin: an attachment may be anything.
   * @param {{attachmentId: string, name: string}} attachment
   */
  async #download({ attachmentId, name }) {
    try {
      const address = URL.createObjectURL(await this.#conversation.download(attachmentId));
      element("a", { href: address, download: name }).click();
      URL.revokeObjectURL(address);
    } catch {
      this.#announce(this.#language.text("messages.download_failed"));
    }
  }
}
