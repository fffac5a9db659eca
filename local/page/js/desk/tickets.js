/** Ticket numbers of a contact: the one of the hand-off, and those the assistants told the customer. */

/** @typedef {import("../transcript.js").Item} Item */

const TICKET_NUMBER = /\bT-\d{3,}\b/gu;
const ATTRIBUTE = "handoff_ticket_number";

/**
 * @param {Record<string, string>} attributes
 * @param {Item[]} items what was said, as far as the desk may read it
 * @returns {string[]} each once, in the order they came up
 */
export function ticketNumbers(attributes, items) {
  const told = items
    .filter((item) => item.ParticipantRole === "CUSTOM_BOT")
    .flatMap((item) => item.Content?.match(TICKET_NUMBER) ?? []);
  const handedOver = attributes[ATTRIBUTE] ? [attributes[ATTRIBUTE]] : [];
  return [...new Set([...handedOver, ...told])];
}
