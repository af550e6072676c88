/** Finding problems, and what one has done with each. Pure. */

/**
 * @typedef {object} ProblemSummary
 * @property {string} problem_id
 * @property {string} title
 * @property {string | null} [difficulty]
 * @property {string[]} [tags]
 * @property {{cpu_time_ms: number, memory_bytes: number}} [limits]
 */

/** Whether every word that was typed is in the title, the id, the difficulty or a tag. @param {ProblemSummary} problem @param {string} typed */
export function matches(problem, typed) {
  const text = [problem.title, problem.problem_id, problem.difficulty ?? "", ...(problem.tags ?? [])]
    .join(" ")
    .toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/**
 * What one has done with each problem.
 * @param {{problem_id: string, verdict?: string | null}[]} submissions
 * @returns {Map<string, "solved" | "tried">}
 */
export function standings(submissions) {
  /** @type {Map<string, "solved" | "tried">} */
  const standing = new Map();
  for (const { problem_id: id, verdict } of submissions) {
    if (verdict === "AC") standing.set(id, "solved");
    else if (!standing.has(id)) standing.set(id, "tried");
  }
  return standing;
}
