/** The order of a board by the ICPC rule. Pure. */

/**
 * @typedef {{label: string, attempts: number, pending: number, solved_at_minute?: number | null, first?: boolean}} Cell
 * @typedef {{team_id: string, name: string, solved: number, penalty_minutes: number, last_accepted_minute?: number | null, cells: Cell[], version?: number}} Row
 * @typedef {Row & {rank: number}} RankedRow
 */

/**
 * Most solved first, then the least penalty, then the earlier last solution; equal teams share a rank and stand in
 * the order of their names.
 * @param {Iterable<Row>} rows @returns {RankedRow[]}
 */
export function ranked(rows) {
  const sorted = [...rows].sort(
    (a, b) => byMerit(a, b) || a.name.localeCompare(b.name) || (a.team_id < b.team_id ? -1 : 1),
  );
  let rank = 0;
  return sorted.map((row, index) => {
    if (index === 0 || byMerit(sorted[index - 1], row) !== 0) rank = index + 1;
    return { ...row, rank };
  });
}

/** @param {Row} a @param {Row} b @returns {number} negative when a stands above b */
function byMerit(a, b) {
  const last = (/** @type {Row} */ row) => row.last_accepted_minute ?? -1;
  return b.solved - a.solved || a.penalty_minutes - b.penalty_minutes || last(a) - last(b);
}
