import { h, replaceChildren } from "../dom.js";
import { duration, moment, size } from "../format.js";
import { icon } from "../icons.js";
import { fill } from "../loading.js";
import { to } from "../routes.js";
import { followSubmission } from "../submission/follow.js";
import { SubmissionPanel } from "../submission/panel.js";
import { originWords, verdictWords } from "../words.js";

/**
 * @typedef {import("../submission/progress.js").Submission} Submission
 * @typedef {{name: string, content: string, encoding?: string | null}} SourceFile
 */

/** One submission: its verdict, all cases, and its source for who may see it. @type {import("../context.js").View} */
export function submissionView(context, { submissionId }, signal) {
  context.setTitle("Submission");
  const content = h("div", { class: "narrow" });
  fill(
    content,
    signal,
    () => context.api.get(`/submissions/${encodeURIComponent(submissionId)}`),
    (/** @type {Submission & {files?: SourceFile[]}} */ first) => {
      const panel = new SubmissionPanel({ linked: false });
      const table = h("div");
      const show = (/** @type {Submission} */ submission) => {
        panel.show(submission);
        replaceChildren(table, caseTable(submission));
      };
      followSubmission(context, first, show, signal);
      return [head(first), panel.element, table, ...sources(first)];
    },
  );
  return content;
}

/** @param {Submission} submission */
function head({ problem_id: problemId, contest_id: contestId, language, submitted_at: at, user_id: userId }) {
  return h(
    "div",
    null,
    h("h1", null, "Submission"),
    h(
      "p",
      { class: "meta" },
      problemId &&
        h("span", null, h("a", { href: to.problem(problemId, contestId ?? undefined) }, problemId)),
      contestId && h("span", null, icon("trophy"), h("a", { href: to.contest(contestId) }, contestId)),
      h("span", null, icon("code"), language),
      userId && h("span", null, icon("user"), userId),
      at && h("time", { datetime: at }, moment(Date.parse(at))),
    ),
  );
}

/** @param {Submission} submission */
function caseTable({ cases }) {
  if (cases.length === 0) return null;
  return h(
    "div",
    { class: "card scroll-x" },
    h(
      "table",
      { class: "case-table" },
      h("caption", { class: "visually-hidden" }, "Cases"),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["Case", "Verdict", "From", "CPU time", "Wall time", "Memory"].map((name) =>
            h("th", { scope: "col" }, name),
          ),
        ),
      ),
      h("tbody", null, cases.map(caseRow)),
    ),
  );
}

/** @param {import("../submission/progress.js").CaseResult} result */
function caseRow(result) {
  const words = verdictWords(result.verdict);
  const origin = originWords(result);
  return h(
    "tr",
    null,
    h("td", null, result.case),
    h("td", null, h("span", { class: `pill ${words.tone}` }, icon(words.icon), words.name)),
    h("td", null, h("span", { class: "origin", title: origin.hint }, icon(origin.icon), origin.name)),
    h("td", null, duration(result.cpu_time_ms)),
    h("td", null, result.wall_time_ms === undefined ? "" : duration(result.wall_time_ms)),
    h("td", null, size(result.memory_bytes)),
  );
}

/** @param {{files?: SourceFile[]}} submission */
function sources({ files }) {
  return (files ?? []).map(({ name, content, encoding }) =>
    h(
      "section",
      { class: "card" },
      h("div", { class: "card-head" }, h("h2", null, name)),
      encoding === "base64"
        ? h("p", { class: "source" }, "Not text.")
        : h("pre", { class: "source", tabindex: 0 }, content),
    ),
  );
}
