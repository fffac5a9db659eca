/** The story of one chat on the screen: its stage, the flow's blocks, the functions that ran, the attributes. */
import { element, setText, syncChildren } from "../dom.js";
import { FlowPath } from "./flow_path.js";
import { Runs } from "./runs.js";
import { createStages, showStages } from "./stages.js";

/** @typedef {import("./story.js").Story} Story */
/** @typedef {import("../language.js").Language} Language */

export class StoryView {
  element;
  #language;
  #stages = createStages();
  #end = element("p", { class: "end-reason" });
  #flow;
  #runs;
  #attributes = element("dl", { class: "raw" });
  #noFlow = placeholder("between.flow.none");
  #noRuns = placeholder("between.runs.none");
  #noAttributes = placeholder("between.attributes.none");

  /** @param {Language} language */
  constructor(language) {
    this.#language = language;
    this.#flow = new FlowPath(language);
    this.#runs = new Runs(language);
    this.element = element(
      "div",
      { class: "story" },
      this.#stages,
      this.#end,
      section("between.flow", this.#noFlow, this.#flow.element),
      section("between.runs", this.#noRuns, this.#runs.element),
      section("between.attributes", this.#noAttributes, this.#attributes),
    );
  }

  /** @param {Story} story */
  show(story) {
    const attributes = Object.entries(story.attributes).sort();
    showStages(this.#stages, story);
    setText(this.#end, story.hasEnded ? this.#language.text("between.stage.ended", story.endReason) : "");
    this.#flow.show(story.blocks);
    this.#runs.show(story.runs);
    this.#showAttributes(attributes);
    this.#noFlow.hidden = story.blocks.length > 0;
    this.#noRuns.hidden = story.runs.length > 0;
    this.#noAttributes.hidden = attributes.length > 0;
  }

  /** @param {[string, string][]} attributes */
  #showAttributes(attributes) {
    syncChildren(this.#attributes, attributes, {
      key: ([name]) => name,
      create: ([name]) => element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" })),
      update: (row, [, value]) => setText(row.children[1], value),
    });
  }
}

/** @param {string} title @param {...HTMLElement} parts */
function section(title, ...parts) {
  return element("section", {}, element("h3", { data: { text: title } }), ...parts);
}

/** @param {string} text */
function placeholder(text) {
  return element("p", { class: "none", data: { text } });
}
