/**
 * Rows that glide to their new place: where each was is measured before the change and after it, and it is moved
 * from the one to the other. Readers who want less motion see the new order at once.
 */

const DURATION_MS = 700;

/** @param {HTMLElement[]} rows @param {() => void} change puts the rows in another order */
export function glide(rows, change) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    change();
    return;
  }
  const before = places(rows);
  change();
  const after = places(rows);
  // All is measured before anything is moved: each measure after a move would lay out the whole table anew.
  rows.forEach((row, index) => {
    const isSeen = isInView(before[index]) || isInView(after[index]);
    if (isSeen && before[index] !== after[index]) move(row, before[index] - after[index]);
  });
}

/** @param {HTMLElement[]} rows @returns {number[]} px from the top of the window */
function places(rows) {
  return rows.map((row) => row.getBoundingClientRect().top);
}

/** @param {number} top @returns {boolean} whether a row there can be seen, or nearly */
function isInView(top) {
  return top > -window.innerHeight / 2 && top < window.innerHeight * 1.5;
}

/** @param {HTMLElement} row @param {number} way px */
function move(row, way) {
  row.classList.add("moving");
  const animation = row.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], {
    duration: DURATION_MS,
    easing: "cubic-bezier(0.2, 0, 0, 1)",
  });
  animation.finished.then(
    () => row.classList.remove("moving"),
    () => row.classList.remove("moving"),
  );
}
