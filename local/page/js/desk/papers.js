/** What belongs to a contact, by the team's own list: parameters of the hand-off, and values the assistants told. */

/** @typedef {import("../transcript.js").Item} Item */
/** @typedef {{name: string, label: Record<string, string>, told: string}} Paper as the team's demo.yaml has it */

const PREFIX = "handoff_";

/**
 * @param {Paper[]} papers
 * @param {Record<string, string>} attributes
 * @param {Item[]} items what was said, as far as the desk may read it
 * @returns {Record<string, string[]>} values by name, each once, in the order they came up; none without a value
 */
export function collectPapers(papers, attributes, items) {
  const told = items.filter((item) => item.ParticipantRole === "CUSTOM_BOT").map((item) => item.Content ?? "");
  const found = papers.map((paper) => {
    const handedOver = attributes[PREFIX + paper.name] ? [attributes[PREFIX + paper.name]] : [];
    return [paper.name, [...new Set([...handedOver, ...valuesTold(paper, told)])]];
  });
  return Object.fromEntries(found.filter(([, values]) => values.length));
}

/** @param {Paper} paper @param {string[]} told @returns {string[]} */
function valuesTold(paper, told) {
  if (!paper.told) return [];
  const pattern = new RegExp(paper.told, "gu");
  return told.flatMap((text) => text.match(pattern) ?? []);
}
