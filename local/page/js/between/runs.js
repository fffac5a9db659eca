/** The functions that ran for a chat, the newest first, each with its AWS calls on one time line. */
import { element, find, setText, syncChildren } from "../dom.js";

/** @typedef {import("./story.js").Run} Run */
/** @typedef {import("./story.js").Call} Call */
/** @typedef {import("../language.js").Language} Language */

const FAILED_FROM = 400;
/** The calls by which a chat is taken from the bot. */
const HAND_OVER = new Set(["UpdateContactAttributes", "DisconnectParticipant"]);
/** The status of a call whose connection broke. */
const CUT = 0;
/** What a write meets when another was before it: the answer it was sent for, and no failure. */
const CONDITION = "ConditionalCheckFailedException";

export class Runs {
  element = element("ol", { class: "runs" });
  #language;

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
  }

  /** @param {Run[]} runs in the order they began */
  show(runs) {
    syncChildren(this.element, runs.toReversed(), {
      key: (run) => String(run.n),
      create: (run) => createRun(run),
      update: (row, run) => this.#update(row, run),
    });
  }

  /** @param {Element} row @param {Run} run */
  #update(row, run) {
    const [head, cause, error, calls] = row.children;
    row.setAttribute("data-phase", run.phase);
    setText(head.children[1], this.#language.timeWithSeconds(run.at * 1000));
    setText(head.children[2], this.#outcome(run));
    setText(cause, this.#cause(run));
    /** @type {HTMLElement} */ (cause).hidden = !run.cause;
    setText(error, run.error);
    /** @type {HTMLElement} */ (error).hidden = !run.error;
    const span = spanOf(run);
    syncChildren(calls, run.calls, {
      key: (call) => String(call.n),
      create: (call) => createCall(call),
      update: (line, call) => this.#updateCall(/** @type {HTMLElement} */ (line), call, run, span),
    });
  }

  /** @param {HTMLElement} line @param {Call} call @param {Run} run @param {number} span */
  #updateCall(line, call, run, span) {
    const error = call.error === CONDITION ? this.#language.text("between.runs.condition") : call.error;
    setText(find(line, "small"), error || call.service);
    place(line, call, run, span);
  }

  /** @param {Run} run */
  #outcome({ phase, ms, delay }) {
    if (phase === "finished") return milliseconds(ms);
    return this.#language.text(`between.runs.${phase === "started" ? "running" : phase}`, delay);
  }

  /** What failed before, and what came of looking after it. @param {Run} run */
  #cause({ cause, phase, calls }) {
    if (!cause) return "";
    const because = this.#language.text(`between.runs.cause.${cause}`);
    if (phase !== "finished") return because;
    const handedOver = calls.some((call) => HAND_OVER.has(call.operation) && call.status < FAILED_FROM);
    return `${because} ${this.#language.text(handedOver ? "between.runs.rescued" : "between.runs.settled")}`;
  }
}

/** @param {Run} run */
function createRun({ function: name }) {
  return element(
    "li",
    { class: "run" },
    element("p", { class: "run-head" }, element("b", {}, name), element("time"), element("span", { class: "outcome" })),
    element("p", { class: "run-cause" }),
    element("p", { class: "run-error" }),
    element("ol", { class: "calls" }),
  );
}

/** @param {Call} call */
function createCall({ service, operation, status, error, ms }) {
  const failed = status === CUT || (status >= FAILED_FROM && error !== CONDITION);
  const title = [service, operation, error].filter(Boolean).join(" ");
  const name = element("span", { class: "call-name", title }, element("span", {}, operation), element("small"));
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"));
  const time = element("span", { class: "call-ms" }, failed ? String(status || "✕") : milliseconds(ms));
  return element("li", { class: failed ? "call failed" : "call" }, name, bar, time);
}

/** The length of the time line in seconds: until the function ended or its last call did. @param {Run} run */
function spanOf({ at, ms, calls }) {
  const ends = calls.map((call) => call.at - at);
  return Math.max(ms / 1000, ...ends, 0.001);
}

/** @param {HTMLElement} line @param {Call} call @param {Run} run @param {number} span */
function place(line, call, run, span) {
  const start = Math.max(0, call.at - call.ms / 1000 - run.at);
  line.style.setProperty("--start", String(Math.min(start / span, 1)));
  line.style.setProperty("--length", String(Math.min(call.ms / 1000 / span, 1)));
}

/** @param {number} ms */
function milliseconds(ms) {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`;
}
