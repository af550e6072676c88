/** Where a contest stands in time. Pure. */

import { countdown, moment } from "../format.js";

/**
 * @typedef {{starts_at: string, duration_s: number, freeze_s?: number | null}} ContestTimes
 * @typedef {"upcoming" | "running" | "frozen" | "over"} Phase
 * @typedef {{phase: Phase, passed: number, freeze: number, clock: string, caption: string}} ContestClock
 *   `passed` and `freeze` are parts of the whole, 0 to 1.
 */

/** @param {ContestTimes} contest @param {number} nowMs @returns {Phase} */
export function phaseOf(contest, nowMs) {
  const startMs = Date.parse(contest.starts_at);
  if (nowMs < startMs) return "upcoming";
  if (nowMs >= startMs + contest.duration_s * 1000) return "over";
  const begins = freezeBegins(contest);
  return begins !== null && nowMs >= begins ? "frozen" : "running";
}

/** @param {ContestTimes} contest @returns {number | null} ms since 1970; null without a freeze */
export function freezeBegins(contest) {
  if (freezeSeconds(contest) === 0) return null;
  return Date.parse(contest.starts_at) + (contest.duration_s - freezeSeconds(contest)) * 1000;
}

/** @param {ContestTimes} contest @param {number} nowMs @returns {ContestClock} */
export function contestClock(contest, nowMs) {
  const startMs = Date.parse(contest.starts_at);
  const passedS = (nowMs - startMs) / 1000;
  const phase = phaseOf(contest, nowMs);
  const parts = {
    phase,
    passed: Math.min(1, Math.max(0, passedS / contest.duration_s)),
    freeze: freezeSeconds(contest) / contest.duration_s,
  };
  if (phase === "upcoming") return { ...parts, clock: countdown(-passedS), caption: "until the start" };
  if (phase === "over")
    return { ...parts, clock: "Ended", caption: moment(startMs + contest.duration_s * 1000) };
  return { ...parts, clock: countdown(contest.duration_s - passedS), caption: "remaining" };
}

/** @param {ContestTimes} contest @returns {string} the sentence that a frozen board must carry */
export function frozenSentence(contest) {
  const minutes = Math.floor(freezeSeconds(contest) / 60);
  return (
    `The scoreboard was frozen with ${minutes} minutes remaining - submissions in the last ${minutes} minutes ` +
    "of the contest are still shown as pending."
  );
}

/** @param {ContestTimes} contest @returns {number} not longer than the contest */
function freezeSeconds(contest) {
  return Math.min(Math.max(0, contest.freeze_s ?? 0), contest.duration_s);
}
