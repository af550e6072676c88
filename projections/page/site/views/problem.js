import { balloon } from "../contest/header.js";
import { contestClock } from "../contest/time.js";
import { h } from "../dom.js";
import { limit, size } from "../format.js";
import { icon } from "../icons.js";
import { fill } from "../loading.js";
import { difficultyPill } from "../problem/difficulty.js";
import { sampleList } from "../problem/samples.js";
import { problemStatistics } from "../problem/statistics.js";
import { workbench } from "../problem/workbench.js";
import { to } from "../routes.js";
import { renderStatement } from "../statement.js";

/** @typedef {import("../context.js").Context} Context @typedef {import("../contest/header.js").Contest} Contest */

/** A problem beside an editor, alone or in a contest. @type {import("../context.js").View} */
export function problemView(context, { problemId, contestId }, signal) {
  context.setTitle("Problem");
  const content = h("div");
  fill(
    content,
    signal,
    () => load(context, problemId, contestId),
    async (task) => {
      context.setTitle(task.problem.title);
      const statement = await renderStatement(task.problem.statement);
      return h(
        "div",
        { class: "solve" },
        h(
          "article",
          null,
          head(task.problem, task.contest, context.clock.now()),
          statement,
          sampleList(task.problem.samples ?? []),
          problemStatistics(context, problemId, signal),
        ),
        workbench(context, { ...task, contestId }, signal),
      );
    },
  );
  return content;
}

/** @param {Context} context @param {string} problemId @param {string | undefined} contestId */
async function load({ api }, problemId, contestId) {
  const [problem, { languages }, contest] = await Promise.all([
    api.get(`/problems/${encodeURIComponent(problemId)}`),
    api.get("/languages"),
    contestId === undefined ? null : api.get(`/contests/${encodeURIComponent(contestId)}`),
  ]);
  return { problem, languages, contest };
}

/** @param {any} problem @param {Contest | null} contest @param {number} nowMs */
function head(problem, contest, nowMs) {
  return h(
    "header",
    { class: "problem-head" },
    contest && above(contest, problem.problem_id, nowMs),
    h("h1", null, problem.title),
    h(
      "div",
      { class: "meta" },
      difficultyPill(problem.difficulty),
      h("span", { title: "CPU time of one case" }, icon("clock"), limit(problem.limits.cpu_time_ms)),
      h("span", { title: "Memory of one case" }, icon("memory"), size(problem.limits.memory_bytes)),
      comparisonNote(problem.comparison),
      (problem.tags ?? []).length > 0 &&
        h(
          "ul",
          { class: "tags", "aria-label": "Tags" },
          problem.tags.map((/** @type {string} */ tag) => h("li", { class: "tag" }, tag)),
        ),
    ),
  );
}

/** @param {Contest} contest @param {string} problemId @param {number} nowMs */
function above(contest, problemId, nowMs) {
  const entry = contest.problems.find((problem) => problem.problem_id === problemId);
  const { clock, caption, phase } = contestClock(contest, nowMs);
  return h(
    "p",
    { class: "above" },
    entry && balloon(entry),
    h("a", { href: to.contest(contest.contest_id) }, contest.name),
    phase !== "over" && h("span", null, `${clock} ${caption}`),
  );
}

/** How outputs are compared, where that is not the usual way. @param {{kind: string, absolute?: number | null, relative?: number | null} | undefined} comparison */
function comparisonNote(comparison) {
  if (comparison?.kind === "exact") return h("span", null, "Output compared exactly");
  if (comparison?.kind !== "float") return null;
  return h("span", null, `Tolerance ${comparison.absolute ?? comparison.relative}`);
}
