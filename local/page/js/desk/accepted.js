/** The contacts this browser accepted, so that a reload of the desk goes on with them. */

const PREFIX = "handoff.desk.";

/** @param {string} contactId @returns {string | null} the participant token */
export function acceptedToken(contactId) {
  return localStorage.getItem(PREFIX + contactId);
}

/** @param {string} contactId @param {string} participantToken */
export function rememberAccepted(contactId, participantToken) {
  localStorage.setItem(PREFIX + contactId, participantToken);
}

/** Forgets contacts that the desk no longer lists. @param {Set<string>} listed their ids */
export function forgetUnlisted(listed) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && !listed.has(key.slice(PREFIX.length))) localStorage.removeItem(key);
  }
}
