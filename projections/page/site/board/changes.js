/** What happened between two states of a board, in words. Pure. */

import { isSolved } from "./cells.js";

/** @typedef {import("./ranking.js").RankedRow} RankedRow */

/** More sentences than this at once nobody listens to. */
const SENTENCES = 3;

/**
 * @param {Map<string, RankedRow>} before by team @param {RankedRow[]} after
 * @returns {string} who has solved what since, for a screen reader
 */
export function solvedSince(before, after) {
  const sentences = after.flatMap((row) =>
    newlySolved(before.get(row.team_id), row).map(
      (label) => `${row.name} solved ${label} and is now at rank ${row.rank}.`,
    ),
  );
  const more = sentences.length - SENTENCES;
  return sentences.slice(0, SENTENCES).join(" ") + (more > 0 ? ` And ${more} more.` : "");
}

/**
 * @param {RankedRow | undefined} before @param {RankedRow} after
 * @returns {Set<string>} labels of the cells that look different now
 */
export function changedCells(before, after) {
  if (before === undefined) return new Set();
  const known = new Map(before.cells.map((cell) => [cell.label, cell]));
  return new Set(
    after.cells.filter((cell) => !isSame(known.get(cell.label), cell)).map((cell) => cell.label),
  );
}

/** @param {RankedRow | undefined} before @param {RankedRow} after @returns {string[]} */
function newlySolved(before, after) {
  if (before === undefined) return [];
  const known = new Set(before.cells.filter(isSolved).map((cell) => cell.label));
  return after.cells.filter((cell) => isSolved(cell) && !known.has(cell.label)).map((cell) => cell.label);
}

/** @param {import("./ranking.js").Cell | undefined} a @param {import("./ranking.js").Cell} b */
function isSame(a, b) {
  return (
    a !== undefined &&
    a.attempts === b.attempts &&
    a.pending === b.pending &&
    a.solved_at_minute === b.solved_at_minute &&
    Boolean(a.first) === Boolean(b.first)
  );
}
