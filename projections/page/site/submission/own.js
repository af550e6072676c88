/** One's own submissions, which come and are judged while one looks. */

import { withLine } from "./lines.js";

/** @typedef {import("./progress.js").Submission} Submission */

/**
 * @param {import("../context.js").Context} context
 * @param {Submission[]} first what was read
 * @param {(line: Submission) => boolean} isWanted
 * @param {(lines: Submission[]) => void} onChange called at once, then for each change
 * @param {AbortSignal} signal ends it
 */
export function followOwn({ live, session }, first, isWanted, onChange, signal) {
  let lines = first;
  onChange(lines);
  const end = live.subscribe(`user:${session.identity?.userId}`, ({ type, data }) => {
    const news = type === "submission" ? [data] : type === "snapshot" ? data.submissions : [];
    lines = news.filter(isWanted).reduce(withLine, lines);
    onChange(lines);
  });
  signal.addEventListener("abort", end, { once: true });
}
