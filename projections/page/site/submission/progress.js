/** What is known of a submission, and how live messages change it. Pure. */

/**
 * @typedef {object} CaseResult
 * @property {string} case
 * @property {string} verdict
 * @property {number} cpu_time_ms
 * @property {number} [wall_time_ms]
 * @property {number} memory_bytes
 * @property {boolean} [from_stored_output] its verdict came from what an earlier run left; false: it was run
 *
 * @typedef {object} Submission
 * @property {string} submission_id
 * @property {"queued" | "compiling" | "running" | "judged"} state
 * @property {string | null} [verdict]
 * @property {number | null} [score]
 * @property {number | null} [cpu_time_ms]
 * @property {number | null} [memory_bytes]
 * @property {string | null} [compiler_output]
 * @property {CaseResult[]} cases
 * @property {number | null} [problem_cases] how many cases the problem has, once that is known
 * @property {string} [problem_id]
 * @property {string | null} [contest_id]
 * @property {string} [language]
 * @property {string} [submitted_at]
 * @property {string} [user_id]
 * @property {number} [version] grows with what is known
 *
 * @typedef {{words: string, state: "done" | "now" | "ahead"}} Step
 */

/** @param {string} submissionId @returns {Submission} what is known right after sending */
export function justSent(submissionId) {
  return { submission_id: submissionId, state: "queued", cases: [] };
}

/**
 * A message of an older version changes nothing, so the order of topics and repeats do no harm. A `case` brings one
 * result, every other message all cases. One who may see a submission but not follow it gets an `error`.
 * @param {Submission} submission @param {{type: string, data: any}} message @returns {Submission}
 */
export function evolve(submission, { type, data }) {
  if (type === "error" || (data.version ?? 0) < (submission.version ?? 0)) return submission;
  if (type !== "case") return { ...submission, ...data };
  const { state, version, index, result } = data;
  return { ...submission, state, version, cases: Object.assign([...submission.cases], { [index]: result }) };
}

/** Judging as four steps. @param {Submission} submission @returns {Step[]} */
export function steps(submission) {
  const names = ["queued", "compiling", "running", "judged"];
  const at = names.indexOf(submission.state);
  return ["Queued", "Compiling", "Running", "Verdict"].map((words, index) => ({
    words,
    state: index < at || submission.state === "judged" ? "done" : index === at ? "now" : "ahead",
  }));
}

/** How many cases are still to come. @param {Submission} submission @returns {number} */
export function casesAhead(submission) {
  if (submission.state === "judged") return 0;
  return Math.max(0, (submission.problem_cases ?? 0) - submission.cases.length);
}

/** `7 of 12 cases passed`; empty where nothing was run. @param {Submission} submission @returns {string} */
export function casesInWords(submission) {
  const passed = submission.cases.filter(({ verdict }) => verdict === "AC").length;
  const all = Math.max(submission.problem_cases ?? 0, submission.cases.length);
  if (all === 0 || (submission.state === "judged" && submission.cases.length === 0)) return "";
  if (passed < all) return `${passed} of ${all} cases passed`;
  return all === 1 ? "The one case passed" : `All ${all} cases passed`;
}
