/** The server's time: contests run by it, and a reader's clock may be wrong by minutes. */

export class Clock {
  constructor() {
    this.aheadMs = 0;
  }

  /** @returns {number} the server's time, ms since 1970 */
  now() {
    return Date.now() + this.aheadMs;
  }

  /**
   * Takes over the `Date` of an answer. It has whole seconds, so a difference below two of them is left alone.
   * @param {string | null} date
   */
  learn(date) {
    const served = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(served)) return;
    const ahead = served + 500 - Date.now();
    this.aheadMs = Math.abs(ahead) < 2000 ? 0 : ahead;
  }
}
