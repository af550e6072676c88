/** A list of submissions, each a link. */

import { h } from "../dom.js";
import { ago, duration, moment, size } from "../format.js";
import { icon } from "../icons.js";
import { to } from "../routes.js";
import { stateWords, verdictWords } from "../words.js";

/**
 * @param {import("./progress.js").Submission[]} submissions @param {number} nowMs @param {boolean} withProblem
 * @returns {HTMLElement}
 */
export function submissionList(submissions, nowMs, withProblem) {
  return h(
    "ul",
    { class: "rows" },
    submissions.map((submission) => h("li", null, row(submission, nowMs, withProblem))),
  );
}

/** @param {import("./progress.js").Submission} submission @param {number} nowMs @param {boolean} withProblem */
function row(submission, nowMs, withProblem) {
  const { verdict, cpu_time_ms: time, memory_bytes: memory, submitted_at: at } = submission;
  const isJudged = submission.state === "judged";
  const words = verdictWords(verdict ?? "");
  const tone = isJudged ? words.tone : "wait";
  const hasFigures = isJudged && verdict !== "CE" && verdict !== "JUDGE_ERROR";
  return h(
    "a",
    { class: "row-link", href: to.submission(submission.submission_id) },
    h("span", { class: `state-mark ${tone}` }, isJudged ? icon(words.icon) : h("span", { class: "spinner" })),
    h(
      "span",
      { class: "row-title" },
      withProblem && h("span", null, submission.problem_id),
      h("span", { class: `pill ${tone}` }, isJudged ? words.name : stateWords(submission.state)),
    ),
    h(
      "span",
      { class: "row-end" },
      hasFigures && typeof time === "number" && h("span", { class: "figure" }, duration(time)),
      hasFigures && typeof memory === "number" && h("span", { class: "figure" }, size(memory)),
      h("span", { class: "figure" }, submission.language),
      at &&
        h(
          "time",
          { class: "figure", datetime: at, title: moment(Date.parse(at)) },
          ago(Date.parse(at), nowMs),
        ),
    ),
  );
}
