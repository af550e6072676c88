/** Where a program is written: language, editor, its draft, and the button that submits. */

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { skeleton } from "../loading.js";
import { to } from "../routes.js";

/**
 * @typedef {{language: string, name: string, compiler_version?: string, starter?: string}} Language
 * @typedef {{problem_id: string, stubs?: Record<string, {starter: string}>}} Problem
 * @typedef {import("../editor.js").CodeEditor} CodeEditor
 * @typedef {(program: {language: string, source: string}) => Promise<void>} Submit
 */

const KEEP_DRAFT_AFTER_MS = 400;
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

export class ProgramCard {
  /**
   * @param {import("../context.js").Context} context
   * @param {Problem} problem
   * @param {Language[]} languages
   * @param {Submit} submit
   * @param {AbortSignal} signal
   */
  constructor(context, problem, languages, submit, signal) {
    this.context = context;
    this.problem = problem;
    this.languages = languages;
    this.submit = submit;
    /** @type {CodeEditor | null} */
    this.editor = null;
    /** The language of the text in the editor. */
    this.editorLanguage = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.keeping = undefined;
    this.choice = languageChoice(languages, this.firstLanguage(), () => this.changeLanguage());
    this.compiler = h("span", { class: "grow hint" }, this.compilerVersion());
    this.button = submitButton(() => this.send());
    this.place = h("div", null, skeleton(6));
    this.element = this.card();
    this.element.addEventListener("keydown", (event) => this.onKey(event), { capture: true });
    window.addEventListener("pagehide", () => this.keepNow(), { signal });
    signal.addEventListener("abort", () => this.keepNow());
    this.mountEditor(signal);
  }

  get language() {
    return this.choice.value;
  }

  get isSignedIn() {
    return this.context.session.identity !== null;
  }

  card() {
    const anew = { class: "button quiet small", type: "button", onclick: () => this.startAnew() };
    return h(
      "section",
      { class: "card editor-card", "aria-label": "Your program" },
      h(
        "div",
        { class: "work-bar" },
        h("label", { class: "visually-hidden", for: "language" }, "Language"),
        this.choice,
        this.compiler,
        h("button", anew, icon("reset"), "Start anew"),
      ),
      this.place,
      h(
        "div",
        { class: "work-bar end" },
        h("span", { class: "grow hint" }, "Esc, then Tab leaves the editor"),
        this.isSignedIn
          ? this.button
          : h("a", { class: "button primary", href: to.signIn() }, icon("user"), "Sign in to submit"),
      ),
    );
  }

  /** The editor is the largest thing on the page, so it comes last. @param {AbortSignal} signal */
  async mountEditor(signal) {
    const { CodeEditor } = await import("../editor.js");
    if (signal.aborted) return;
    this.editor = new CodeEditor();
    this.editor.addEventListener("change", () => this.keepSoon());
    this.place.replaceWith(this.editor);
    this.loadText();
  }

  /** The one that was used last, else one that the problem has a starter for. @returns {string} */
  firstLanguage() {
    const offered = this.languages.map(({ language }) => language);
    const wanted = [this.context.drafts.language, ...Object.keys(this.problem.stubs ?? {}), ...offered];
    return wanted.find((language) => language !== null && offered.includes(language)) ?? "";
  }

  compilerVersion() {
    return this.languages.find(({ language }) => language === this.language)?.compiler_version ?? "";
  }

  /** @returns {string} */
  starter() {
    const ofProblem = this.problem.stubs?.[this.language]?.starter;
    return ofProblem ?? this.languages.find(({ language }) => language === this.language)?.starter ?? "";
  }

  changeLanguage() {
    this.keepNow();
    this.context.drafts.language = this.language;
    this.compiler.textContent = this.compilerVersion();
    this.loadText();
  }

  loadText() {
    const draft = this.context.drafts.read(this.problem.problem_id, this.language);
    this.editor?.load(draft ?? this.starter(), this.language);
    this.editorLanguage = this.language;
  }

  startAnew() {
    this.keepNow();
    this.context.drafts.drop(this.problem.problem_id, this.language);
    this.loadText();
    this.editor?.focus();
  }

  keepSoon() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepNow(), KEEP_DRAFT_AFTER_MS);
  }

  /** Keeps what is written and not kept yet, before the editor gets another text or goes. */
  keepNow() {
    if (this.keeping === undefined || this.editor === null) return;
    clearTimeout(this.keeping);
    this.keeping = undefined;
    this.context.drafts.keep(this.problem.problem_id, this.editorLanguage, this.editor.value);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    this.send();
  }

  /** Once at a time. */
  async send() {
    if (this.editor === null || this.button.disabled || !this.isSignedIn) return;
    this.button.disabled = true;
    await this.submit({ language: this.language, source: this.editor.value });
    this.button.disabled = false;
  }
}

/** @param {Language[]} languages @param {string} chosen @param {() => void} onChange */
function languageChoice(languages, chosen, onChange) {
  const options = languages.map(({ language, name }) => h("option", { value: language }, name));
  const none = h("option", { value: "" }, "No language at the moment");
  const choice = h("select", { class: "field", id: "language", onchange: onChange });
  choice.append(...(options.length > 0 ? options : [none]));
  choice.value = chosen;
  return choice;
}

/** @param {() => void} onClick */
function submitButton(onClick) {
  const keys = h("kbd", { "aria-hidden": "true" }, isMac ? "⌘ ↵" : "Ctrl ↵");
  return h("button", { class: "button primary", type: "button", onclick: onClick }, "Submit", keys);
}
