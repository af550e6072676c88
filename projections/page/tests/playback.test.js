import assert from "node:assert/strict";
import { test } from "node:test";

import {
  density,
  fittingSpeed,
  indexAt,
  momentsOf,
  placeWords,
  stepped,
} from "../site/board/playback.js";

const START = "2026-09-01T10:00:00+00:00";
const startMs = Date.parse(START);
const at = (/** @type {number} */ second) => new Date(startMs + second * 1000).toISOString();
const told = [
  { offset: 3, at: at(0) },
  { offset: 4, at: at(10) },
  { offset: 7, at: at(10) },
  { offset: 9, at: at(60) },
];
const moments = momentsOf({ moments: told });

test("a time is at the last moment until then", () => {
  const found = [-1, 0, 9.9, 10, 59, 60, 99].map((second) => indexAt(moments, startMs + second * 1000));
  assert.deepEqual(found, [-1, 0, 0, 2, 2, 3, 3]);
});

test("steps go to the next and the previous change and stay within", () => {
  const step = (/** @type {number} */ second, /** @type {1 | -1} */ way) =>
    (stepped(moments, startMs + second * 1000, way) - startMs) / 1000;
  assert.deepEqual([step(0, 1), step(10, 1), step(12, 1), step(60, 1)], [10, 60, 60, 60]);
  assert.deepEqual([step(60, -1), step(12, -1), step(10, -1), step(0, -1)], [10, 10, 0, 0]);
});

test("the speed that one begins with plays all within a minute", () => {
  const within = (/** @type {number} */ seconds) =>
    fittingSpeed(momentsOf({ moments: [told[0], { offset: 5, at: at(seconds) }] }));
  assert.deepEqual([0, 60, 61, 3600, 18000, 86400 * 30].map(within), [1, 1, 10, 60, 300, 5000]);
});

test("a place is said by the contest's own clock", () => {
  assert.equal(placeWords(startMs + 3_723_000, START), "1:02:03 into the contest");
  assert.equal(placeWords(startMs - 1, START), "before the start");
});

test("the density counts every moment once", () => {
  assert.deepEqual(density(moments, 6), [1, 2, 0, 0, 0, 1]);
  assert.deepEqual(density([moments[0]], 3), [1, 0, 0]);
});
