import { h, replaceChildren } from "../dom.js";
import { counted, limit } from "../format.js";
import { icon } from "../icons.js";
import { empty, fill } from "../loading.js";
import { difficultyPill } from "../problem/difficulty.js";
import { matches, standings } from "../problem/standing.js";
import { to } from "../routes.js";

/** @typedef {import("../context.js").Context} Context @typedef {import("../problem/standing.js").ProblemSummary} ProblemSummary */

/** How many of one's own submissions are looked at for the marks of what is solved. */
const LOOKED_AT = 200;

/** All problems, with what one has solved. @type {import("../context.js").View} */
export function problemsView(context, _params, signal) {
  context.setTitle("Problems");
  const content = h("div");
  fill(
    content,
    signal,
    () => load(context),
    ({ problems, standing }) => listing(problems, standing),
  );
  return h(
    "div",
    null,
    h(
      "div",
      { class: "page-head" },
      h(
        "div",
        null,
        h("h1", null, "Problems"),
        h("p", null, "Pick one, write a program, and watch it being judged."),
      ),
    ),
    content,
  );
}

/** @param {Context} context */
async function load({ api, session }) {
  const mine =
    session.identity && api.get("/submissions", { user_id: session.identity.userId, limit: LOOKED_AT });
  const [problems, submissions] = await Promise.all([api.get("/problems"), mine]);
  return { problems: problems.problems, standing: standings(submissions?.submissions ?? []) };
}

/** @param {ProblemSummary[]} problems @param {Map<string, "solved" | "tried">} standing */
function listing(problems, standing) {
  if (problems.length === 0) return empty("inbox", "There are no problems yet.", "A setter can add them.");
  const rows = h("ul", { class: "rows" });
  const count = h("p", { class: "visually-hidden", role: "status" });
  const search = h("input", {
    class: "field",
    type: "search",
    placeholder: "Search by title or tag",
    "aria-label": "Search problems",
  });
  const show = () => {
    const found = problems.filter((problem) => matches(problem, search.value));
    count.textContent = counted(found.length, "problem");
    replaceChildren(
      rows,
      found.map((problem) => h("li", null, row(problem, standing.get(problem.problem_id)))),
      found.length === 0 && h("li", null, empty("search", "No problem matches.")),
    );
  };
  search.addEventListener("input", show);
  show();
  return h(
    "div",
    { class: "card" },
    h("div", { class: "card-head" }, h("div", { class: "search" }, icon("search"), search)),
    count,
    rows,
  );
}

/** @param {ProblemSummary} problem @param {"solved" | "tried" | undefined} standing */
function row(problem, standing) {
  return h(
    "a",
    { class: "row-link", href: to.problem(problem.problem_id) },
    mark(standing),
    h(
      "span",
      { class: "row-title" },
      problem.title,
      (problem.tags ?? []).map((tag) => h("span", { class: "tag" }, tag)),
    ),
    h(
      "span",
      { class: "row-end" },
      problem.limits && h("span", null, limit(problem.limits.cpu_time_ms)),
      difficultyPill(problem.difficulty),
    ),
  );
}

/** @param {"solved" | "tried" | undefined} standing */
function mark(standing) {
  if (standing === "solved")
    return h(
      "span",
      { class: "state-mark good", title: "Solved" },
      icon("check"),
      h("span", { class: "visually-hidden" }, "Solved: "),
    );
  if (standing === "tried")
    return h(
      "span",
      { class: "state-mark wait", title: "Tried" },
      h("span", { class: "dot" }),
      h("span", { class: "visually-hidden" }, "Tried: "),
    );
  return h("span", { class: "state-mark" }, h("span", { class: "dot" }));
}
