/** Asks before something that cannot be undone. */
import { find } from "./dom.js";

/** @typedef {import("./language.js").Language} Language */

/**
 * @param {string} what a key; its texts are `<what>.question`, `<what>.text` and, for the button that does it, `<what>`
 * @param {Language} language
 * @returns {Promise<boolean>}
 */
export function confirm(what, language) {
  const dialog = /** @type {HTMLDialogElement} */ (find(document, "#confirm"));
  const [cancel, go] = dialog.querySelectorAll("button");
  find(dialog, "h2").dataset.text = `${what}.question`;
  find(dialog, "p").dataset.text = `${what}.text`;
  go.dataset.text = what;
  language.write(dialog);
  dialog.returnValue = "";
  cancel.onclick = () => dialog.close();
  go.onclick = () => dialog.close("yes");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
