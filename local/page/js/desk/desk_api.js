/** The desk's own two calls: who is there, and accepting one. Everything else is the participant API. */

/**
 * @typedef {object} DeskContact
 * @property {string} id
 * @property {"bot" | "waiting" | "connected" | "ended"} state
 * @property {string} customerName
 * @property {boolean} customerLeft
 * @property {string | null} language BCP 47
 * @property {string | null} queuedAt ISO
 * @property {string | null} connectedAt ISO
 * @property {string | null} lastMessageAt ISO
 * @property {string | null} endedAt ISO
 * @property {string | null} queueName
 * @property {Record<string, string>} attributes
 */

export class DeskApi {
  #address;

  /** @param {string} deskUrl */
  constructor(deskUrl) {
    this.#address = deskUrl;
  }

  /** @returns {Promise<DeskContact[]>} waiting, connected and recently ended ones */
  async contacts() {
    const answer = await fetch(`${this.#address}/contacts`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`the desk answered with ${answer.status}`);
    return answer.json();
  }

  /**
   * @param {string} contactId
   * @param {string} displayName of the person at the desk
   * @returns {Promise<string>} the participant token of the person who takes the contact
   */
  async accept(contactId, displayName) {
    const body = JSON.stringify({ displayName });
    const answer = await fetch(`${this.#address}/contacts/${contactId}/accept`, { method: "POST", body });
    if (!answer.ok) throw new Error(`accepting was answered with ${answer.status}`);
    return (await answer.json()).participantToken;
  }
}
