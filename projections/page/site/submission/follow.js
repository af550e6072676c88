/** Follows a submission until its view ends. */

import { evolve } from "./progress.js";

/** @typedef {import("./progress.js").Submission} Submission */

/** The live service gives up on a submission that no model has for a while; we do not, for it may still come. */
const AGAIN_AFTER_MS = 3000;
const FORBIDDEN = /:forbidden$/;

/**
 * @param {import("../context.js").Context} context
 * @param {Submission} first what is known so far
 * @param {(submission: Submission) => void} onChange called at once, then for each change
 * @param {AbortSignal} signal ends it
 */
export function followSubmission({ live }, first, onChange, signal) {
  let submission = first;
  let end = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const begin = () => {
    end = live.subscribe(`submission:${first.submission_id}`, (message) => {
      submission = evolve(submission, message);
      onChange(submission);
      if (message.type === "error" && !FORBIDDEN.test(message.data.type))
        again = setTimeout(retry, AGAIN_AFTER_MS);
    });
  };
  const retry = () => {
    end();
    begin();
  };
  signal.addEventListener("abort", () => {
    clearTimeout(again);
    end();
  });
  onChange(submission);
  begin();
}
