/** What a cell of the board shows, and says where colours are not seen. Pure. */

import { counted } from "../format.js";

/**
 * @typedef {import("./ranking.js").Cell} Cell
 * @typedef {"first" | "solved" | "pending" | "wrong" | "none"} CellKind
 */

/** @param {Cell} cell @returns {CellKind} */
export function cellKind(cell) {
  if (isSolved(cell)) return cell.first ? "first" : "solved";
  if (cell.pending > 0) return "pending";
  return cell.attempts > 0 ? "wrong" : "none";
}

/** The two lines of a cell. @param {Cell} cell @returns {[string, string]} */
export function cellLines(cell) {
  const tries = counted(cell.attempts + cell.pending, "try", "tries");
  switch (cellKind(cell)) {
    case "first":
    case "solved":
      return [`${cell.solved_at_minute}′`, counted(cell.attempts, "try", "tries")];
    case "pending":
      return [cell.attempts > 0 ? `${cell.attempts} + ${cell.pending}` : `${cell.pending}`, "pending"];
    case "wrong":
      return [`${cell.attempts}`, tries.replace(/^\d+ /, "")];
    case "none":
      return ["", ""];
  }
}

/** The same in words, for a screen reader and as a tip. @param {Cell} cell @returns {string} */
export function cellWords(cell) {
  const tries = counted(cell.attempts, "try", "tries");
  switch (cellKind(cell)) {
    case "first":
      return `${cell.label}: solved first of all, at minute ${cell.solved_at_minute}, ${tries}`;
    case "solved":
      return `${cell.label}: solved at minute ${cell.solved_at_minute}, ${tries}`;
    case "pending":
      return `${cell.label}: ${cell.pending} pending${cell.attempts > 0 ? `, ${tries} wrong before` : ""}`;
    case "wrong":
      return `${cell.label}: not solved, ${tries}`;
    case "none":
      return `${cell.label}: not tried`;
  }
}

/** @param {Cell} cell @returns {boolean} */
export function isSolved(cell) {
  return cell.solved_at_minute !== undefined && cell.solved_at_minute !== null;
}
