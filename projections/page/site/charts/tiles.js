/** Figures in a row, and parts of a whole as lines. */

import { h } from "../dom.js";

/** @param {[string, string | number][]} figures what, and how much */
export function tiles(figures) {
  return h(
    "dl",
    { class: "tiles" },
    figures.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))),
  );
}

/**
 * What of each language was accepted, of how much.
 * @param {{language: string, submissions: number, accepted: number}[]} languages
 */
export function languageShares(languages) {
  const most = Math.max(1, ...languages.map(({ submissions }) => submissions));
  return h(
    "ul",
    { class: "shares", "aria-label": "Languages" },
    languages.map(({ language, submissions, accepted }) => {
      const bar = h("span", { class: "share", "aria-hidden": "true" }, h("span"));
      bar.style.setProperty("--whole", String(submissions / most));
      bar.style.setProperty("--part", String(accepted / Math.max(1, submissions)));
      return h(
        "li",
        null,
        h("span", { class: "share-name" }, language),
        bar,
        h("span", { class: "share-words" }, `${accepted} of ${submissions} accepted`),
      );
    }),
  );
}

/** @param {number | null} rate 0 to 1 @returns {string} */
export function percent(rate) {
  return rate === null ? "–" : `${Math.round(rate * 100)} %`;
}
