/** What one sent for a problem before; it grows and is judged while one looks. */

import { h, replaceChildren } from "../dom.js";
import { empty } from "../loading.js";
import { submissionList } from "../submission/list.js";
import { followOwn } from "../submission/own.js";

/** @typedef {import("../submission/progress.js").Submission} Submission */

const SHOWN = 8;

/**
 * @param {import("../context.js").Context} context @param {string} problemId @param {AbortSignal} signal
 * @returns {HTMLElement} empty for one who is not signed in
 */
export function problemHistory(context, problemId, signal) {
  const element = h("div");
  const show = (/** @type {Submission[]} */ lines) =>
    replaceChildren(element, card(lines, context.clock.now()));
  if (context.session.identity !== null) follow(context, problemId, show, signal);
  return element;
}

/**
 * @param {import("../context.js").Context} context @param {string} problemId
 * @param {(lines: Submission[]) => void} show @param {AbortSignal} signal
 */
async function follow(context, problemId, show, signal) {
  const query = { problem_id: problemId, user_id: context.session.identity?.userId, limit: SHOWN };
  const read = await context.api.get("/submissions", query).catch(() => ({ submissions: [] }));
  if (signal.aborted) return;
  followOwn(context, read.submissions, (line) => line.problem_id === problemId, show, signal);
}

/** @param {Submission[]} lines @param {number} nowMs */
function card(lines, nowMs) {
  return h(
    "section",
    { class: "card", "aria-label": "Your submissions" },
    h("div", { class: "card-head" }, h("h2", null, "Your submissions")),
    lines.length === 0
      ? empty("inbox", "None yet for this problem.")
      : submissionList(lines.slice(0, SHOWN), nowMs, false),
  );
}
