/** Where the parts of a chart stand. Pure. */

/** @typedef {{x: number, y: number, width: number, height: number}} Box */

/**
 * Bars side by side upon the bottom of a box, the highest as high as it; a bar of something is never invisible.
 * @param {number[]} values not negative @param {{width: number, height: number, gap?: number}} box @returns {Box[]}
 */
export function barBoxes(values, { width, height, gap = 0 }) {
  const highest = Math.max(...values, 1);
  const step = width / Math.max(1, values.length);
  return values.map((value, index) => {
    const high = value === 0 ? 0 : Math.max(1, (value / highest) * height);
    return { x: index * step + gap / 2, y: height - high, width: Math.max(0.1, step - gap), height: high };
  });
}

/**
 * The days of some weeks as a calendar, a column a week from Monday on: each with its place and its count.
 * @param {{day: string, submissions: number}[]} days those with something @param {string} last the last day to show
 * @param {number} weeks @returns {{day: string, count: number, column: number, row: number}[]}
 */
export function calendar(days, last, weeks) {
  const counts = new Map(days.map(({ day, submissions }) => [day, submissions]));
  const end = new Date(`${last}T00:00:00Z`);
  const lastRow = (end.getUTCDay() + 6) % 7;
  const cells = [];
  for (let back = (weeks - 1) * 7 + lastRow; back >= 0; back--) {
    const day = new Date(end.getTime() - back * 86_400_000).toISOString().slice(0, 10);
    const place = (weeks - 1) * 7 + lastRow - back;
    cells.push({ day, count: counts.get(day) ?? 0, column: Math.floor(place / 7), row: place % 7 });
  }
  return cells;
}

/** How strong a count is shown, 0 to 4. @param {number} count @param {number} highest @returns {number} */
export function strength(count, highest) {
  if (count === 0) return 0;
  return Math.min(4, Math.max(1, Math.ceil((count / highest) * 4)));
}

/** The names of buckets by their upper bounds in ms, and of one more. @param {number[]} bounds @returns {string[]} */
export function bucketNames(bounds) {
  const name = (/** @type {number} */ ms) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
  return [...bounds.map((bound) => `≤ ${name(bound)}`), `> ${name(bounds[bounds.length - 1])}`];
}
