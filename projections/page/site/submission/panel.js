/** A submission as it is judged: steps, cases as they end, then the verdict. */

import { h, replaceChildren } from "../dom.js";
import { duration, size } from "../format.js";
import { icon } from "../icons.js";
import { to } from "../routes.js";
import { stateWords, verdictWords } from "../words.js";
import { casesAhead, casesInWords, steps } from "./progress.js";

/** @typedef {import("./progress.js").Submission} Submission */

/** More chips than this would be a wall; the rest is counted. */
const SHOWN_CASES = 120;

export class SubmissionPanel {
  /** @param {{linked: boolean}} options `linked` to the submission's own page */
  constructor({ linked }) {
    this.linked = linked;
    this.parts = h("div");
    this.said = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.element = h("section", { class: "card result", "aria-label": "Result" }, this.parts, this.said);
    this.shownCases = 0;
    this.saidState = "";
  }

  /** @param {Submission} submission */
  show(submission) {
    replaceChildren(
      this.parts,
      submission.state === "judged" ? verdictHead(submission) : progressHead(submission),
      submission.state === "judged" ? null : stepList(submission),
      caseList(submission, this.shownCases),
      compilerOutput(submission),
      h(
        "div",
        { class: "result-end" },
        h("span", null, casesInWords(submission)),
        this.linked && h("a", { href: to.submission(submission.submission_id) }, "Details"),
      ),
    );
    this.shownCases = submission.cases.length;
    this.say(submission);
  }

  /** Tells a screen reader of each new state, not of each case. @param {Submission} submission */
  say(submission) {
    const words =
      submission.state === "judged"
        ? verdictWords(submission.verdict ?? "").name
        : stateWords(submission.state);
    if (words === this.saidState) return;
    this.saidState = words;
    this.said.textContent = words;
  }
}

/** @param {Submission} submission */
export function verdictHead(submission) {
  const words = verdictWords(submission.verdict ?? "UNKNOWN");
  return h(
    "div",
    { class: `verdict tone-${words.tone}`, dataset: { verdict: submission.verdict } },
    icon(words.icon),
    h("h2", null, words.name),
    figures(submission),
    words.hint !== "" && h("p", null, words.hint),
  );
}

/** @param {Submission} submission */
function figures({ cpu_time_ms: time, memory_bytes: memory, verdict }) {
  if (verdict === "CE" || verdict === "JUDGE_ERROR" || typeof time !== "number") return null;
  return h(
    "div",
    { class: "figures" },
    h("span", { title: "CPU time of the slowest case" }, icon("clock"), duration(time)),
    typeof memory === "number" &&
      h("span", { title: "Most memory of any case" }, icon("memory"), size(memory)),
  );
}

/** @param {Submission} submission */
function progressHead(submission) {
  return h(
    "div",
    { class: "verdict tone-wait" },
    h("span", { class: "spinner", "aria-hidden": "true" }),
    h("h2", null, `${stateWords(submission.state)}…`),
  );
}

/** @param {Submission} submission */
function stepList(submission) {
  return h(
    "ol",
    { class: "steps" },
    steps(submission).map(({ words, state }) =>
      h("li", { dataset: { step: state }, "aria-current": state === "now" && "step" }, words),
    ),
  );
}

/** @param {Submission} submission @param {number} shownBefore */
function caseList(submission, shownBefore) {
  const shown = submission.cases.slice(0, SHOWN_CASES);
  const ahead = Math.min(casesAhead(submission), SHOWN_CASES - shown.length);
  if (shown.length + ahead === 0) return null;
  const more = submission.cases.length - shown.length;
  return h(
    "ol",
    { class: "cases", "aria-label": "Cases" },
    shown.map((result, index) => caseChip(result, index >= shownBefore && submission.state !== "judged")),
    Array.from({ length: ahead }, (_, index) =>
      h(
        "li",
        { class: "case waiting" },
        `${shown.length + index + 1}`,
        h("span", { class: "visually-hidden" }, "waiting"),
      ),
    ),
    more > 0 && h("li", { class: "case waiting" }, `${more} more`),
  );
}

/** @param {import("./progress.js").CaseResult} result @param {boolean} isNew */
function caseChip(result, isNew) {
  const words = verdictWords(result.verdict);
  const title = `Case ${result.case}: ${words.name}, ${duration(result.cpu_time_ms)}, ${size(result.memory_bytes)}`;
  return h(
    "li",
    {
      class: `case tone-${words.tone}${isNew ? " arrived" : ""}`,
      title,
      dataset: { verdict: result.verdict },
    },
    icon(words.icon),
    h("span", null, result.case),
    h("span", { class: "visually-hidden" }, words.name),
    result.verdict === "AC"
      ? h("span", { class: "time" }, duration(result.cpu_time_ms))
      : h("span", null, words.short),
  );
}

/** @param {Submission} submission */
export function compilerOutput({ compiler_output: output, verdict }) {
  if (!output) return null;
  return h(
    "details",
    { class: "output", open: verdict === "CE" },
    h("summary", null, "Compiler output"),
    h("pre", { tabindex: 0 }, output),
  );
}
