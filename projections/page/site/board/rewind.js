/** The bar with which a contest is played back: a slider over its moments, play and pause, steps, speed, back to live. */

import { bars } from "../charts/svg.js";
import { h, replaceChildren } from "../dom.js";
import { moment } from "../format.js";
import { icon } from "../icons.js";
import { density, fittingSpeed, indexAt, momentsOf, placeWords, SPEEDS, stepped } from "./playback.js";

/** @typedef {import("./playback.js").Moment} Moment */

const TICK_MS = 100;
const PARTS = 120;

/** Boards that were seen lately, so that stepping back and forth asks for nothing twice. */
const KEPT = 200;

/** How much of the whole Page Up and Page Down go. */
const PAGE = 0.1;

export class RewindBar {
  /**
   * @param {object} needs
   * @param {string} needs.startsAt of the contest
   * @param {(offset: number) => Promise<any>} needs.read the board as it was at that offset
   * @param {(board: any) => void} needs.onBoard is shown each board that one comes to
   * @param {() => void} needs.onEnd goes back to the live board
   * @param {(error: unknown) => void} needs.onTrouble
   * @param {any} timeline as the API gives it, with at least one moment
   * @param {AbortSignal} signal
   */
  constructor(needs, timeline, signal) {
    this.needs = needs;
    this.signal = signal;
    this.moments = momentsOf(timeline);
    this.firstMs = this.moments[0].atMs;
    this.lastMs = this.moments[this.moments.length - 1].atMs;
    this.timeMs = this.lastMs;
    this.speed = fittingSpeed(this.moments);
    /** @type {Map<number, any>} by offset */
    this.kept = new Map();
    this.isReading = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.slider = h("input", {
      class: "rewind-slider",
      type: "range",
      min: 0,
      max: Math.max(1, this.lastMs - this.firstMs),
      step: 1,
      "aria-label": "Moment of the contest",
      oninput: () => this.goTo(this.firstMs + Number(this.slider.value)),
    });
    this.play = h("button", { class: "button small", type: "button", onclick: () => this.toggle() });
    this.place = h("strong");
    this.clock = h("span", { class: "rewind-clock" });
    this.element = h(
      "div",
      { class: "rewind card", role: "group", "aria-label": "Playing back", onkeydown: this.onKey.bind(this) },
      bars(density(this.moments, PARTS), { className: "rewind-density" }),
      this.slider,
      h(
        "div",
        { class: "rewind-controls" },
        this.step(-1, "back", "Previous change"),
        this.play,
        this.step(1, "forward", "Next change"),
        this.speeds(),
        h("span", { class: "rewind-place" }, this.place, this.clock),
        h("span", { class: "grow" }),
        h(
          "button",
          { class: "button small primary", type: "button", onclick: () => this.end() },
          icon("bolt"),
          "Back to live",
        ),
      ),
    );
    signal.addEventListener("abort", () => this.pause());
    this.showPlay();
    this.goTo(this.lastMs);
  }

  /** @param {1 | -1} way @param {import("../icons.js").IconName} name @param {string} words */
  step(way, name, words) {
    const onclick = () => this.stepTo(way);
    return h(
      "button",
      { class: "button small square", type: "button", "aria-label": words, title: words, onclick },
      icon(name),
    );
  }

  speeds() {
    const choice = h(
      "select",
      { class: "rewind-speed", "aria-label": "Speed" },
      SPEEDS.map((speed) => h("option", { value: speed, selected: speed === this.speed }, `${speed} ×`)),
    );
    choice.addEventListener("change", () => {
      this.speed = Number(choice.value);
    });
    return choice;
  }

  /** The keys of a slider go from change to change. @param {KeyboardEvent} event */
  onKey(event) {
    const span = this.lastMs - this.firstMs;
    /** @type {Record<string, () => void>} */
    const onSlider = {
      ArrowLeft: () => this.stepTo(-1),
      ArrowDown: () => this.stepTo(-1),
      ArrowRight: () => this.stepTo(1),
      ArrowUp: () => this.stepTo(1),
      PageDown: () => this.goTo(this.timeMs - span * PAGE),
      PageUp: () => this.goTo(this.timeMs + span * PAGE),
      Home: () => this.goTo(this.firstMs),
      End: () => this.goTo(this.lastMs),
      " ": () => this.toggle(),
    };
    const action =
      event.key === "Escape"
        ? () => this.end()
        : event.target === this.slider
          ? onSlider[event.key]
          : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  toggle() {
    if (this.timer !== undefined) {
      this.pause();
      return;
    }
    if (this.timeMs >= this.lastMs) this.goTo(this.firstMs);
    let before = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      this.goTo(this.timeMs + (now - before) * this.speed);
      before = now;
      if (this.timeMs >= this.lastMs) this.pause();
    }, TICK_MS);
    this.showPlay();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.showPlay();
  }

  end() {
    this.pause();
    this.needs.onEnd();
  }

  /** @param {1 | -1} way */
  stepTo(way) {
    this.pause();
    this.goTo(stepped(this.moments, this.timeMs, way));
  }

  /** @param {number} timeMs */
  goTo(timeMs) {
    this.timeMs = Math.min(this.lastMs, Math.max(this.firstMs, timeMs));
    const words = placeWords(this.timeMs, this.needs.startsAt);
    this.slider.value = String(Math.round(this.timeMs - this.firstMs));
    this.slider.setAttribute("aria-valuetext", words);
    this.place.textContent = words;
    this.clock.textContent = moment(this.timeMs);
    this.wanted = this.moments[indexAt(this.moments, this.timeMs)].offset;
    this.read();
  }

  /** Reads what is wanted, one after the other: while a board is on its way, only the latest wish is kept. */
  async read() {
    if (this.isReading) return;
    this.isReading = true;
    try {
      while (this.wanted !== this.shown && !this.signal.aborted) {
        const wanted = /** @type {number} */ (this.wanted);
        const board = this.kept.get(wanted) ?? (await this.needs.read(wanted));
        this.keep(wanted, board);
        this.shown = wanted;
        if (!this.signal.aborted) this.needs.onBoard(board);
      }
    } catch (error) {
      this.pause();
      this.needs.onTrouble(error);
    } finally {
      this.isReading = false;
    }
  }

  /** @param {number} offset @param {any} board */
  keep(offset, board) {
    this.kept.delete(offset);
    this.kept.set(offset, board);
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT) this.kept.delete(oldest);
  }

  showPlay() {
    const isPlaying = this.timer !== undefined;
    replaceChildren(this.play, icon(isPlaying ? "pause" : "play"), isPlaying ? "Pause" : "Play");
  }
}
