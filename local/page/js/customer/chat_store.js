/**
 * The chats of this browser tab, kept so that a reload resumes them. Two tabs are two customers.
 *
 * Of a chat that is over Connect tells nothing more, so its last items are kept here, as long as the tab is open.
 */

/** @typedef {import("../transcript.js").Item} Item */
/**
 * @typedef {object} StoredChat
 * @property {string} contactId
 * @property {string} participantId
 * @property {string} participantToken
 * @property {string} name
 * @property {"en" | "es"} language
 * @property {number} startedAt milliseconds since the epoch
 * @property {Item[]} [endedWith] set when the chat is over
 */

const PREFIX = "handoff.chat.";

/** @returns {StoredChat[]} in the order they were started */
export function storedChats() {
  return Object.keys(sessionStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => JSON.parse(sessionStorage.getItem(key) ?? ""))
    .sort((one, other) => one.startedAt - other.startedAt);
}

/** If the browser has no room left, the chat is kept without what was said. @param {StoredChat} chat */
export function storeChat(chat) {
  const key = PREFIX + chat.contactId;
  try {
    sessionStorage.setItem(key, JSON.stringify(chat));
  } catch {
    sessionStorage.setItem(key, JSON.stringify({ ...chat, endedWith: chat.endedWith && [] }));
  }
}

/** @param {string} contactId */
export function forgetChat(contactId) {
  sessionStorage.removeItem(PREFIX + contactId);
}
