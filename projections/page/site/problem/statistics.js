/** What became of everybody's tries at a problem: figures, how fast the accepted ones are, and in which languages. */

import { bucketNames } from "../charts/geometry.js";
import { barChart } from "../charts/svg.js";
import { languageShares, percent, tiles } from "../charts/tiles.js";
import { h, replaceChildren } from "../dom.js";
import { fill } from "../loading.js";

/** Read when it is opened. @param {import("../context.js").Context} context @param {string} problemId @param {AbortSignal} signal */
export function problemStatistics(context, problemId, signal) {
  const content = h("div", { class: "statistics" });
  const read = () => context.api.get(`/problems/${encodeURIComponent(problemId)}/statistics`);
  const element = h(
    "details",
    { class: "statistics-fold" },
    h("summary", null, h("h2", null, "Statistics")),
    content,
  );
  element.addEventListener("toggle", () => {
    if (element.open) fill(content, signal, read, shown);
    else replaceChildren(content);
  });
  return element;
}

/** @param {any} figures @returns {HTMLElement[]} */
function shown(figures) {
  const rows = tiles([
    ["Submissions", figures.submissions],
    ["Accepted", figures.accepted],
    ["Acceptance rate", percent(figures.acceptance_rate)],
    ["Solved by", `${figures.users_solved} of ${figures.users_tried}`],
  ]);
  if (figures.submissions === 0) return [rows];
  const names = bucketNames(figures.cpu_time.bounds_ms);
  const items = figures.cpu_time.accepted.map((/** @type {number} */ value, /** @type {number} */ index) => ({
    name: names[index],
    value,
  }));
  return [
    rows,
    barChart("CPU time of accepted programs", items, "Programs"),
    h("h3", null, "Languages"),
    languageShares(figures.languages),
  ];
}
