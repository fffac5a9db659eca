/** The list of contacts: whoever waits comes first, and for how long. */
import { element, setText, syncChildren } from "../dom.js";
import { Teller } from "../teller.js";
import { createWaitingTime } from "./waiting_time.js";

/** @typedef {import("./contact_view.js").ContactView} ContactView */
/** @typedef {import("../language.js").Language} Language */

const ORDER = ["waiting", "connected", "left", "elsewhere", "ended"];

/** Tells "choose" with the contact. */
export class ContactRows extends Teller {
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
   * @param {ContactView[]} contacts
   * @param {ContactView | undefined} front
   */
  show(contacts, front) {
    syncChildren(this.#list, contacts.toSorted(byUrgency), {
      key: ({ contact }) => contact.id,
      create: (view) => this.#create(view),
      update: (row, view) => this.#update(row, view, view === front),
    });
  }

  /** @param {ContactView} view */
  #create(view) {
    const properties = { type: "button", class: "row", onclick: () => this.tell("choose", view) };
    const words = element(
      "span",
      { class: "row-words" },
      element("bdi", { class: "row-name" }),
      element("span", { class: "row-state" }),
    );
    return element("li", {}, element("button", properties, words, element("span", { class: "row-aside" })));
  }

  /** @param {Element} row @param {ContactView} view @param {boolean} isFront */
  #update(row, view, isFront) {
    const { customerName, language } = view.contact;
    const button = /** @type {HTMLElement} */ (row.firstElementChild);
    const [name, state] = /** @type {Element} */ (button.firstElementChild).children;
    button.dataset.state = view.state;
    button.setAttribute("aria-current", String(isFront));
    setText(name, customerName);
    const words = [this.#language.text(`desk.state.${view.state}`), language ? this.#language.nameOf(language) : ""];
    setText(state, words.filter(Boolean).join(" · "));
    updateAside(/** @type {HTMLElement} */ (button.lastElementChild), view);
  }
}

/** @param {HTMLElement} aside @param {ContactView} view */
function updateAside(aside, { state, unread, contact: { queuedAt } }) {
  const picture = `${state} ${unread} ${queuedAt}`;
  if (aside.dataset.picture === picture) return;
  aside.dataset.picture = picture;
  aside.replaceChildren();
  if (state === "waiting" && queuedAt) aside.append(createWaitingTime(queuedAt));
  if (unread) aside.append(element("span", { class: "count" }, String(unread)));
}

/** @param {ContactView} one @param {ContactView} other */
function byUrgency(one, other) {
  const order = ORDER.indexOf(one.state) - ORDER.indexOf(other.state);
  return order || (one.contact.queuedAt ?? "").localeCompare(other.contact.queuedAt ?? "");
}
