/** What the activity feed told about one chat, put in order. It knows no DOM. */

/**
 * @typedef {object} Block a block of the contact flow that was reached
 * @property {number} n
 * @property {number} at seconds since the epoch
 * @property {string} block its name; "" if the flow stopped because it is broken
 * @property {string} type
 * @property {string} detail
 * @property {string} by the result or error that led here
 */
/**
 * @typedef {object} Call an AWS call; `at` is when it ended, in seconds since the epoch
 * @property {number} n
 * @property {number} at
 * @property {string} service
 * @property {string} operation
 * @property {number} status
 * @property {number} ms
 * @property {string} error the code of an AWS error, or ""
 */
/**
 * @typedef {object} Run one invocation of a function
 * @property {number} n
 * @property {number} at when it began, in seconds since the epoch
 * @property {string} function
 * @property {string} run its request id, which Lambda's next try has again; "" if it has none
 * @property {"started" | "finished" | "failed" | "retrying" | "given_up"} phase
 * @property {number} ms
 * @property {string} error one line, or ""
 * @property {number} delay seconds until it is tried again, if it is
 * @property {"" | "lambda_gave_up" | "sns_gave_up"} cause who gave up on the event before it came here
 * @property {Call[]} calls
 */
/** @typedef {"" | "flow" | "bot" | "queue" | "person"} Stage */

const ENDING = new Set(["finished", "failed"]);

export class Story {
  /** @type {Block[]} */
  blocks = [];
  /** @type {Run[]} */
  runs = [];
  /** @type {Record<string, string>} */
  attributes = {};
  /** @type {Stage} */
  stage = "";
  hasEnded = false;
  endReason = "";

  /** @param {any} entry an Activity of this chat */
  add(entry) {
    READERS[entry.kind]?.(this, entry);
  }
}

/** @type {Record<string, (story: Story, entry: any) => void>} */
const READERS = {
  flow: (story, entry) => {
    story.blocks.push(entry);
    story.stage ||= "flow";
  },
  attributes: (story, { attributes }) => {
    story.attributes = attributes;
  },
  contact: readContact,
  invocation: readInvocation,
  call: readCall,
};

/** @type {Record<string, Stage>} */
const STAGES = { started: "flow", queued: "queue", connected: "person" };

function readContact(story, { state, reason }) {
  if (state === "ended") Object.assign(story, { hasEnded: true, endReason: reason });
  else story.stage = STAGES[state] ?? story.stage;
}

/** An invocation is told when it begins and when it ends; what Lambda does with a failed one belongs to the same run. */
function readInvocation(story, entry) {
  const { n, at, function: name, run: id = "", phase, ms, error, cause, delay } = entry;
  if (phase === "started") {
    story.runs.push({ n, at, function: name, run: id, phase, ms: 0, error: "", delay: 0, cause, calls: [] });
    return;
  }
  const run = story.runs.findLast((one) => isOf(one, entry) && (one.phase === "started") === ENDING.has(phase));
  if (!run) return;
  run.phase = phase;
  if (ENDING.has(phase)) run.ms = ms;
  if (error) run.error = error;
  if (delay) run.delay = delay;
}

function readCall(story, call) {
  story.runs.findLast((one) => isOf(one, call))?.calls.push(call);
  const speaks = call.operation === "SendMessage" && call.status < 400;
  if (speaks && story.stage === "flow") story.stage = "bot";
}

/**
 * Several runs of a function may overlap; where an entry names none, the one last begun is meant.
 * @param {Run} one
 * @param {{function: string, run?: string}} entry
 */
function isOf(one, { function: name, run }) {
  return one.function === name && (!run || one.run === run);
}
