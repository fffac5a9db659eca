/** One contact on the desk: who it is, the briefing, and once accepted the whole conversation. */
import { Conversation } from "../conversation.js";
import { ConversationView } from "../conversation_view.js";
import { element, icon, setText } from "../dom.js";
import { Teller } from "../teller.js";
import { createBriefing, createRawAttributes } from "./briefing.js";
import { collectPapers } from "./papers.js";
import { ParticipantLine } from "./participant_line.js";
import { createWaitingTime } from "./waiting_time.js";

/** @typedef {import("./desk_api.js").DeskContact} DeskContact */
/** @typedef {import("../language.js").Language} Language */
/** @typedef {import("./papers.js").Paper} Paper */

/** @type {Record<string, string | undefined>} */
const NOTICES = { waiting: "desk.accept.hint", left: "desk.left", ended: "desk.ended", elsewhere: "desk.elsewhere" };

/** Tells "accept", "end" and "back" when the person wants it, "message" when the customer wrote, "change" for the list. */
export class ContactView extends Teller {
  element;
  contact;
  unread = 0;
  /** @type {Conversation | null} null until accepted here */
  conversation = null;
  /** @type {ConversationView | null} */
  #view = null;
  #language;
  #announce;
  #papers;
  #head = element("div", { class: "contact-head" });
  #story = element("div", { class: "contact-story" });
  #notice = element("p", { class: "contact-notice" });
  #talk = element("div", { class: "contact-talk" });
  #picture = "";

  /**
   * @param {DeskContact} contact
   * @param {{language: Language, announce: (sentence: string) => void, papers: Paper[]}} surroundings
   */
  constructor(contact, { language, announce, papers }) {
    super();
    this.contact = contact;
    this.#language = language;
    this.#announce = announce;
    this.#papers = papers;
    this.element = element("article", { class: "contact" }, this.#head, this.#story, this.#notice, this.#talk);
    this.#render();
  }

  /** @returns {"waiting" | "connected" | "elsewhere" | "left" | "ended"} as the person sees it */
  get state() {
    if (this.contact.state === "ended" || this.conversation?.phase === "ended") return "ended";
    if (this.contact.customerLeft || this.conversation?.presence.customerLeft) return "left";
    if (this.conversation) return "connected";
    return this.contact.state === "connected" ? "elsewhere" : "waiting";
  }

  /** @param {DeskContact} contact what the desk knows now */
  update(contact) {
    this.contact = contact;
    this.#render();
  }

  /** @param {string} participantToken */
  accept(participantToken) {
    const conversation = new Conversation({ ownRole: "AGENT", line: new ParticipantLine(participantToken) });
    this.conversation = conversation;
    this.#view = new ConversationView({ conversation, language: this.#language, announce: this.#announce });
    this.#talk.replaceChildren(this.#view.element);
    conversation.on("message", () => this.tell("message"));
    conversation.on("change", () => {
      this.#render();
      this.tell("change");
    });
    conversation.open();
    this.#render();
  }

  focus() {
    const accept = /** @type {HTMLElement | null} */ (this.#head.querySelector(".primary"));
    if (accept) accept.focus();
    else this.#view?.focus();
  }

  translate() {
    this.#picture = "";
    this.#view?.translate();
    this.#render();
  }

  /** Only when something of it changed: what the person unfolded or focused stays as it is. */
  #render() {
    const items = this.conversation?.transcript.items() ?? [];
    const { attributes, customerName, language, queueName, queuedAt } = this.contact;
    const values = collectPapers(this.#papers, attributes, items);
    const picture = JSON.stringify([attributes, customerName, language, queueName, queuedAt, values, this.state]);
    if (picture === this.#picture) return;
    this.#picture = picture;
    this.#renderHead();
    this.#renderStory(values);
    const notice = NOTICES[this.state];
    setText(this.#notice, notice ? this.#language.text(notice) : "");
    this.#notice.dataset.state = this.state;
  }

  #renderHead() {
    const who = element("h3", {}, element("bdi", {}, this.contact.customerName));
    const back = this.#button("back", "back", { label: "desk.back" }, icon("back"));
    this.#head.replaceChildren(back, element("div", { class: "contact-who" }, who, this.#facts()), ...this.#actions());
    this.#language.write(this.#head);
  }

  /** @param {Record<string, string[]>} values */
  #renderStory(values) {
    const isOpen = this.#story.querySelector("details")?.open ?? false;
    const raw = createRawAttributes(this.contact.attributes, this.#language);
    raw.toggleAttribute("open", isOpen);
    const belonging = { papers: this.#papers, values };
    this.#story.replaceChildren(createBriefing(this.contact.attributes, belonging, this.#language), raw);
  }

  #facts() {
    const { language, queueName, queuedAt } = this.contact;
    const facts = [language ? this.#language.nameOf(language) : "", queueName].filter(Boolean);
    const line = element("p", {}, facts.join(" · "));
    if (this.state === "waiting" && queuedAt) {
      line.append(` · ${this.#language.text("desk.waiting_for")} `, createWaitingTime(queuedAt));
    }
    return line;
  }

  #actions() {
    if (this.state === "waiting") return [this.#button("accept", "primary", { text: "desk.accept" })];
    const canEnd = this.conversation && this.state !== "ended";
    return canEnd ? [this.#button("end", "quiet", { text: "desk.end" })] : [];
  }

  /** @param {string} wish @param {string} kind @param {Record<string, string>} data @param {...Node} inside */
  #button(wish, kind, data, ...inside) {
    return element("button", { type: "button", class: kind, data, onclick: () => this.tell(wish) }, ...inside);
  }
}
