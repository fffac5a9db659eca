/** What the person should know before the first word: why, what it is about, and which papers belong to it. */
import { element } from "../dom.js";

/** @typedef {import("../language.js").Language} Language */
/** @typedef {[string, string]} Fact a name in the reader's words, and a value */

const PREFIX = "handoff_";
const FIRST_PAPERS = ["order_number", "identity_document_number"];
/** Said in words of their own, or meant for machines. */
const NOT_PAPERS = new Set([
  "outcome",
  "reason",
  "queue",
  "summary",
  "description",
  "language",
  "attempts",
  "ticket_number",
]);

/**
 * @param {Record<string, string>} attributes of the contact
 * @param {string[]} tickets numbers that belong to it
 * @param {Language} language
 * @returns {HTMLElement}
 */
export function createBriefing(attributes, tickets, language) {
  const reason = attributes[`${PREFIX}reason`] ?? "";
  const summary = attributes[`${PREFIX}summary`] ?? "";
  const facts = [...papers(attributes, language), ...history(attributes, tickets, language)];
  return element(
    "section",
    { class: "briefing", "aria-label": language.text("briefing.title") },
    reason ? element("h4", {}, reasonWords(reason, language)) : null,
    summary ? element("blockquote", { dir: "auto" }, summary) : null,
    reason || summary ? null : element("p", { class: "none" }, language.text("briefing.none")),
    facts.length ? list("facts", facts) : null,
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

/** The parameters of the hand-off, the best known first. @returns {Fact[]} */
function papers(attributes, language) {
  const handedOver = Object.keys(attributes).filter((name) => name.startsWith(PREFIX) && attributes[name]);
  const parameters = handedOver.map((name) => name.slice(PREFIX.length)).filter((name) => !NOT_PAPERS.has(name));
  const known = FIRST_PAPERS.filter((name) => parameters.includes(name));
  const ordered = [...new Set([...known, ...parameters])];
  return ordered.map((name) => [labelOf(name, language), attributes[PREFIX + name]]);
}

/** @returns {Fact[]} */
function history(attributes, tickets, language) {
  const attempts = attributes[`${PREFIX}attempts`] ?? "";
  /** @type {Fact[]} */
  const facts = [
    [language.text("briefing.tickets"), tickets.join(", ")],
    [language.text("briefing.attempts"), attempts],
  ];
  return facts.filter(([, value]) => value);
}

/** A parameter that this page has no word for is shown by its name. */
function labelOf(parameter, language) {
  const key = `briefing.${parameter}`;
  return language.has(key) ? language.text(key) : sentenceCase(parameter);
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
