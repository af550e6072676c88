/** How hard a problem is, as a pill. */

import { h } from "../dom.js";

/** @type {Record<string, string>} */
const TONES = { easy: "good", medium: "warn", hard: "bad" };

/** @param {string | null | undefined} difficulty @returns {HTMLElement | null} */
export function difficultyPill(difficulty) {
  if (!difficulty) return null;
  return h(
    "span",
    { class: `pill ${TONES[difficulty.toLowerCase()] ?? ""}` },
    difficulty[0].toUpperCase() + difficulty.slice(1),
  );
}
