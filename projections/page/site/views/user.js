import { yearChart } from "../charts/svg.js";
import { languageShares, percent, tiles } from "../charts/tiles.js";
import { h } from "../dom.js";
import { empty, fill } from "../loading.js";
import { to } from "../routes.js";

/** What a user has tried and solved. @type {import("../context.js").View} */
export function userView(context, { userId }, signal) {
  const isOwn = context.session.identity?.userId === userId;
  context.setTitle(isOwn ? "Your statistics" : `Statistics of ${userId}`);
  const content = h("div", { class: "card statistics" });
  fill(
    content,
    signal,
    () => context.api.get(`/users/${encodeURIComponent(userId)}/statistics`),
    (figures) => shown(figures, new Date(context.clock.now()).toISOString().slice(0, 10)),
  );
  return h("div", null, h("div", { class: "page-head" }, h("h1", null, isOwn ? "Your statistics" : userId)), content);
}

/** @param {any} figures @param {string} today */
function shown(figures, today) {
  if (figures.submissions === 0) return empty("inbox", "Nothing has been submitted yet.");
  const solved = new Set(figures.solved);
  const open = figures.tried.filter((/** @type {string} */ id) => !solved.has(id));
  return [
    tiles([
      ["Submissions", figures.submissions],
      ["Accepted", figures.accepted],
      ["Acceptance rate", percent(figures.acceptance_rate)],
      ["Problems solved", figures.solved.length],
    ]),
    yearChart("Submissions per day", figures.days, today),
    h("h2", null, "Languages"),
    languageShares(figures.languages),
    ...problemLinks("Solved", figures.solved),
    ...problemLinks("Tried, not solved", open),
  ];
}

/** @param {string} title @param {string[]} ids */
function problemLinks(title, ids) {
  if (ids.length === 0) return [];
  const link = (/** @type {string} */ id) => h("li", null, h("a", { href: to.problem(id), class: "tag" }, id));
  return [h("h2", null, title), h("ul", { class: "tags", "aria-label": title }, ids.map(link))];
}
