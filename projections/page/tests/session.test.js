import assert from "node:assert/strict";
import { test } from "node:test";

import { NotAToken, readToken, Session } from "../site/session.js";

const NOW = 1_700_000_000_000;

/** @param {object} claims */
function token(claims) {
  const body = Buffer.from(JSON.stringify({ sub: "u1", exp: NOW / 1000 + 60, ...claims })).toString(
    "base64url",
  );
  return `e30.${body}.c2ln`;
}

/** @returns {any} */
function storage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: kept.set.bind(kept),
    removeItem: kept.delete.bind(kept),
  };
}

test("a token says who, in any script, until when", () => {
  const identity = readToken(token({ name: "Žofie 高橋", roles: ["user", "jury"] }), NOW);
  assert.deepEqual(
    { ...identity, token: "" },
    { token: "", userId: "u1", name: "Žofie 高橋", roles: ["user", "jury"], expiresAt: NOW + 60_000 },
  );
});

test("a token may be pasted with what stood around it", () => {
  const bare = token({});
  for (const pasted of [` ${bare}\n`, `Bearer ${bare}`, `"${bare}"`])
    assert.equal(readToken(pasted, NOW).token, bare);
});

for (const [what, pasted] of /** @type {[string, string][]} */ ([
  ["a word", "hello"],
  ["nothing", ""],
  ["garbage in three parts", "a.b.c"],
  ["a token that has expired", token({ exp: NOW / 1000 })],
  ["a token of nobody", token({ sub: null })],
])) {
  test(`${what} is refused in words`, () => {
    assert.throws(() => readToken(pasted, NOW), NotAToken);
  });
}

test("a session survives a reload and ends with its token", () => {
  const kept = storage();
  let now = NOW;
  new Session(kept, () => now).signIn(token({}));
  const reloaded = new Session(kept, () => now);
  assert.equal(reloaded.identity?.userId, "u1");
  now += 61_000;
  assert.equal(reloaded.token, null);
  assert.equal(new Session(kept, () => now).identity, null);
});
