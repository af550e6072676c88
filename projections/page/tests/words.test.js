import assert from "node:assert/strict";
import { test } from "node:test";

import { contestClock, frozenSentence, phaseOf } from "../site/contest/time.js";
import { ago, countdown, counted, duration, limit, size, span } from "../site/format.js";
import { matches, standings } from "../site/problem/standing.js";
import { parseRoute, to } from "../site/routes.js";
import { uuid7 } from "../site/uuid7.js";
import { originWords, troubleWords, verdictWords } from "../site/words.js";

/** @type {[unknown, string][]} */
const FIGURES = [
  [duration(0), "0 ms"],
  [duration(999), "999 ms"],
  [duration(1240), "1.24 s"],
  [duration(12_340), "12.3 s"],
  [limit(250), "250 ms"],
  [limit(1500), "1.5 s"],
  [limit(2000), "2 s"],
  [size(1), "1 KiB"],
  [size(3.44 * 2 ** 20), "3.4 MiB"],
  [size(2 ** 28), "256 MiB"],
  [size(1.5 * 2 ** 30), "1.5 GiB"],
  [countdown(-3), "0:00"],
  [countdown(245.9), "4:05"],
  [countdown(3753), "1:02:33"],
  [countdown(2 * 86400 + 3 * 3600 + 245), "2 d 03:04:05"],
  [span(18_000), "5 h"],
  [span(5400), "1 h 30 min"],
  [span(30), "30 s"],
  [ago(0, 10_000), "just now"],
  [ago(0, 300_000), "5 min ago"],
  [ago(0, 7_200_000), "2 h ago"],
  [counted(1, "try", "tries"), "1 try"],
  [counted(0, "try", "tries"), "0 tries"],
];

for (const [actual, expected] of FIGURES)
  test(`a figure reads ${expected}`, () => assert.equal(actual, expected));

const contest = { starts_at: "2026-01-01T10:00:00Z", duration_s: 18_000, freeze_s: 3600 };
const at = (/** @type {string} */ time) => Date.parse(`2026-01-01T${time}Z`);

test("a contest is upcoming, running, frozen and over, each from its first second", () => {
  assert.deepEqual(
    ["09:59:59", "10:00:00", "13:59:59", "14:00:00", "14:59:59", "15:00:00"].map((time) =>
      phaseOf(contest, at(time)),
    ),
    ["upcoming", "running", "running", "frozen", "frozen", "over"],
  );
});

test("a contest without a freeze is never frozen", () => {
  assert.equal(phaseOf({ ...contest, freeze_s: 0 }, at("14:30:00")), "running");
});

test("a contest's clock counts to the start, then to the end", () => {
  assert.equal(contestClock(contest, at("09:00:00")).clock, "1:00:00");
  assert.deepEqual(contestClock(contest, at("12:30:00")), {
    phase: "running",
    passed: 0.5,
    freeze: 0.2,
    clock: "2:30:00",
    caption: "remaining",
  });
  assert.equal(contestClock(contest, at("16:00:00")).clock, "Ended");
});

test("a frozen board says so in the customary sentence", () => {
  assert.equal(
    frozenSentence(contest),
    "The scoreboard was frozen with 60 minutes remaining - submissions in the last 60 minutes of the contest are still shown as pending.",
  );
});

test("every address that is made is read again", () => {
  assert.deepEqual(parseRoute(to.problem("a/b ü", "c#1")), {
    view: "problem",
    params: { contestId: "c#1", problemId: "a/b ü" },
  });
  assert.deepEqual(parseRoute(to.problem("sum")), { view: "problem", params: { problemId: "sum" } });
  assert.deepEqual(parseRoute(to.contest("demo")), { view: "contest", params: { contestId: "demo" } });
  assert.equal(parseRoute(to.juryBoard("demo")).params.jury, "yes");
  assert.equal(parseRoute(to.submission("x")).view, "submission");
  for (const address of ["", "#", "#/", "#/problems"]) assert.equal(parseRoute(address).view, "problems");
});

test("an address that is none leads to a page that says so", () => {
  for (const address of ["#/nothing", "#/problems/%zz", "#/problems/a/b/c"])
    assert.equal(parseRoute(address).view, "missing");
});

test("an id is a version 7 UUID of that millisecond", () => {
  const id = uuid7(0x0123456789ab, new Uint8Array(16).fill(0xff));
  assert.equal(id, "01234567-89ab-7fff-bfff-ffffffffffff");
});

test("a refusal is said in human words, an unknown one in its own", () => {
  assert.match(troubleWords({ type: "urn:judgestream:problem:submission-too-large" }), /256 KiB/);
  assert.equal(
    troubleWords({ type: "about:blank", title: "Teapot", detail: "short and stout" }),
    "Teapot: short and stout.",
  );
  assert.equal(troubleWords({ status: 502 }), "The server answered 502.");
});

test("a verdict that is not known yet is shown by its name", () => {
  assert.equal(verdictWords("AC").name, "Accepted");
  assert.equal(verdictWords("PE").name, "PE");
});

test("a problem is found by words of its title, id, difficulty or tags", () => {
  const problem = { problem_id: "gcd", title: "Greatest divisor", difficulty: "easy", tags: ["maths"] };
  assert.deepEqual(
    ["", "great", "MATHS easy", "gcd", "graph"].map((typed) => matches(problem, typed)),
    [true, true, true, true, false],
  );
});

test("one accepted submission makes a problem solved, whatever came before or after", () => {
  const standing = standings([
    { problem_id: "a", verdict: "WA" },
    { problem_id: "a", verdict: "AC" },
    { problem_id: "a", verdict: "WA" },
    { problem_id: "b", verdict: null },
  ]);
  assert.deepEqual(
    [...standing],
    [
      ["a", "solved"],
      ["b", "tried"],
    ],
  );
});

test("a case says whether it was run", () => {
  assert.equal(originWords({ from_stored_output: true }).name, "Stored output");
  assert.equal(originWords({ from_stored_output: false }).name, "Run");
  assert.equal(originWords({}).name, "Run");
});
