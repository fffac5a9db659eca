/** Asks the local stack to start a chat, as a site's own backend would with StartChatContact. */

/** @typedef {import("./chat_store.js").StoredChat} StoredChat */

/**
 * @param {{name: string, language: "en" | "es", initialMessage?: string}} wish
 * @returns {Promise<StoredChat>}
 */
export async function startChat({ name, language, initialMessage }) {
  const body = JSON.stringify({ displayName: name, language, initialMessage });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch("/local/chats", { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`the chat was refused with ${answer.status}`);
  const { ContactId, ParticipantId, ParticipantToken } = await answer.json();
  const details = { contactId: ContactId, participantId: ParticipantId, participantToken: ParticipantToken };
  return { ...details, name, language, startedAt: Date.now() };
}
