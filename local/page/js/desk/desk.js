/** The desk: who waits, who is in conversation, and the one contact in front. */
import { confirm } from "../confirm.js";
import { find, setText } from "../dom.js";
import { Teller } from "../teller.js";
import { acceptedToken, forgetUnlisted, rememberAccepted } from "./accepted.js";
import { ContactRows } from "./contact_rows.js";
import { ContactView } from "./contact_view.js";
import { DeskApi } from "./desk_api.js";

/** @typedef {import("./desk_api.js").DeskContact} DeskContact */
/** @typedef {import("../activity.js").ActivityFeed} ActivityFeed */
/** @typedef {import("../language.js").Language} Language */
/** @typedef {import("./papers.js").Paper} Paper */

const GATHER_MS = 60;
const REMEMBERED_NAME = "handoff.desk_name";

/** Tells "waiting" with the number of waiting contacts, "follow" with the id of the contact that came to the front. */
export class Desk extends Teller {
  #surroundings;
  #api;
  /** @type {Map<string, ContactView>} */
  #contacts = new Map();
  #front = "";
  #timer = 0;
  #panel;
  #rows;
  #detail;
  #name;

  /**
   * @param {HTMLElement} panel
   * @param {{deskUrl: string, language: Language, feed: ActivityFeed, announce: (sentence: string) => void, papers: Paper[]}} surroundings
   */
  constructor(panel, surroundings) {
    super();
    this.#surroundings = surroundings;
    this.#api = new DeskApi(surroundings.deskUrl);
    this.#panel = panel;
    this.#rows = new ContactRows(find(panel, ".contacts"), surroundings.language);
    this.#detail = find(panel, ".contact-detail");
    this.#name = /** @type {HTMLInputElement} */ (find(panel, ".desk-name"));
    this.#name.value = localStorage.getItem(REMEMBERED_NAME) ?? this.#name.defaultValue;
    this.#name.addEventListener("change", () => localStorage.setItem(REMEMBERED_NAME, this.#name.value));
    this.#rows.on("choose", (view) => this.#bringToFront(view.contact.id, { focus: true }));
    surroundings.feed.on("restart", () => this.#refreshSoon());
    surroundings.feed.on("entry", (entry) => this.#hear(entry));
  }

  translate() {
    for (const contact of this.#contacts.values()) contact.translate();
    this.#render();
  }

  /** The list has no stream of its own: whatever changes it is told by the activity feed. @param {{kind: string}} entry */
  #hear({ kind }) {
    if (kind === "contact" || kind === "attributes") this.#refreshSoon();
  }

  #refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refresh(), GATHER_MS);
  }

  async #refresh() {
    const listed = await this.#api.contacts().catch(() => null);
    if (!listed) return; // the feed tells when the stack is back
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of [...this.#contacts.keys()].filter((known) => !ids.has(known))) this.#drop(id);
    for (const contact of listed) this.#take(contact);
    forgetUnlisted(ids);
    this.#render();
  }

  /** @param {DeskContact} contact */
  #take(contact) {
    const known = this.#contacts.get(contact.id);
    if (known) known.update(contact);
    else this.#welcome(contact);
  }

  /** @param {DeskContact} contact */
  #welcome(contact) {
    const { language, announce, papers } = this.#surroundings;
    const view = new ContactView(contact, { language, announce, papers });
    this.#contacts.set(contact.id, view);
    view.on("accept", () => this.#accept(view));
    view.on("end", () => this.#askToEnd(view));
    view.on("back", () => this.#bringToFront(""));
    view.on("message", () => this.#count(view));
    view.on("change", () => this.#render());
    const token = acceptedToken(contact.id);
    if (token && contact.state === "connected") view.accept(token);
    if (view.state === "waiting") announce(language.text("desk.came", contact.customerName));
  }

  /** @param {string} id */
  #drop(id) {
    this.#contacts.delete(id);
    if (this.#front === id) this.#front = "";
  }

  /** @param {ContactView} view */
  async #accept(view) {
    const { id } = view.contact;
    try {
      const token = await this.#api.accept(id, this.#name.value.trim() || this.#name.defaultValue);
      rememberAccepted(id, token);
      view.accept(token);
      this.#bringToFront(id, { focus: true });
    } catch {
      this.#surroundings.announce(this.#surroundings.language.text("desk.accept.failed"));
      this.#refreshSoon();
    }
  }

  /** @param {ContactView} view */
  async #askToEnd(view) {
    const { language, announce } = this.#surroundings;
    if (!(await confirm("desk.end", language))) return;
    try {
      await view.conversation?.leave();
    } catch {
      announce(language.text("desk.end.failed"));
    }
    this.#refreshSoon();
  }

  /** @param {ContactView} view */
  #count(view) {
    if (view.contact.id !== this.#front) view.unread += 1;
    this.#render();
  }

  /** @param {string} id "" for none @param {{focus?: boolean}} [how] */
  #bringToFront(id, { focus = false } = {}) {
    const view = this.#contacts.get(id);
    if (view) view.unread = 0;
    this.#front = id;
    this.#render();
    if (focus) view?.focus();
    if (view) this.tell("follow", id);
  }

  #render() {
    const { language } = this.#surroundings;
    const views = [...this.#contacts.values()];
    const front = this.#contacts.get(this.#front);
    const waiting = views.filter(({ state }) => state === "waiting").length;
    this.#rows.show(views, front);
    this.#panel.classList.toggle("is-empty", views.length === 0);
    this.#panel.classList.toggle("has-front", Boolean(front));
    if (this.#detail.firstElementChild !== (front?.element ?? null)) this.#detail.replaceChildren(front?.element ?? "");
    setText(find(this.#panel, ".waiting-count"), waiting ? language.text("desk.waiting", waiting) : "");
    this.tell("waiting", waiting);
  }
}
