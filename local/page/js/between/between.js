/** The panel between customer and desk: what happens to the chat in front, while it happens. */
import { find } from "../dom.js";
import { Notices } from "./notices.js";
import { Story } from "./story.js";
import { StoryView } from "./story_view.js";

/** @typedef {import("../activity.js").ActivityFeed} ActivityFeed */
/** @typedef {import("../language.js").Language} Language */

export class Between {
  #language;
  /** @type {Map<string, Story>} by contact id, oldest first */
  #stories = new Map();
  /** the chat to show; "" is the newest one */
  #followed = "";
  #isDue = false;
  #body;
  #empty;
  #view;
  #notices;

  /**
   * @param {HTMLElement} panel
   * @param {{language: Language, feed: ActivityFeed}} surroundings
   */
  constructor(panel, { language, feed }) {
    this.#language = language;
    this.#view = new StoryView(language);
    this.#notices = new Notices(language);
    this.#empty = find(panel, ".empty");
    this.#body = find(panel, ".panel-body");
    this.#body.append(this.#view.element, this.#notices.element);
    feed.on("restart", () => this.#restart());
    feed.on("entry", (entry) => this.#add(entry));
  }

  /** @param {string} contactId "" for whichever is the newest */
  follow(contactId) {
    this.#followed = contactId;
    this.#renderSoon();
  }

  translate() {
    this.#language.write(this.#body);
    this.#render();
  }

  #restart() {
    this.#stories.clear();
    this.#notices.clear();
    this.#renderSoon();
  }

  /** @param {any} entry */
  #add(entry) {
    if (entry.kind === "notice") this.#notices.add(entry);
    else if (entry.contactId) this.#storyOf(entry.contactId).add(entry);
    this.#renderSoon();
  }

  /** @param {string} contactId */
  #storyOf(contactId) {
    const story = this.#stories.get(contactId) ?? new Story();
    this.#stories.set(contactId, story);
    return story;
  }

  /** Many entries come at once; the eye needs one picture. */
  #renderSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#render();
    });
  }

  #render() {
    const story = this.#followed ? this.#stories.get(this.#followed) : [...this.#stories.values()].at(-1);
    this.#empty.hidden = Boolean(story);
    this.#view.element.hidden = !story;
    if (story) this.#view.show(story);
    this.#notices.render();
  }
}
