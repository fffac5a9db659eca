/** The customer's way to Connect: Amazon's own ChatJS, pointed at this machine. */
import { TEXT } from "../connect_words.js";
import { ChatOverError } from "../conversation.js";

/** @typedef {import("../conversation.js").Line} Line */
/** @typedef {import("../conversation.js").LineListener} LineListener */
/** @typedef {{contactId: string, participantId: string, participantToken: string}} ChatDetails */

const REFUSED = 403;
const TRANSCRIPT_PAGE = 100;

/**
 * Must run before the first line is opened. One origin for page and API, and nothing is sent anywhere else.
 * @param {string} region
 */
export function configureChatJs(region) {
  connect.ChatSession.setGlobalConfig({ region, endpoint: location.origin });
}

/** @implements {Line} */
export class ChatJsLine {
  #details;
  /** @type {any} ChatJS's CustomerChatSession */
  #session;

  /** @param {ChatDetails} details */
  constructor(details) {
    this.#details = details;
  }

  /** @param {LineListener} listener */
  async open({ onItem, onOpen, onLost, onEnded }) {
    const { CUSTOMER } = connect.ChatSession.SessionTypes;
    const session = connect.ChatSession.create({ chatDetails: this.#details, type: CUSTOMER, disableCSM: true });
    this.#session = session;
    for (const subscribe of ["onMessage", "onTyping", "onReadReceipt", "onDeliveredReceipt"]) {
      session[subscribe](({ data }) => onItem(data));
    }
    session.onConnectionEstablished(onOpen);
    session.onConnectionLost(onLost);
    session.onEnded(onEnded);
    try {
      await session.connect();
    } catch (error) {
      throw statusOf(error) === REFUSED ? new ChatOverError("refused", { cause: error }) : error;
    }
  }

  async send(text, clientToken) {
    const { data } = await this.#session.sendMessage({ contentType: TEXT, message: text, clientToken });
    return data;
  }

  async sendFile(file) {
    await this.#session.sendAttachment({ attachment: file });
  }

  async sendEvent(contentType, content) {
    await this.#session.sendEvent({ contentType, content });
  }

  async transcript() {
    const items = [];
    let nextToken;
    do {
      const { data } = await this.#session.getTranscript({ maxResults: TRANSCRIPT_PAGE, nextToken });
      items.push(...data.Transcript);
      nextToken = data.NextToken;
    } while (nextToken);
    return items;
  }

  download(attachmentId) {
    return this.#session.downloadAttachment({ attachmentId });
  }

  async leave() {
    await this.#session.disconnectParticipant();
  }
}

/** @param {any} error what ChatJS rejects `connect` with */
function statusOf(error) {
  return error?._debug?._debug?.statusCode ?? error?._debug?.statusCode;
}
