/** Figures as people read them. Pure. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

/** @param {number} ms @returns {string} `843 ms`, `1.24 s` */
export function duration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
}

/** A limit, which is a round number: `2 s`, `1.5 s`, `250 ms`. @param {number} ms @returns {string} */
export function limit(ms) {
  return ms < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(2))} s`;
}

/** @param {number} bytes @returns {string} `3.4 MiB` */
export function size(bytes) {
  const mib = bytes / 2 ** 20;
  if (mib >= 1024) return `${Number((mib / 1024).toFixed(1))} GiB`;
  if (mib >= 1) return `${Number(mib.toFixed(mib < 10 ? 1 : 0))} MiB`;
  return `${Math.ceil(bytes / 1024)} KiB`;
}

/** What is left on a clock: `4:05`, `1:02:33`, `2 d 03:04:05`. @param {number} seconds @returns {string} */
export function countdown(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / DAY_S);
  const hours = Math.floor((whole % DAY_S) / HOUR_S);
  const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
  const rest = `${two(minutes)}:${two(whole % MINUTE_S)}`;
  if (days > 0) return `${days} d ${two(hours)}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : `${minutes}:${two(whole % MINUTE_S)}`;
}

/** A span in words: `45 min`, `5 h`, `1 h 30 min`, `2 d`. @param {number} seconds @returns {string} */
export function span(seconds) {
  const parts = [
    [Math.floor(seconds / DAY_S), "d"],
    [Math.floor((seconds % DAY_S) / HOUR_S), "h"],
    [Math.floor((seconds % HOUR_S) / MINUTE_S), "min"],
  ].filter(([amount]) => amount !== 0);
  return parts.length === 0 ? `${Math.floor(seconds)} s` : parts.map((part) => part.join(" ")).join(" ");
}

/** How long ago: `just now`, `5 min ago`, else the day. @param {number} thenMs @param {number} nowMs @returns {string} */
export function ago(thenMs, nowMs) {
  const seconds = (nowMs - thenMs) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < HOUR_S) return `${Math.max(1, Math.round(seconds / MINUTE_S))} min ago`;
  if (seconds < DAY_S) return `${Math.round(seconds / HOUR_S)} h ago`;
  return new Date(thenMs).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

/** A moment with its day, in the reader's zone. @param {number} ms @returns {string} */
export function moment(ms) {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** `1 try`, `2 tries`. @param {number} count @param {string} one @param {string} [many] @returns {string} */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
