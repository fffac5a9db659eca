/**
 * One chat as one of its participants sees it: transcript, typing, delivery and whether the line stands.
 *
 * It does not know how its line reaches Connect (ChatJS for the customer, own code for the desk), nor how it is shown.
 */
import { DELIVERED, ENDED, READ, TYPING } from "./connect_words.js";
import { Teller } from "./teller.js";
import { presenceOf, Transcript } from "./transcript.js";
import { TypingSigns } from "./typing_signs.js";

/** @typedef {import("./transcript.js").Item} Item */
/** @typedef {"starting" | "open" | "lost" | "ended"} Phase */
/**
 * @typedef {object} LineListener
 * @property {(item: Item) => void} onItem
 * @property {() => void} onOpen the line stands, for the first time or again
 * @property {() => void} onLost it will be tried again
 * @property {() => void} onEnded the chat is over
 */
/**
 * @typedef {object} Line the way to Connect of one participant; a promise that rejects means: did not get through
 * @property {(listener: LineListener) => Promise<void>} open rejects with ChatOverError when there is no chat any more
 * @property {(text: string, clientToken: string) => Promise<{Id: string, AbsoluteTime: string}>} send
 * @property {(file: File) => Promise<void>} sendFile
 * @property {(contentType: string, content?: string) => Promise<void>} sendEvent
 * @property {() => Promise<Item[]>} transcript
 * @property {(attachmentId: string) => Promise<Blob>} download
 * @property {() => Promise<void>} leave
 */

/** Connect refuses this participant: the chat is over, or the stack does not know it. */
export class ChatOverError extends Error {}

const REOPEN_AFTER_MS = 3_000;
/** Of a file whose type the browser does not know; Connect wants one. */
const UNKNOWN_TYPE = "application/octet-stream";

/** Tells "change" whenever there is something new to show, "message" (with the item) when somebody else said something. */
export class Conversation extends Teller {
  /** @type {Phase} */
  phase = "starting";
  typing = new TypingSigns();
  transcript;
  ownRole;
  #line;
  #firstOpen = Promise.withResolvers();
  #lastReceipt = "";

  /** @param {{ownRole: "CUSTOMER" | "AGENT", line: Line, items?: Item[]}} what `items`: what is known already */
  constructor({ ownRole, line, items = [] }) {
    super();
    this.ownRole = ownRole;
    this.transcript = new Transcript(ownRole);
    this.#line = line;
    for (const item of items) this.transcript.add(item);
    this.typing.on("change", () => this.#changed());
  }

  get presence() {
    return presenceOf(this.transcript.items());
  }

  /** Opens the line, and tries again until it stands or Connect says that the chat is over. */
  async open() {
    try {
      await this.#line.open({
        onItem: (item) => this.#receive(item),
        onOpen: () => this.#becomeOpen(),
        onLost: () => this.#become("lost"),
        onEnded: () => this.end(),
      });
    } catch (error) {
      if (error instanceof ChatOverError) return this.end();
      this.#become("lost");
      setTimeout(() => this.open(), REOPEN_AFTER_MS);
    }
  }

  /** Shows the chat as over; nothing more can be said. */
  end() {
    this.#firstOpen.resolve(undefined);
    this.typing.clearAll();
    this.#become("ended");
  }

  /** @param {string} text */
  async send(text) {
    const token = crypto.randomUUID();
    this.transcript.addDraft({ token, text, time: Date.now(), failed: false });
    await this.#deliver(token);
  }

  /** @param {File} chosen */
  async sendFile(chosen) {
    const token = crypto.randomUUID();
    const file = chosen.type ? chosen : new File([chosen], chosen.name, { type: UNKNOWN_TYPE });
    this.transcript.addDraft({ token, text: file.name, file, time: Date.now(), failed: false });
    await this.#deliver(token);
  }

  /**
   * Sends a draft that failed again, under its first client token: what did get through is not said twice.
   * @param {string} token
   */
  async retry(token) {
    const draft = this.transcript.draft(token);
    if (!draft) return;
    draft.failed = false;
    await this.#deliver(token);
  }

  /** A sign that goes missing is no harm: the next key stroke sends another. */
  signalTyping() {
    if (this.phase === "open") this.#line.sendEvent(TYPING).catch(() => {});
  }

  /** Tells the others that the newest message was seen; Connect refuses that among three, and it is no harm. */
  signalRead() {
    this.#signalReceipt(READ);
  }

  /** @param {string} attachmentId */
  download(attachmentId) {
    return this.#line.download(attachmentId);
  }

  /** Ends the chat. */
  async leave() {
    await this.#line.leave();
    this.end();
  }

  /** What is written before the line stands waits for it. @param {string} token */
  async #deliver(token) {
    this.#changed();
    await this.#firstOpen.promise;
    const draft = this.transcript.draft(token);
    if (!draft) return;
    try {
      if (draft.file) {
        await this.#line.sendFile(draft.file);
        this.transcript.dropDraft(token);
      } else {
        this.transcript.confirmDraft(token, await this.#line.send(draft.text, token));
      }
    } catch {
      draft.failed = true;
    }
    this.#changed();
  }

  /** @param {Item} item */
  #receive(item) {
    if (item.ParticipantRole && item.ParticipantRole !== this.ownRole) {
      if (item.ContentType === TYPING) return this.typing.show(item.ParticipantRole, item.DisplayName ?? "");
      this.typing.clear(item.ParticipantRole);
    }
    const isNew = this.transcript.add(item);
    if (item.ContentType === ENDED) this.end();
    this.#changed();
    if (isNew && isSaid(item) && item.ParticipantRole !== this.ownRole) {
      this.#signalReceipt(DELIVERED);
      this.tell("message", item);
    }
  }

  async #becomeOpen() {
    this.#become("open");
    this.#firstOpen.resolve(undefined);
    try {
      for (const item of await this.#line.transcript()) this.transcript.add(item);
    } catch {
      return; // the line broke again; it reads the transcript when it stands
    }
    this.#changed();
  }

  /** @param {string} contentType */
  #signalReceipt(contentType) {
    const newest = this.transcript
      .items()
      .findLast((item) => isSaid(item) && item.ParticipantRole === OTHER[this.ownRole]);
    const receipt = newest ? `${contentType} ${newest.Id}` : "";
    if (!newest || this.phase !== "open" || receipt === this.#lastReceipt) return;
    this.#lastReceipt = receipt;
    this.#line.sendEvent(contentType, JSON.stringify({ messageId: newest.Id })).catch(() => {});
  }

  /** @param {Phase} phase */
  #become(phase) {
    if (this.phase === "ended" || this.phase === phase) return;
    this.phase = phase;
    this.#changed();
  }

  #changed() {
    this.tell("change");
  }
}

/** Receipts are between the customer and the person: a bot sends and reads none. @type {Record<string, string>} */
const OTHER = { CUSTOMER: "AGENT", AGENT: "CUSTOMER" };

/** @param {Item} item */
function isSaid(item) {
  return item.Type === "MESSAGE" || item.Type === "ATTACHMENT";
}
