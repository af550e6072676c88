import { contestClock, phaseOf } from "../contest/time.js";
import { phasePill } from "../contest/header.js";
import { h } from "../dom.js";
import { moment, span } from "../format.js";
import { icon } from "../icons.js";
import { empty, fill } from "../loading.js";
import { to } from "../routes.js";

/** Contests: those that run first, then those to come, then the past ones. @type {import("../context.js").View} */
export function contestsView({ api, clock, setTitle }, _params, signal) {
  setTitle("Contests");
  const content = h("div", { class: "card" });
  fill(
    content,
    signal,
    () => api.get("/contests"),
    ({ contests }) => {
      if (contests.length === 0)
        return empty("trophy", "There are no contests yet.", "The jury can add them.");
      return h(
        "ul",
        { class: "rows" },
        inOrder(contests, clock.now()).map((contest) => h("li", null, row(contest, clock.now()))),
      );
    },
  );
  return h("div", null, h("div", { class: "page-head" }, h("h1", null, "Contests")), content);
}

/** @typedef {import("../contest/time.js").ContestTimes & {contest_id: string, name: string}} ContestSummary */

const ORDER = { running: 0, frozen: 0, upcoming: 1, over: 2 };

/** @param {ContestSummary[]} contests @param {number} nowMs */
function inOrder(contests, nowMs) {
  const start = (/** @type {ContestSummary} */ contest) => Date.parse(contest.starts_at);
  return [...contests].sort((a, b) => {
    const [phaseA, phaseB] = [phaseOf(a, nowMs), phaseOf(b, nowMs)];
    return (
      ORDER[phaseA] - ORDER[phaseB] || (phaseA === "upcoming" ? start(a) - start(b) : start(b) - start(a))
    );
  });
}

/** @param {ContestSummary} contest @param {number} nowMs */
function row(contest, nowMs) {
  const { phase, clock, caption } = contestClock(contest, nowMs);
  return h(
    "a",
    { class: "row-link", href: to.contest(contest.contest_id) },
    h("span", { class: "state-mark" }, icon("trophy")),
    h("span", { class: "row-title" }, contest.name, phasePill(phase)),
    h(
      "span",
      { class: "row-end" },
      h("span", null, moment(Date.parse(contest.starts_at))),
      h("span", null, span(contest.duration_s)),
      phase !== "over" && h("span", null, `${clock} ${caption}`),
    ),
  );
}
