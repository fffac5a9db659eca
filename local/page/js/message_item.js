/** One message, file or notice of a conversation as an element. */
import { ENDED, JOINED, LEFT } from "./connect_words.js";
import { element, find, icon, setText } from "./dom.js";
import { markdownNodes } from "./markdown_text.js";
import { messageNodes } from "./message_text.js";

/** @typedef {import("./transcript.js").Entry} Entry */
/** @typedef {import("./language.js").Language} Language */
/** @typedef {"CUSTOMER" | "AGENT"} Reader the participant role of whoever looks at the screen */
/** @typedef {{entry: Entry, startsGroup: boolean, isLastOwn: boolean}} Shown an entry and its place among the others */
/** @typedef {{retry: (key: string) => void, download: (file: {attachmentId: string, name: string}) => void}} Actions */

/** What an event says, by content type and role; what is not here is not shown. @type {Record<Reader, Record<string, string>>} */
const NOTICES = {
  CUSTOMER: {
    [`${JOINED} AGENT`]: "notice.person_joined",
    [`${LEFT} AGENT`]: "notice.person_left",
    [ENDED]: "notice.ended",
  },
  AGENT: {
    [`${JOINED} CUSTOM_BOT`]: "notice.desk.bot_joined",
    [`${LEFT} CUSTOM_BOT`]: "notice.desk.bot_left",
    [`${JOINED} AGENT`]: "notice.desk.person_joined",
    [`${LEFT} AGENT`]: "notice.desk.person_left",
    [`${LEFT} CUSTOMER`]: "notice.desk.customer_left",
    [ENDED]: "notice.ended",
  },
};

/** @type {Record<string, string>} */
const AUTHORS = { CUSTOM_BOT: "author.bot", AGENT: "author.person", CUSTOMER: "author.customer" };

/**
 * @param {Entry} entry an event
 * @param {Reader} reader
 * @param {Language} language
 * @returns {string} "" if it is nothing for this reader
 */
export function noticeWords({ text, role, author }, reader, language) {
  const key = NOTICES[reader][`${text} ${role}`] ?? NOTICES[reader][text];
  return key ? language.text(key, author) : "";
}

/**
 * The name to show for whoever said something.
 * @param {{role: string, author: string}} entry
 * @param {Reader} reader
 * @param {Language} language
 */
export function authorWords({ role, author }, reader, language) {
  if (role === reader) return language.text("author.you");
  if (!(role in AUTHORS)) return language.text("author.system");
  return author || language.text(AUTHORS[role]);
}

/**
 * @param {Entry} entry
 * @param {Reader} reader
 * @param {Actions} actions
 */
export function createMessage(entry, reader, actions) {
  if (entry.kind === "event") return element("li", { class: "notice" });
  const content = entry.kind === "file" ? [fileNode(entry, actions)] : textNodes(entry);
  return element(
    "li",
    { class: entry.role === reader ? "message own" : "message", data: { role: entry.role } },
    element("p", { class: "author" }, element("bdi", { class: "name" }), element("time")),
    element("div", { class: "bubble", dir: "auto" }, ...content),
    element("p", { class: "delivery" }),
  );
}

/**
 * @param {Element} item what `createMessage` made
 * @param {Shown} shown
 * @param {Reader} reader
 * @param {Language} language
 * @param {Actions} actions
 */
export function updateMessage(item, { entry, startsGroup, isLastOwn }, reader, language, actions) {
  if (entry.kind === "event") return setText(item, noticeWords(entry, reader, language));
  item.classList.toggle("starts-group", startsGroup);
  setText(find(item, ".name"), authorWords(entry, reader, language));
  const time = find(item, "time");
  setText(time, language.time(entry.time));
  time.setAttribute("datetime", new Date(entry.time).toISOString());
  find(item, ".bubble").title = language.timeWithSeconds(entry.time);
  item.querySelector("button.file")?.setAttribute("aria-label", language.text("messages.download", entry.text));
  updateDelivery(find(item, ".delivery"), entry, isLastOwn, language, actions);
}

/** @param {Entry} entry */
function textNodes({ text, isMarkdown }) {
  return isMarkdown ? markdownNodes(text) : messageNodes(text);
}

/** @param {Entry} entry @param {Actions} actions */
function fileNode({ text: name, attachmentId }, actions) {
  const inside = [icon("file"), element("bdi", {}, name)];
  if (!attachmentId) return element("span", { class: "file" }, ...inside);
  return element(
    "button",
    { type: "button", class: "file", onclick: () => actions.download({ attachmentId, name }) },
    ...inside,
  );
}

/**
 * Only the newest of one's own messages says how far it came; one that failed always does.
 * @param {HTMLElement} line
 * @param {Entry} entry
 * @param {boolean} isLastOwn
 * @param {Language} language
 * @param {Actions} actions
 */
function updateDelivery(line, { key, kind, delivery }, isLastOwn, language, actions) {
  const state = delivery && (delivery === "failed" || isLastOwn) ? delivery : "";
  if (line.dataset.state === state && line.lang === language.code) return;
  line.dataset.state = state;
  line.lang = language.code;
  const words = state === "sending" && kind === "file" ? "messages.uploading" : `messages.${state}`;
  line.replaceChildren(state ? language.text(words) : "");
  if (state !== "failed") return;
  const retry = element(
    "button",
    { type: "button", class: "retry", onclick: () => actions.retry(key) },
    language.text("messages.retry"),
  );
  line.append(" ", retry);
}
