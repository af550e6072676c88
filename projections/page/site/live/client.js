/**
 * One WebSocket for all channels of the page.
 *
 * It comes back by itself and asks each channel for what it missed (`after`), so a listener sees every change once
 * and in order. What it may believe and when it may return stands in protocol.js.
 */

import { isNews, mayReturn, returnDelay, subscribeRequest } from "./protocol.js";

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./protocol.js").Place} Place
 * @typedef {(frame: Frame) => void} Listener
 * @typedef {"idle" | "connecting" | "open" | "reconnecting" | "refused"} LiveState
 * @typedef {{last: Place | null, listener: Listener}} Channel
 */

/** The token is not taken, or its time is over: there is no coming back with it. */
const TOKEN_REFUSED = new Set([3500, 3501]);

/** Emits `state` events; `state` says how it stands. */
export class LiveClient extends EventTarget {
  /**
   * @param {object} needs
   * @param {string} needs.url
   * @param {() => string | null} needs.token
   * @param {() => void} needs.onTokenRefused
   * @param {typeof WebSocket} [needs.socketType]
   */
  constructor({ url, token, onTokenRefused, socketType = WebSocket }) {
    super();
    this.url = url;
    this.token = token;
    this.onTokenRefused = onTokenRefused;
    this.socketType = socketType;
    /** @type {Map<string, Channel>} */
    this.channels = new Map();
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {LiveState} */
    this.state = "idle";
    this.attempt = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * @param {string} channel which nobody else listens to
   * @param {Listener} listener gets a snapshot first, then changes
   * @returns {() => void} ends it
   */
  subscribe(channel, listener) {
    if (this.channels.has(channel)) throw new Error(`${channel} has a listener`);
    this.channels.set(channel, { last: null, listener });
    if (this.state === "open") this.send(subscribeRequest(channel, null));
    else this.connect();
    return () => this.unsubscribe(channel, listener);
  }

  /** Comes back at once, for instance since the network is there again. */
  wake() {
    if (this.timer !== undefined) this.open();
  }

  /** Begins anew as somebody else: every channel is asked for again. */
  restart() {
    this.disconnect();
    for (const channel of this.channels.values()) channel.last = null;
    this.connect();
  }

  /** @param {string} channel @param {Listener} listener */
  unsubscribe(channel, listener) {
    if (this.channels.get(channel)?.listener !== listener) return;
    this.channels.delete(channel);
    if (this.state === "open") this.send({ unsubscribe: channel });
  }

  connect() {
    if (this.socket !== null || this.channels.size === 0 || this.timer !== undefined) return;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.become(this.attempt === 0 ? "connecting" : "reconnecting");
    const socket = new this.socketType(this.url);
    this.socket = socket;
    socket.onopen = () => this.onOpen();
    socket.onmessage = (event) => this.onFrame(JSON.parse(event.data));
    socket.onclose = (event) => this.onClose(socket, event.code);
  }

  onOpen() {
    this.attempt = 0;
    const token = this.token();
    if (token !== null) this.send({ token });
    for (const [channel, { last }] of this.channels) this.send(subscribeRequest(channel, last));
    this.become("open");
  }

  /** @param {Frame} frame */
  onFrame(frame) {
    const channel = this.channels.get(frame.channel);
    if (channel === undefined || !isNews(channel.last, frame)) return;
    if (frame.offset !== undefined) channel.last = { epoch: frame.epoch, offset: frame.offset };
    channel.listener(frame);
  }

  /** @param {WebSocket} socket @param {number} code */
  onClose(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    if (this.channels.size === 0) {
      this.become("idle");
    } else if (mayReturn(code)) {
      this.become("reconnecting");
      this.timer = setTimeout(() => this.open(), returnDelay(this.attempt, Math.random()));
      this.attempt += 1;
    } else {
      this.become("refused");
    }
    if (TOKEN_REFUSED.has(code)) this.onTokenRefused();
  }

  disconnect() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = this.socket;
    this.socket = null;
    this.attempt = 0;
    socket?.close();
    this.become("idle");
  }

  /** @param {object} message */
  send(message) {
    this.socket?.send(JSON.stringify(message));
  }

  /** @param {LiveState} state */
  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
