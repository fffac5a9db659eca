/** What happens in the stack, as it happens. After a lost connection everything is told again from the start. */
import { Teller } from "./teller.js";

/**
 * @typedef {object} Activity one entry of /local/activity
 * @property {number} n
 * @property {number} at seconds since the epoch
 * @property {string | null} contactId null if it concerns every chat
 * @property {"flow" | "attributes" | "call" | "invocation" | "contact" | "notice"} kind
 */

const REOPEN_AFTER_MS = 2_000;

/** Tells "entry" with an Activity, "restart" before everything is told (again), "reachable" when `isReachable` changed. */
export class ActivityFeed extends Teller {
  isReachable = true;

  open() {
    const source = new EventSource("/local/activity");
    source.onopen = () => {
      this.tell("restart");
      this.#setReachable(true);
    };
    source.onmessage = ({ data }) => this.tell("entry", JSON.parse(data));
    // EventSource would go on where it was, but the stack may be another one by then.
    source.onerror = () => {
      source.close();
      this.#setReachable(false);
      setTimeout(() => this.open(), REOPEN_AFTER_MS);
    };
  }

  /** @param {boolean} isReachable */
  #setReachable(isReachable) {
    this.isReachable = isReachable;
    this.tell("reachable");
  }
}
