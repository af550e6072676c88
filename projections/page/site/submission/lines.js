/** A list of submissions, newest first, as live messages change it. Pure. */

/**
 * @typedef {import("./progress.js").Submission} Submission
 * @typedef {{submission_id: string, submitted_at?: string, version?: number}} Line
 */

/**
 * @template {Line} L
 * @param {L[]} lines @param {L} line whole; an older version than the one that is here is left
 * @returns {L[]}
 */
export function withLine(lines, line) {
  const known = lines.find(({ submission_id: id }) => id === line.submission_id);
  if (known !== undefined && (known.version ?? 0) > (line.version ?? 0)) return lines;
  return [...lines.filter((one) => one !== known), line].sort(newestFirst);
}

/** @param {Line} a @param {Line} b */
function newestFirst(a, b) {
  return (
    Date.parse(b.submitted_at ?? "") - Date.parse(a.submitted_at ?? "") ||
    (a.submission_id < b.submission_id ? 1 : -1)
  );
}
