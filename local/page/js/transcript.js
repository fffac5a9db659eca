/**
 * What was said in a chat, in order, and what of the reader's own is still on its way. It knows no network and no DOM.
 *
 * An item of Connect is known by its Id. A message of one's own starts as a draft under its client token; the answer of
 * SendMessage or the item itself, whichever comes first, turns it into the item, and it keeps its place on the screen.
 */
import { ENDED, JOINED, LEFT, MARKDOWN, METADATA, TEXT } from "./connect_words.js";

/**
 * @typedef {object} Item one item of Connect, from the socket or from GetTranscript
 * @property {string} Id
 * @property {string} Type
 * @property {string} ContentType
 * @property {string} [Content]
 * @property {string} [AbsoluteTime]
 * @property {string} [ParticipantRole]
 * @property {string} [ParticipantId]
 * @property {string} [DisplayName]
 * @property {{AttachmentId: string, AttachmentName: string, ContentType: string, Status: string}[]} [Attachments]
 * @property {{MessageId?: string, Receipts?: {DeliveredTimestamp?: string, ReadTimestamp?: string}[]}} [MessageMetadata]
 */
/** @typedef {"sending" | "failed" | "sent" | "delivered" | "read"} Delivery */
/**
 * @typedef {object} Entry one thing to show
 * @property {string} key stays the same while a draft becomes an item
 * @property {"message" | "file" | "event"} kind
 * @property {string} role
 * @property {string} author the display name, "" if there is none
 * @property {number} time milliseconds since the epoch
 * @property {string} text of a message; the name of a file; the content type of an event
 * @property {boolean} [isMarkdown] whether the text of a message is Markdown
 * @property {string} [attachmentId]
 * @property {Delivery} [delivery] of one's own messages and files
 */
/** @typedef {{token: string, text: string, file?: File, time: number, failed: boolean}} Draft */

const EVENTS_SHOWN = new Set([JOINED, LEFT, ENDED]);
const DELIVERY_ORDER = ["sent", "delivered", "read"];

export class Transcript {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {Map<string, Draft>} */
  #drafts = new Map();
  /** @type {Map<string, string>} client token of an item that was a draft, by item id */
  #tokens = new Map();
  /** @type {Map<string, Delivery>} */
  #receipts = new Map();
  #ownRole;

  /** @param {string} ownRole the participant role of the reader */
  constructor(ownRole) {
    this.#ownRole = ownRole;
  }

  /**
   * @param {Item} item
   * @returns {boolean} whether it was new
   */
  add(item) {
    this.#addReceipts(item.Id, item.MessageMetadata);
    if (item.ContentType === METADATA) return false;
    const isNew = !this.#items.has(item.Id);
    if (isNew) this.#adoptDraft(item);
    this.#items.set(item.Id, item);
    return isNew;
  }

  /** @param {Draft} draft */
  addDraft(draft) {
    this.#drafts.set(draft.token, draft);
  }

  /** @param {string} token */
  draft(token) {
    return this.#drafts.get(token);
  }

  /** @param {string} token */
  dropDraft(token) {
    this.#drafts.delete(token);
  }

  /**
   * SendMessage was answered; the item itself may already be here, or come later.
   * @param {string} token
   * @param {{Id: string, AbsoluteTime: string}} answer
   */
  confirmDraft(token, answer) {
    const draft = this.#drafts.get(token);
    this.#drafts.delete(token);
    if (!draft || this.#items.has(answer.Id)) return;
    this.#tokens.set(answer.Id, token);
    const { Id, AbsoluteTime } = answer;
    const content = { Type: "MESSAGE", ContentType: TEXT, Content: draft.text };
    this.#items.set(Id, { Id, AbsoluteTime, ...content, ParticipantRole: this.#ownRole });
  }

  /** @returns {Item[]} */
  items() {
    return [...this.#items.values()].sort((one, other) => timeOf(one) - timeOf(other));
  }

  /** @returns {Entry[]} what to show, oldest first, drafts last */
  entries() {
    const said = this.items().flatMap((item) => this.#entry(item) ?? []);
    const drafts = [...this.#drafts.values()].map((draft) => this.#draftEntry(draft));
    return [...said, ...drafts];
  }

  /** @param {Item} item @returns {Entry | null} */
  #entry(item) {
    const { Id, Type, ContentType, ParticipantRole: role = "SYSTEM", DisplayName: author = "" } = item;
    const base = { key: this.#tokens.get(Id) ?? Id, role, author, time: timeOf(item) };
    const delivery = role === this.#ownRole ? (this.#receipts.get(Id) ?? "sent") : undefined;
    const isMarkdown = ContentType === MARKDOWN;
    if (Type === "MESSAGE") return { ...base, kind: "message", text: item.Content ?? "", isMarkdown, delivery };
    const file = Type === "ATTACHMENT" ? item.Attachments?.[0] : undefined;
    if (file) return { ...base, kind: "file", text: file.AttachmentName, attachmentId: file.AttachmentId, delivery };
    return EVENTS_SHOWN.has(ContentType) ? { ...base, kind: "event", text: ContentType } : null;
  }

  /** @param {Draft} draft @returns {Entry} */
  #draftEntry({ token, text, file, time, failed }) {
    const delivery = failed ? "failed" : "sending";
    return { key: token, kind: file ? "file" : "message", role: this.#ownRole, author: "", time, text, delivery };
  }

  /** The reader's own item may come before the answer to the call that sent it. @param {Item} item */
  #adoptDraft(item) {
    if (item.ParticipantRole !== this.#ownRole || item.Type !== "MESSAGE") return;
    const draft = [...this.#drafts.values()].find(({ text, file }) => !file && text === item.Content);
    if (!draft) return;
    this.#drafts.delete(draft.token);
    this.#tokens.set(item.Id, draft.token);
  }

  /** @param {string} id the item they came with @param {Item["MessageMetadata"]} [about] */
  #addReceipts(id, { MessageId = id, Receipts = [] } = {}) {
    for (const receipt of Receipts) {
      const known = receipt.ReadTimestamp ? "read" : receipt.DeliveredTimestamp ? "delivered" : "sent";
      const before = this.#receipts.get(MessageId) ?? "sent";
      if (DELIVERY_ORDER.indexOf(known) > DELIVERY_ORDER.indexOf(before)) this.#receipts.set(MessageId, known);
    }
  }
}

/** @param {Item} item */
function timeOf(item) {
  return Date.parse(item.AbsoluteTime ?? "") || 0;
}

/**
 * @typedef {object} Presence who the customer is talking with
 * @property {"flow" | "bot" | "queue" | "person" | "ended"} stage
 * @property {string} name of the bot or the person
 * @property {boolean} customerLeft
 */

/**
 * Read from who joined, who spoke and who left.
 * @param {Item[]} items oldest first
 * @returns {Presence}
 */
export function presenceOf(items) {
  /** @type {Presence} */
  const presence = { stage: "flow", name: "", customerLeft: false };
  for (const { Type, ContentType, ParticipantRole: role = "", DisplayName: name = "" } of items) {
    const isThere = role in STAGES && (ContentType === JOINED || Type === "MESSAGE");
    const hasLeft = ContentType === LEFT;
    if (isThere) Object.assign(presence, { stage: STAGES[role], name });
    if (hasLeft && STAGES[role] === presence.stage) Object.assign(presence, { stage: "queue", name: "" });
    if (hasLeft && role === "CUSTOMER") presence.customerLeft = true;
    if (ContentType === ENDED) presence.stage = "ended";
  }
  return presence;
}

/** The stage that a participant's presence means. @type {Record<string, Presence["stage"]>} */
const STAGES = { CUSTOM_BOT: "bot", AGENT: "person" };
