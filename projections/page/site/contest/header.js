/** A contest's name, state and clock, and its problems. */

import { h, replaceChildren } from "../dom.js";
import { icon } from "../icons.js";
import { to } from "../routes.js";
import { contestClock } from "./time.js";

/**
 * @typedef {{problem_id: string, label: string, color?: string | null, title?: string}} ContestProblem
 * @typedef {import("./time.js").ContestTimes & {contest_id: string, name: string, team_id?: string, problems: ContestProblem[]}} Contest
 *   `team_id` is the viewer's own team
 */

/** @type {Record<import("./time.js").Phase, [string, string, import("../icons.js").IconName]>} */
const PHASES = {
  upcoming: ["Upcoming", "", "clock"],
  running: ["Running", "good", "play"],
  frozen: ["Running, board frozen", "wait", "snow"],
  over: ["Ended", "", "check"],
};

/** @param {import("./time.js").Phase} phase */
export function phasePill(phase) {
  const [words, tone, iconName] = PHASES[phase];
  return h("span", { class: `pill ${tone}` }, icon(iconName), words);
}

/**
 * @param {Contest} contest @param {import("../clock.js").Clock} clock @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function contestHeader(contest, clock, signal) {
  const pill = h("div");
  const time = h("div", { class: "countdown", role: "timer" });
  const passed = h("div", { class: "passed" });
  const bar = h("div", { class: "timebar", "aria-hidden": "true" }, h("div", { class: "freeze" }), passed);
  const tick = () => {
    const now = contestClock(contest, clock.now());
    replaceChildren(time, h("strong", null, now.clock), h("span", null, now.caption));
    if (pill.dataset.phase !== now.phase) replaceChildren(pill, phasePill(now.phase));
    pill.dataset.phase = now.phase;
    bar.style.setProperty("--passed", String(now.passed));
    bar.style.setProperty("--freeze", String(now.freeze));
  };
  tick();
  const timer = setInterval(tick, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return h(
    "section",
    { class: "card contest-head" },
    h("div", { class: "contest-title" }, h("div", null, h("h1", null, contest.name), pill), time),
    bar,
    h(
      "ul",
      { class: "contest-problems", "aria-label": "Problems" },
      contest.problems.map((problem) => h("li", null, problemLink(contest.contest_id, problem))),
    ),
  );
}

/** @param {string} contestId @param {ContestProblem} problem */
function problemLink(contestId, problem) {
  return h(
    "a",
    { href: to.problem(problem.problem_id, contestId) },
    balloon(problem),
    problem.title ?? problem.problem_id,
  );
}

/** A problem's letter in its colour. @param {ContestProblem} problem */
export function balloon({ label, color }) {
  const element = h("span", { class: "balloon" }, label);
  if (color && CSS.supports("color", color)) element.style.setProperty("--balloon", color);
  return element;
}
