/** How long somebody has been waiting, counting on the screen. */
import { element, setText } from "../dom.js";

const EVERY_MS = 1_000;

/** @param {string} since ISO */
export function createWaitingTime(since) {
  const time = element("time", { class: "waiting-time", data: { since } });
  show(time);
  return time;
}

/** Lets all waiting times on the page count. */
export function countWaitingTimes() {
  setInterval(
    () => document.querySelectorAll(".waiting-time").forEach((time) => show(/** @type {HTMLElement} */ (time))),
    EVERY_MS,
  );
}

/** @param {HTMLElement} time */
function show(time) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dataset.since ?? "")) / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const padded = [minutes, seconds % 60].map((part) => String(part).padStart(2, "0"));
  setText(time, hours ? [hours, ...padded].join(":") : `${minutes}:${padded[1]}`);
  time.setAttribute("datetime", `PT${seconds}S`);
}
