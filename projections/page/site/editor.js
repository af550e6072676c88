/**
 * `<code-editor>`: CodeMirror 6 in a shadow root.
 *
 * The shadow root is what lets it live under `default-src 'self'`: in a document CodeMirror would add `<style>`
 * elements, which that policy forbids; in a shadow root it uses constructed style sheets, which need no leave.
 */

import {
  autocompletion,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  cpp,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  HighlightStyle,
  highlightActiveLine,
  highlightActiveLineGutter,
  history,
  historyKeymap,
  indentLess,
  indentMore,
  indentOnInput,
  indentUnit,
  java,
  keymap,
  lineNumbers,
  python,
  syntaxHighlighting,
  tags,
} from "/vendor/editor.js";

/** By the beginning of a language's id, so that `cpp17` is C++ too. Others are plain text. */
const SYNTAXES = [
  { prefix: "cpp", syntax: cpp },
  { prefix: "java", syntax: java, except: "javascript" },
  { prefix: "python", syntax: python },
  { prefix: "c", syntax: cpp, exact: true },
];

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "transparent", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", fontVariantLigatures: "none" },
  ".cm-content": { caretColor: "var(--accent)", paddingBlock: "0.6rem" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 0.75rem 0 1rem", minWidth: "2.75rem" },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--text) 4%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklab, var(--accent) 24%, transparent)",
  },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "color-mix(in oklab, var(--accent) 18%, transparent)",
    outline: "1px solid color-mix(in oklab, var(--accent) 45%, transparent)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--surface-raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "8px",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "0.8125rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-fill)",
    color: "var(--on-accent)",
  },
});

const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.modifier, tags.operatorKeyword, tags.controlKeyword],
    color: "var(--code-keyword)",
  },
  {
    tag: [tags.typeName, tags.className, tags.namespace, tags.standard(tags.typeName)],
    color: "var(--code-type)",
  },
  { tag: [tags.string, tags.character, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.self], color: "var(--code-number)" },
  {
    tag: [tags.lineComment, tags.blockComment, tags.docComment],
    color: "var(--code-comment)",
    fontStyle: "italic",
  },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.definition(tags.className),
    ],
    color: "var(--code-name)",
  },
  {
    tag: [tags.meta, tags.annotation, tags.processingInstruction, tags.macroName],
    color: "var(--code-meta)",
  },
]);

/** Tab leaves the editor after Escape, so that a keyboard is never caught in it. */
const KEYS = [
  ...closeBracketsKeymap,
  ...defaultKeymap,
  ...historyKeymap,
  { key: "Tab", run: indentMore, shift: indentLess },
];

export class CodeEditor extends HTMLElement {
  constructor() {
    super();
    this.view = new EditorView({
      root: this.attachShadow({ mode: "open" }),
      state: this.#freshState("", ""),
    });
    this.shadowRoot?.append(this.view.dom);
  }

  /** @returns {string} */
  get value() {
    return this.view.state.doc.toString();
  }

  /** Puts another text in, in that language; what was undone before is forgotten. @param {string} text @param {string} language */
  load(text, language) {
    this.view.setState(this.#freshState(text, language));
  }

  focus() {
    this.view.focus();
  }

  /** @param {string} text @param {string} language */
  #freshState(text, language) {
    return EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ activateOnTyping: false }),
        keymap.of(KEYS),
        theme,
        syntaxHighlighting(colours),
        syntaxOf(language),
        EditorView.contentAttributes.of({ "aria-label": "Program" }),
        EditorView.updateListener.of((/** @type {{docChanged: boolean}} */ update) => {
          if (update.docChanged) this.dispatchEvent(new Event("change"));
        }),
      ],
    });
  }
}

/** @param {string} language */
function syntaxOf(language) {
  const found = SYNTAXES.find(
    ({ prefix, except, exact }) =>
      (exact ? language === prefix : language.startsWith(prefix)) && language !== except,
  );
  return found?.syntax() ?? [];
}

customElements.define("code-editor", CodeEditor);
