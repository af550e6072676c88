import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveClient } from "../site/live/client.js";
import { isNews, mayReturn, returnDelay, subscribeRequest } from "../site/live/protocol.js";

const frame = (/** @type {object} */ change) => ({
  channel: "board:c",
  epoch: "e",
  offset: 5,
  type: "rows",
  data: {},
  ...change,
});

test("a channel is asked for from the beginning first, then from where it was left", () => {
  assert.deepEqual(subscribeRequest("board:c", null), { subscribe: "board:c" });
  assert.deepEqual(subscribeRequest("board:c", { epoch: "e", offset: 7 }), {
    subscribe: "board:c",
    after: { epoch: "e", offset: 7 },
  });
});

test("a change counts only past what was seen, a snapshot always", () => {
  const last = { epoch: "e", offset: 5 };
  assert.equal(isNews(last, frame({ offset: 5 })), false);
  assert.equal(isNews(last, frame({ offset: 6 })), true);
  assert.equal(isNews(last, frame({ offset: 1, type: "snapshot" })), true);
  assert.equal(isNews(last, frame({ offset: 1, epoch: "f" })), true);
});

test("a change before any snapshot is one of a former subscription", () => {
  assert.equal(isNews(null, frame({})), false);
});

test("only codes that say so forbid a return", () => {
  assert.deepEqual([1000, 1006, 3499, 3500, 3501, 3999, 4000].map(mayReturn), [
    true,
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
});

test("waits grow, have a longest, and are spread", () => {
  assert.deepEqual(
    [0, 1, 2].map((attempt) => returnDelay(attempt, 1)),
    [400, 800, 1600],
  );
  assert.equal(returnDelay(30, 1), 15_000);
  assert.equal(returnDelay(0, 0), 200);
});

/** A socket that a test opens, speaks through and closes. */
class FakeSocket {
  /** @type {FakeSocket[]} */
  static made = [];

  constructor() {
    /** @type {object[]} */
    this.sent = [];
    FakeSocket.made.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {}

  /** @param {object} message */
  says(message) {
    /** @type {any} */ (this).onmessage({ data: JSON.stringify(message) });
  }
}

/** @param {() => string | null} token */
function connected(token = () => "t") {
  FakeSocket.made = [];
  let refused = 0;
  const live = new LiveClient({
    url: "ws://x",
    token,
    onTokenRefused: () => refused++,
    socketType: /** @type {any} */ (FakeSocket),
  });
  /** @type {any[]} */
  const heard = [];
  const end = live.subscribe("board:c", (message) => heard.push(message.offset));
  const socket = /** @type {any} */ (FakeSocket.made[0]);
  socket.onopen();
  return { live, socket, heard, end, refused: () => refused };
}

test("the token goes first, then the channels", () => {
  assert.deepEqual(connected().socket.sent, [{ token: "t" }, { subscribe: "board:c" }]);
});

test("without a token the channels are asked for at once", () => {
  assert.deepEqual(connected(() => null).socket.sent, [{ subscribe: "board:c" }]);
});

test("a broken connection returns and asks for what it missed, and repeats are not heard", () => {
  const { live, socket, heard } = connected();
  socket.says(frame({ type: "snapshot", offset: 5 }));
  socket.says(frame({ offset: 6 }));
  socket.onclose({ code: 1006 });
  assert.equal(live.state, "reconnecting");
  live.wake();
  const again = /** @type {any} */ (FakeSocket.made[1]);
  again.onopen();
  assert.deepEqual(again.sent, [{ token: "t" }, { subscribe: "board:c", after: { epoch: "e", offset: 6 } }]);
  again.says(frame({ offset: 6 }));
  again.says(frame({ offset: 7 }));
  assert.deepEqual(heard, [5, 6, 7]);
});

test("an expired token ends it", () => {
  const { live, socket, refused } = connected();
  socket.onclose({ code: 3501 });
  assert.deepEqual([live.state, refused(), FakeSocket.made.length], ["refused", 1, 1]);
});

test("a socket that nobody listens to any more may end without trouble", () => {
  const { live, socket, end } = connected();
  end();
  socket.onclose({ code: 3502 });
  assert.equal(live.state, "idle");
  live.subscribe("board:d", () => {});
  assert.equal(FakeSocket.made.length, 2);
});

test("a listener that has ended hears nothing more", () => {
  const { socket, heard, end } = connected();
  end();
  socket.says(frame({ type: "snapshot" }));
  assert.deepEqual(heard, []);
  assert.deepEqual(socket.sent.at(-1), { unsubscribe: "board:c" });
});

test("somebody else begins anew, from the beginning", () => {
  const { live, socket } = connected();
  socket.says(frame({ type: "snapshot" }));
  live.restart();
  const again = /** @type {any} */ (FakeSocket.made[1]);
  again.onopen();
  assert.deepEqual(again.sent, [{ token: "t" }, { subscribe: "board:c" }]);
  socket.onclose({ code: 1000 });
  assert.equal(live.state, "open");
});
