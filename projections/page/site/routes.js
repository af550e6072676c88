/** Addresses of the page: what stands after `#`. Pure. */

/**
 * @typedef {{view: "problems" | "problem" | "contests" | "contest" | "submissions" | "submission" | "user" | "sign-in" | "missing",
 *            params: Record<string, string>}} Route
 */

/** @type {[RegExp, Route["view"], string[]][]} */
const ROUTES = [
  [/^\/?$/, "problems", []],
  [/^\/problems$/, "problems", []],
  [/^\/problems\/([^/]+)$/, "problem", ["problemId"]],
  [/^\/contests$/, "contests", []],
  [/^\/contests\/([^/]+)$/, "contest", ["contestId"]],
  [/^\/contests\/([^/]+)\/jury$/, "contest", ["contestId", "jury"]],
  [/^\/contests\/([^/]+)\/problems\/([^/]+)$/, "problem", ["contestId", "problemId"]],
  [/^\/submissions$/, "submissions", []],
  [/^\/submissions\/([^/]+)$/, "submission", ["submissionId"]],
  [/^\/users\/([^/]+)$/, "user", ["userId"]],
  [/^\/sign-in$/, "sign-in", []],
];

/** @param {string} hash with or without `#` @returns {Route} */
export function parseRoute(hash) {
  const path = hash.replace(/^#/, "");
  for (const [pattern, view, names] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const values = names.map((_, index) => decoded(match[index + 1] ?? "yes"));
    if (values.includes(null)) break;
    return { view, params: Object.fromEntries(names.map((name, index) => [name, String(values[index])])) };
  }
  return { view: "missing", params: {} };
}

/** Where things are; each gives an `href`. */
export const to = {
  problems: () => "#/problems",
  /** @param {string} problemId @param {string} [contestId] */
  problem: (problemId, contestId) =>
    `${contestId ? `#/contests/${segment(contestId)}` : "#"}/problems/${segment(problemId)}`,
  contests: () => "#/contests",
  /** @param {string} contestId */
  contest: (contestId) => `#/contests/${segment(contestId)}`,
  /** @param {string} contestId */
  juryBoard: (contestId) => `#/contests/${segment(contestId)}/jury`,
  submissions: () => "#/submissions",
  /** @param {string} submissionId */
  submission: (submissionId) => `#/submissions/${segment(submissionId)}`,
  /** @param {string} userId */
  user: (userId) => `#/users/${segment(userId)}`,
  signIn: () => "#/sign-in",
};

/** @param {string} text */
function segment(text) {
  return encodeURIComponent(text);
}

/** @param {string} text @returns {string | null} null for an escape that is none */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
