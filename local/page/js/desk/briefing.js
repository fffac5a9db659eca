/** What the person should know before the first word: why, what it is about, and which papers belong to it. */
import { element } from "../dom.js";

/** @typedef {import("../language.js").Language} Language */
/** @typedef {[string, string]} Fact a name in the reader's words, and a value */

/** @typedef {import("./papers.js").Paper} Paper */

const PREFIX = "handoff_";
/** Said in words of their own, or meant for machines. */
const NOT_PAPERS = new Set(["outcome", "reason", "queue", "summary", "language", "attempts"]);
const YES_OR_NO = new Set(["briefing.true", "briefing.false"]);

/**
 * @param {Record<string, string>} attributes of the contact
 * @param {{papers: Paper[], values: Record<string, string[]>}} belonging what the team's list names, and its values here
 * @param {Language} language
 * @returns {HTMLElement}
 */
export function createBriefing(attributes, belonging, language) {
  const reason = attributes[`${PREFIX}reason`] ?? "";
  const summary = attributes[`${PREFIX}summary`] ?? "";
  const passedOn = [...named(belonging, language), ...unnamed(attributes, belonging)];
  const facts = [...passedOn.map((fact) => inWords(fact, language)), ...attempts(attributes, language)];
  return element(
    "section",
    { class: "briefing", "aria-label": language.text("briefing.title") },
    reason ? element("h4", {}, reasonWords(reason, language)) : null,
    reason || summary ? null : element("p", { class: "none" }, language.text("briefing.none")),
    facts.length ? list("facts", facts) : null,
    summary ? element("blockquote", { dir: "auto" }, summary) : null,
  );
}

/**
 * All attributes as they are, folded.
 * @param {Record<string, string>} attributes
 * @param {Language} language
 */
export function createRawAttributes(attributes, language) {
  const summary = element("summary", {}, language.text("briefing.all"));
  return element("details", { class: "fold" }, summary, list("raw", Object.entries(attributes).sort()));
}

/** What the team has names for, in its order. @returns {Fact[]} */
function named({ papers, values }, language) {
  const there = papers.filter(({ name }) => values[name]);
  return there.map(({ name, label }) => [label[language.code] ?? sentenceCase(name), values[name].join(", ")]);
}

/** Every other parameter of the hand-off but the one that is the summary, by its own name. @returns {Fact[]} */
function unnamed(attributes, { papers }) {
  const shown = new Set([...NOT_PAPERS, ...papers.map(({ name }) => name)]);
  return Object.keys(attributes)
    .filter((name) => name.startsWith(PREFIX) && attributes[name])
    .map((name) => name.slice(PREFIX.length))
    .filter((name) => !shown.has(name) && attributes[PREFIX + name] !== attributes[`${PREFIX}summary`])
    .map((name) => [sentenceCase(name), attributes[PREFIX + name]]);
}

/** @returns {Fact[]} */
function attempts(attributes, language) {
  const counted = attributes[`${PREFIX}attempts`] ?? "";
  return counted ? [[language.text("briefing.attempts"), counted]] : [];
}

/** A yes or no as people say it. @param {Fact} fact @param {Language} language @returns {Fact} */
function inWords([name, value], language) {
  const key = `briefing.${value.toLowerCase()}`;
  return YES_OR_NO.has(key) ? [name, language.text(key)] : [name, value];
}

function reasonWords(reason, language) {
  const key = `reason.${reason}`;
  return language.has(key) ? language.text(key) : sentenceCase(reason);
}

/** @param {string} name */
function sentenceCase(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {string} kind @param {Fact[]} facts */
function list(kind, facts) {
  const rows = facts.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, value)),
  );
  return element("dl", { class: kind }, ...rows);
}
