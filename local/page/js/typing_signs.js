/** Who is typing right now. Connect sends a sign, and nothing when it stops: a sign lasts 12 seconds or until a message. */
import { Teller } from "./teller.js";

const SIGN_LASTS_MS = 12_000;

/** Tells "change" when somebody starts or stops. */
export class TypingSigns extends Teller {
  /** @type {Map<string, {name: string, timer: number}>} by participant role */
  #signs = new Map();

  /**
   * @param {string} role
   * @param {string} name
   */
  show(role, name) {
    clearTimeout(this.#signs.get(role)?.timer);
    const timer = setTimeout(() => this.clear(role), SIGN_LASTS_MS);
    this.#signs.set(role, { name, timer });
    this.tell("change");
  }

  /** @param {string} role */
  clear(role) {
    clearTimeout(this.#signs.get(role)?.timer);
    if (this.#signs.delete(role)) this.tell("change");
  }

  clearAll() {
    for (const role of [...this.#signs.keys()]) this.clear(role);
  }

  /** @returns {{role: string, name: string} | null} who started last */
  get current() {
    const last = [...this.#signs].at(-1);
    return last ? { role: last[0], name: last[1].name } : null;
  }
}
