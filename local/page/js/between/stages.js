/** Where the chat is: flow, assistants, queue or person. */
import { element } from "../dom.js";

/** @typedef {import("./story.js").Story} Story */
/** @typedef {import("../language.js").Language} Language */

const STAGES = ["flow", "bot", "queue", "person"];

export function createStages() {
  const steps = STAGES.map((stage) =>
    element("li", { data: { stage } }, element("span", { data: { text: `between.stage.${stage}` } })),
  );
  return element("ol", { class: "stages", data: { label: "between.stage" } }, ...steps);
}

/**
 * @param {HTMLElement} list
 * @param {Story} story
 */
export function showStages(list, story) {
  const current = STAGES.indexOf(story.stage);
  list.classList.toggle("ended", story.hasEnded);
  [...list.children].forEach((step, index) => {
    step.classList.toggle("passed", index < current);
    if (index === current) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  });
}
