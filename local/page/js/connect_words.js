/** What the page and Connect say to each other by name and number. Source: connectparticipant's service model, 2026-11. */
const EVENT = "application/vnd.amazonaws.connect.event.";

export const TEXT = "text/plain";
export const MARKDOWN = "text/markdown";
export const TYPING = `${EVENT}typing`;
export const JOINED = `${EVENT}participant.joined`;
export const LEFT = `${EVENT}participant.left`;
export const ENDED = `${EVENT}chat.ended`;
export const READ = `${EVENT}message.read`;
export const DELIVERED = `${EVENT}message.delivered`;
export const METADATA = `${EVENT}message.metadata`;

/** What Connect takes as attachments. Source: administrator guide, feature limits, 2026-11. */
export const FILES = ".csv,.doc,.docx,.heic,.jfif,.jpeg,.jpg,.mov,.mp4,.pdf,.png,.ppt,.pptx,.rtf,.txt,.wav,.xls,.xlsx";

/** What one message may hold at most, in bytes of UTF-8. */
export const MESSAGE_BYTES = 16_384;
