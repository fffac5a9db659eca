/**
 * The person's way to Connect: the participant API and its WebSocket, spoken directly, because ChatJS takes a person's
 * chat only from Amazon Connect Streams and that only from a real instance.
 *
 * Frames and their timing: amazon-connect-chatjs 5.0.0 and its bundled socket manager, read 2026-11.
 */
import { ENDED, TEXT, TYPING } from "../connect_words.js";
import { ChatOverError } from "../conversation.js";

/** @typedef {import("../conversation.js").Line} Line */
/** @typedef {import("../conversation.js").LineListener} LineListener */

const REFUSED = 403;
const TRANSCRIPT_PAGE = 100;
const HEARTBEAT_MS = 10_000;
const RECONNECT_MS = 1_000;
const TYPING_EVERY_MS = 10_000;

/** @implements {Line} */
export class ParticipantLine {
  #participantToken;
  #connectionToken = "";
  #typedAt = -TYPING_EVERY_MS;
  /** @type {WebSocket | null} */
  #socket = null;
  #isOver = false;

  /** @param {string} participantToken */
  constructor(participantToken) {
    this.#participantToken = participantToken;
  }

  /** @param {LineListener} listener */
  async open(listener) {
    const types = { Type: ["WEBSOCKET", "CONNECTION_CREDENTIALS"] };
    const connection = await call("connection", this.#participantToken, types);
    this.#connectionToken = connection.ConnectionCredentials.ConnectionToken;
    this.#listen(new WebSocket(connection.Websocket.Url), listener);
  }

  async send(text, clientToken) {
    this.#typedAt = -TYPING_EVERY_MS; // a message takes the dots away; the next stroke shows them again
    return this.#call("message", { ContentType: TEXT, Content: text, ClientToken: clientToken });
  }

  async sendFile(file) {
    const about = { ContentType: file.type, AttachmentSizeInBytes: file.size, AttachmentName: file.name };
    const upload = await this.#call("start-attachment-upload", { ...about, ClientToken: crypto.randomUUID() });
    const { Url, HeadersToInclude } = upload.UploadMetadata;
    const put = await fetch(Url, { method: "PUT", headers: HeadersToInclude, body: file });
    if (!put.ok) throw new Error(`the upload was answered with ${put.status}`);
    const complete = { AttachmentIds: [upload.AttachmentId], ClientToken: crypto.randomUUID() };
    await this.#call("complete-attachment-upload", complete);
  }

  async sendEvent(contentType, content) {
    if (contentType === TYPING) {
      if (performance.now() - this.#typedAt < TYPING_EVERY_MS) return;
      this.#typedAt = performance.now();
    }
    await this.#call("event", { ContentType: contentType, Content: content });
  }

  async transcript() {
    const items = [];
    let NextToken;
    do {
      const page = { MaxResults: TRANSCRIPT_PAGE, ScanDirection: "BACKWARD", SortOrder: "ASCENDING", NextToken };
      const answer = await this.#call("transcript", page);
      items.push(...answer.Transcript);
      NextToken = answer.NextToken;
    } while (NextToken);
    return items;
  }

  async download(attachmentId) {
    const { Url } = await this.#call("attachment", { AttachmentId: attachmentId });
    const answer = await fetch(Url);
    if (!answer.ok) throw new Error(`the download was answered with ${answer.status}`);
    return answer.blob();
  }

  async leave() {
    await this.#call("disconnect", {});
    this.#close();
  }

  /** @param {string} operation @param {object} body */
  #call(operation, body) {
    return call(operation, this.#connectionToken, body);
  }

  /** @param {WebSocket} socket @param {LineListener} listener */
  #listen(socket, listener) {
    this.#socket = socket;
    const beat = setInterval(() => tell(socket, { topic: "aws/heartbeat" }), HEARTBEAT_MS);
    socket.onopen = () => tell(socket, { topic: "aws/subscribe", content: { topics: ["aws/chat"] } });
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data), listener);
    socket.onclose = () => {
      clearInterval(beat);
      if (!this.#isOver) this.#reopen(listener);
    };
  }

  /** @param {{topic: string, content?: any}} frame @param {LineListener} listener */
  #hear({ topic, content }, { onItem, onOpen }) {
    if (topic === "aws/subscribe" && content.status === "success") onOpen();
    if (topic !== "aws/chat") return;
    const item = JSON.parse(content);
    onItem(item);
    if (item.ContentType === ENDED) this.#close();
  }

  /** @param {LineListener} listener */
  #reopen(listener) {
    listener.onLost();
    setTimeout(async () => {
      try {
        await this.open(listener);
      } catch (error) {
        if (error instanceof ChatOverError) listener.onEnded();
        else this.#reopen(listener);
      }
    }, RECONNECT_MS);
  }

  #close() {
    this.#isOver = true;
    this.#socket?.close();
  }
}

/**
 * One call of the participant API.
 * @param {string} operation the last part of its path
 * @param {string} bearer
 * @param {object} body
 */
async function call(operation, bearer, body) {
  const headers = { "Content-Type": "application/json", "X-Amz-Bearer": bearer };
  const answer = await fetch(`/participant/${operation}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.status === REFUSED) throw new ChatOverError(`${operation} was refused`);
  if (!answer.ok) throw new Error(`${operation} was answered with ${answer.status}`);
  return answer.json();
}

/** @param {WebSocket} socket @param {object} frame */
function tell(socket, frame) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}
