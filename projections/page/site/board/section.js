/** The board of a contest as a section: its table, how live it is, what a freeze hides, and a way to hold it still. */

import { phaseOf } from "../contest/time.js";
import { h, replaceChildren } from "../dom.js";
import { counted } from "../format.js";
import { icon } from "../icons.js";
import { empty, notice } from "../loading.js";
import { to } from "../routes.js";
import { solvedSince } from "./changes.js";
import { ranked } from "./ranking.js";
import { RewindBar } from "./rewind.js";
import { boardOf, evolve, frozenNotice } from "./state.js";
import { BoardTable, legend } from "./table.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {import("../contest/header.js").Contest} Contest
 * @typedef {import("./state.js").Board} Board
 */

/** More than a slider has pixels. */
const MOST_MOMENTS = 5000;

export class BoardSection {
  /** @param {Context} context @param {Contest} contest @param {boolean} isJury @param {AbortSignal} signal */
  constructor(context, contest, isJury, signal) {
    this.signal = signal;
    this.context = context;
    this.contest = contest;
    this.isJury = isJury;
    this.isPaused = false;
    this.waiting = 0;
    /** @type {Map<string, import("./ranking.js").RankedRow>} */
    this.shown = new Map();
    this.table = new BoardTable(contest, (row) => row.team_id === contest.team_id, signal);
    this.frozen = h("div");
    /** @type {string | null} */
    this.sentence = null;
    this.title = h("h2", null, "Board");
    this.state = h("span");
    this.pause = h("button", {
      class: "button small",
      type: "button",
      "aria-pressed": "false",
      onclick: () => this.togglePause(),
    });
    this.rewind = h("button", {
      class: "button small",
      type: "button",
      "aria-expanded": "false",
      onclick: () => this.toggleRewind(),
    });
    replaceChildren(this.rewind, icon("reset"), "Rewind");
    this.past = h("div");
    /** @type {RewindBar | null} */
    this.playback = null;
    this.said = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.nobody = empty("trophy", "No team takes part yet.");
    this.element = h(
      "section",
      { "aria-label": "Board" },
      this.bar(),
      this.past,
      this.frozen,
      h("div", { class: "card board-card" }, this.nobody, this.table.element),
      legend(),
      this.said,
    );
    this.showPause();
  }

  bar() {
    return h(
      "div",
      { class: "board-bar" },
      this.title,
      this.state,
      h("span", { class: "grow" }),
      this.boardChoice(),
      this.rewind,
      this.pause,
    );
  }

  boardChoice() {
    if (!this.context.session.isJury) return null;
    const link = (/** @type {boolean} */ jury, /** @type {string} */ href, /** @type {string} */ name) =>
      h("a", { href, "aria-current": this.isJury === jury && "page" }, name);
    const id = this.contest.contest_id;
    return h(
      "div",
      { class: "segments", role: "group", "aria-label": "Which board" },
      link(false, to.contest(id), "Public"),
      link(true, to.juryBoard(id), "Jury"),
    );
  }

  /** @param {Board} first */
  follow(first) {
    this.board = first;
    this.show();
    const { live } = this.context;
    const channel = `board:${this.contest.contest_id}${this.isJury ? ":jury" : ""}`;
    const end = live.subscribe(channel, (message) => this.onMessage(message));
    const onState = () => this.showState();
    live.addEventListener("state", onState);
    const timer = setInterval(() => this.showFrozen(), 1000);
    this.signal.addEventListener("abort", () => {
      end();
      live.removeEventListener("state", onState);
      clearInterval(timer);
    });
  }

  /** @param {import("../live/protocol.js").Frame} message */
  onMessage(message) {
    if (this.board !== undefined) this.board = evolve(this.board, message);
    if (this.playback !== null) return;
    if (this.isPaused) {
      this.waiting += 1;
      this.showState();
    } else {
      this.show();
    }
  }

  show() {
    if (this.board === undefined) return;
    this.showRows(this.board);
    this.showFrozen();
    this.showState();
  }

  /** @param {Board} board */
  showRows(board) {
    const rows = ranked(board.rows.values());
    this.table.show(rows);
    this.said.textContent = solvedSince(this.shown, rows) || this.said.textContent;
    this.shown = new Map(rows.map((row) => [row.team_id, row]));
    this.nobody.hidden = rows.length > 0;
    this.table.element.hidden = rows.length === 0;
  }

  /** Also says, once the contest is over, whether the board may still change. */
  showFrozen() {
    if (this.playback !== null) return;
    const now = this.context.clock.now();
    const sentence =
      this.isJury || this.board === undefined ? null : frozenNotice(this.board, this.contest, now);
    this.say(sentence);
    this.title.textContent =
      phaseOf(this.contest, now) !== "over" ? "Board" : sentence === null ? "Result" : "Preliminary result";
  }

  /** What is to be said of a freeze. @param {string | null} sentence */
  say(sentence) {
    if (sentence !== this.sentence)
      replaceChildren(this.frozen, sentence !== null && notice("wait", "snow", sentence));
    this.sentence = sentence;
    this.frozen.classList.toggle("frozen", sentence !== null);
  }

  /** Begins to play the contest back, or goes back to the live board, which goes on meanwhile. */
  async toggleRewind() {
    if (this.playback !== null) {
      this.playback.end();
      return;
    }
    const { api, toast } = this.context;
    const path = `/contests/${encodeURIComponent(this.contest.contest_id)}`;
    const view = this.isJury ? "jury" : null;
    const onTrouble = (/** @type {unknown} */ error) =>
      toast(error instanceof Error ? error.message : String(error));
    this.rewind.disabled = true;
    try {
      const timeline = await api.get(`${path}/timeline`, { view, limit: MOST_MOMENTS });
      if (this.signal.aborted) return;
      if (timeline.moments.length === 0) {
        toast("Nothing has happened in this contest yet.");
        return;
      }
      const read = (/** @type {number} */ offset) => api.get(`${path}/board`, { view, offset });
      const onBoard = (/** @type {any} */ board) => this.showPast(board);
      const needs = {
        startsAt: this.contest.starts_at,
        read,
        onBoard,
        onTrouble,
        onEnd: () => this.endRewind(),
      };
      this.playback = new RewindBar(needs, timeline, this.signal);
      replaceChildren(this.past, this.playback.element);
      this.playback.slider.focus();
      this.showRewind();
    } catch (error) {
      onTrouble(error);
    } finally {
      this.rewind.disabled = false;
    }
  }

  /** @param {any} body a board as it was */
  showPast(body) {
    if (this.playback === null) return;
    this.showRows(boardOf(body));
    this.say(body.frozen);
  }

  endRewind() {
    this.playback = null;
    this.past.replaceChildren();
    this.showRewind();
    this.show();
    this.rewind.focus();
  }

  showRewind() {
    const isRewound = this.playback !== null;
    this.rewind.setAttribute("aria-expanded", String(isRewound));
    this.pause.hidden = isRewound;
    if (isRewound) this.title.textContent = "Board as it was";
    this.showState();
  }

  togglePause() {
    this.isPaused = !this.isPaused;
    this.waiting = 0;
    this.showPause();
    if (!this.isPaused) this.show();
    this.showState();
  }

  showPause() {
    this.pause.setAttribute("aria-pressed", String(this.isPaused));
    replaceChildren(this.pause, icon(this.isPaused ? "play" : "pause"), this.isPaused ? "Go on" : "Pause");
  }

  showState() {
    const pill =
      this.playback === null
        ? statePill(this.isPaused, this.waiting, this.context.live.state)
        : h("span", { class: "pill warn" }, icon("reset"), "Playing back");
    replaceChildren(this.state, pill);
  }
}

/** @param {boolean} isPaused @param {number} waiting @param {import("../live/client.js").LiveState} state */
function statePill(isPaused, waiting, state) {
  if (isPaused)
    return h(
      "span",
      { class: "pill warn" },
      icon("pause"),
      waiting === 0 ? "Paused" : `Paused, ${counted(waiting, "change")} waiting`,
    );
  if (state === "open") return h("span", { class: "pill good" }, h("span", { class: "dot beating" }), "Live");
  if (state === "refused") return h("span", { class: "pill bad" }, icon("warning"), "Not live");
  return h(
    "span",
    { class: "pill warn" },
    h("span", { class: "spinner" }),
    state === "reconnecting" ? "Reconnecting, may be out of date" : "Connecting",
  );
}
