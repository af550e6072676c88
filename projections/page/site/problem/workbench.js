/** Where a problem is worked on: the program, its result as it comes, and what one sent before. */

import { ApiError } from "../api.js";
import { h, replaceChildren } from "../dom.js";
import { notice } from "../loading.js";
import { followSubmission } from "../submission/follow.js";
import { SubmissionPanel } from "../submission/panel.js";
import { justSent } from "../submission/progress.js";
import { problemHistory } from "./history.js";
import { ProgramCard } from "./program_card.js";

/**
 * @param {import("../context.js").Context} context
 * @param {{problem: import("./program_card.js").Problem, languages: import("./program_card.js").Language[], contestId: string | undefined}} task
 * @param {AbortSignal} signal
 * @returns {HTMLElement}
 */
export function workbench(context, { problem, languages, contestId }, signal) {
  const trouble = h("div", { role: "alert" });
  const result = h("div");
  let following = new AbortController();
  signal.addEventListener("abort", () => following.abort());

  /** @type {import("./program_card.js").Submit} */
  const submit = async (program) => {
    replaceChildren(trouble);
    const contest = contestId === undefined ? {} : { contest_id: contestId };
    try {
      const sent = await context.api.submit({ problem_id: problem.problem_id, ...program, ...contest });
      if (!signal.aborted) follow(sent.submission_id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      replaceChildren(trouble, notice("bad", "warning", error.message));
    }
  };

  /** Only the last one that was sent is followed. @param {string} submissionId */
  const follow = (submissionId) => {
    following.abort();
    following = new AbortController();
    const panel = new SubmissionPanel({ linked: true });
    replaceChildren(result, panel.element);
    element.classList.add("has-result");
    followSubmission(context, justSent(submissionId), (now) => panel.show(now), following.signal);
    panel.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };

  const card = new ProgramCard(context, problem, languages, submit, signal);
  const history = problemHistory(context, problem.problem_id, signal);
  const element = h("div", { class: "solve-work" }, card.element, trouble, result, history);
  return element;
}
