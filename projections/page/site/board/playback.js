/** Playing a contest back: its moments, where one is among them, and how fast time goes. Pure. */

import { countdown } from "../format.js";

/** @typedef {{offset: number, atMs: number}} Moment */

/** How many seconds of the contest go by in one. */
export const SPEEDS = [1, 10, 60, 300, 1000, 5000];

/** A contest that is played back at the speed that it begins with is over within this. */
const WITHIN_S = 60;

/** @param {{moments: {offset: number, at: string}[]}} timeline @returns {Moment[]} in the order of time */
export function momentsOf({ moments }) {
  return moments.map(({ offset, at }) => ({ offset, atMs: Date.parse(at) }));
}

/** @param {Moment[]} moments @param {number} timeMs @returns {number} the last one until then; -1 before the first */
export function indexAt(moments, timeMs) {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (moments[middle].atMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The next moment that is later, or the one before that is earlier; several of one instant are one step.
 * @param {Moment[]} moments @param {number} timeMs @param {1 | -1} way @returns {number} ms since 1970
 */
export function stepped(moments, timeMs, way) {
  const index = indexAt(moments, timeMs);
  if (way === 1) return moments[Math.min(index + 1, moments.length - 1)].atMs;
  const here = moments[Math.max(index, 0)].atMs;
  const before = here < timeMs ? here : moments[Math.max(indexAt(moments, here - 1), 0)].atMs;
  return before;
}

/** @param {Moment[]} moments @returns {number} the slowest of `SPEEDS` that plays them all within a minute */
export function fittingSpeed(moments) {
  const spanS = (moments[moments.length - 1].atMs - moments[0].atMs) / 1000;
  return SPEEDS.find((speed) => spanS / speed <= WITHIN_S) ?? SPEEDS[SPEEDS.length - 1];
}

/** Where in the contest that is, in words. @param {number} timeMs @param {string} startsAt @returns {string} */
export function placeWords(timeMs, startsAt) {
  const seconds = (timeMs - Date.parse(startsAt)) / 1000;
  return seconds < 0 ? "before the start" : `${countdown(seconds)} into the contest`;
}

/**
 * How much happened when: the number of moments in each of so many equal parts of the whole.
 * @param {Moment[]} moments @param {number} parts @returns {number[]}
 */
export function density(moments, parts) {
  const counts = new Array(parts).fill(0);
  const first = moments[0].atMs;
  const span = moments[moments.length - 1].atMs - first || 1;
  for (const { atMs } of moments)
    counts[Math.min(parts - 1, Math.floor(((atMs - first) / span) * parts))] += 1;
  return counts;
}
