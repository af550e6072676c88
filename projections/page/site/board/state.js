/** A board as live messages make it, and what it must say of a freeze. Pure. */

import { freezeBegins, frozenSentence } from "../contest/time.js";

/**
 * @typedef {import("./ranking.js").Row} Row
 * @typedef {{thawed: boolean, rows: Map<string, Row>}} Board
 */

/** @param {any} body a board as the API and a snapshot give it @returns {Board} */
export function boardOf({ thawed, rows }) {
  return { thawed, rows: new Map(rows.map((/** @type {Row} */ row) => [row.team_id, row])) };
}

/**
 * A snapshot replaces all; a change brings whole rows, of which an older version than the one that is here is left.
 * @param {Board} board @param {{type: string, data: any}} message @returns {Board}
 */
export function evolve(board, { type, data }) {
  if (type === "snapshot") return boardOf(data);
  if (type !== "rows") return board;
  const rows = new Map(board.rows);
  for (const row of data.rows) {
    if ((rows.get(row.team_id)?.version ?? -1) <= row.version) rows.set(row.team_id, row);
  }
  return { thawed: data.thawed, rows };
}

/**
 * The sentence of a frozen public board, from the freeze until the thaw; null at any other time.
 * @param {Board} board @param {import("../contest/time.js").ContestTimes} contest @param {number} nowMs
 * @returns {string | null}
 */
export function frozenNotice(board, contest, nowMs) {
  const begins = freezeBegins(contest);
  return begins === null || board.thawed || nowMs < begins ? null : frozenSentence(contest);
}
