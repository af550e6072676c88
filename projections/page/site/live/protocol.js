/** The rules of the live channel: what to ask for, what to believe, when to come back. Pure. */

/**
 * @typedef {{epoch: string | number, offset: number}} Place a place in a channel
 * @typedef {Place & {channel: string, type: string, data: any}} Frame
 */

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 15_000;

/** @param {string} channel @param {Place | null} last @returns {object} */
export function subscribeRequest(channel, last) {
  return last === null
    ? { subscribe: channel }
    : { subscribe: channel, after: { epoch: last.epoch, offset: last.offset } };
}

/**
 * Whether a frame says something new: a snapshot always does, a change only after one and past what was seen.
 * @param {Place | null} last @param {Frame} frame @returns {boolean}
 */
export function isNews(last, frame) {
  if (frame.type === "snapshot") return true;
  return last !== null && (frame.epoch !== last.epoch || frame.offset > last.offset);
}

/** Codes 3500 to 3999 say that coming back is useless; see DESIGN, "Live". @param {number} code @returns {boolean} */
export function mayReturn(code) {
  return code < 3500 || code > 3999;
}

/**
 * How long to wait before the next try: grows twofold, and half of it is drawn so that not all come back at once.
 * @param {number} attempt from 0 @param {number} drawn from 0 to 1 @returns {number} ms
 */
export function returnDelay(attempt, drawn) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return longest / 2 + (longest / 2) * drawn;
}
