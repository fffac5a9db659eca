/** The one place where the parts of the page meet. */
import { ActivityFeed } from "./activity.js";
import { Between } from "./between/between.js";
import { configureChatJs } from "./customer/chatjs_line.js";
import { Customer } from "./customer/customer.js";
import { Desk } from "./desk/desk.js";
import { countWaitingTimes } from "./desk/waiting_time.js";
import { find } from "./dom.js";
import { Language } from "./language.js";
import { startViews } from "./views.js";

/**
 * @typedef {object} Settings what /local.json tells
 * @property {string} region
 * @property {string} deskUrl
 * @property {{name: string, try_this: Record<"en" | "es", string>[], papers: import("./desk/papers.js").Paper[]}} team
 * @property {{scripted: boolean, name: string}} model
 * @property {string} backend where the team runs, as `make run BACKEND=…` names it
 * @property {boolean} guardrail whether the template has one
 */

/** @param {Settings} settings */
function start({ region, deskUrl, team, model, backend, guardrail }) {
  configureChatJs(region);
  const language = new Language();
  const feed = new ActivityFeed();
  const surroundings = { language, feed, announce, deskUrl, suggestions: team.try_this, papers: team.papers };
  const between = new Between(find(document, ".panel.between"), surroundings);
  const customer = new Customer(find(document, ".panel.customer"), surroundings);
  const desk = new Desk(find(document, ".panel.desk"), surroundings);
  const translate = () => {
    language.write(document);
    const note = model.scripted ? "page.note.scripted" : "page.note.model";
    const where = language.text(`page.backend.${backend}`);
    find(document, ".note").textContent = language.text(note, { model: model.name, backend: where });
    find(document, ".note").title = guardrail ? language.text("page.note.guardrail") : "";
    find(document, ".unreachable").textContent = feed.isReachable ? "" : language.text("page.unreachable");
    for (const part of [between, customer, desk]) part.translate();
  };

  for (const source of [customer, desk]) source.on("follow", (contactId) => between.follow(contactId));
  between.follow(customer.followed);
  desk.on("waiting", showWaiting);
  language.on("change", translate);
  feed.on("reachable", () => {
    find(document, ".unreachable").hidden = feed.isReachable;
    translate();
  });
  connectLanguageChoice(language);
  startViews();
  countWaitingTimes();
  translate();
  feed.open();
}

/** @param {Language} language */
function connectLanguageChoice(language) {
  const choice = /** @type {HTMLSelectElement} */ (find(document, ".language select"));
  choice.value = language.code;
  choice.addEventListener("change", () => language.choose(choice.value === "es" ? "es" : "en"));
}

/** @param {number} count of waiting contacts */
function showWaiting(count) {
  document.title = count ? `(${count}) Handoff` : "Handoff";
  find(document, ".waiting-number").textContent = count ? String(count) : "";
}

/** Says something to people who do not see the screen. @param {string} sentence */
function announce(sentence) {
  find(document, "#announcer").textContent = sentence;
}

start(await (await fetch("/local.json")).json());
