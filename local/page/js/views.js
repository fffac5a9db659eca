/** Which panels are on the screen: all side by side where there is room, else the one chosen. The address remembers. */
import { find } from "./dom.js";

/** @typedef {"all" | "customer" | "between" | "desk"} View */

const VIEWS = ["all", "customer", "between", "desk"];
const ROOM_FOR_ALL = "(min-width: 1100px)";

/** Shows what the address asks for, now and whenever it changes. */
export function startViews() {
  const room = matchMedia(ROOM_FOR_ALL);
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".views a")]);
  const show = () => {
    const chosen = viewOfAddress();
    const shown = chosen === "all" && !room.matches ? "customer" : chosen;
    find(document, "main").dataset.view = shown;
    for (const link of links) {
      if (link.dataset.view === shown) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      history.pushState(null, "", link.getAttribute("href"));
      show();
    });
  }
  addEventListener("popstate", show);
  room.addEventListener("change", show);
  show();
}

/** @returns {View} */
function viewOfAddress() {
  const named = new URLSearchParams(location.search).get("view") ?? "";
  return /** @type {View} */ (VIEWS.includes(named) ? named : "all");
}
