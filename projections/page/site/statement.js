/**
 * A problem's statement: Markdown without raw HTML, with TeX between dollars as MathML.
 *
 * markdown-it escapes everything that it does not make itself, and makes no links to `javascript:`. MathML comes
 * from Temml without its `style` attributes, which the page's policy would refuse.
 */

import { MarkdownIt } from "/vendor/markdown.js";

/** @typedef {{renderToString: (tex: string, options: object) => string}} Temml */

/** @type {Temml | null} */
let maths = null;

/** @param {string} markdown @returns {Promise<HTMLElement>} */
export async function renderStatement(markdown) {
  if (maths === null && markdown.includes("$")) maths = (await import("/vendor/maths.js")).temml;
  const element = document.createElement("div");
  element.className = "prose";
  element.innerHTML = parser.render(markdown);
  for (const heading of element.querySelectorAll("h1, h2, h3, h4")) demote(heading);
  for (const link of element.querySelectorAll("a[href]")) {
    link.setAttribute("rel", "noopener noreferrer");
    link.setAttribute("target", "_blank");
  }
  return element;
}

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });
parser.inline.ruler.after("escape", "maths", readMaths);
parser.renderer.rules.maths = (/** @type {any[]} */ tokens, /** @type {number} */ index) =>
  renderMaths(tokens[index].content, tokens[index].markup === "$$");
// Pictures from elsewhere would be refused by the page's policy anyway; a text in their place says so.
parser.renderer.rules.image = (/** @type {any[]} */ tokens, /** @type {number} */ index) =>
  parser.utils.escapeHtml(tokens[index].content);

/** markdown-it's rule for `$…$` and `$$…$$`. @param {any} state @param {boolean} silent @returns {boolean} */
function readMaths(state, silent) {
  const rest = state.src.slice(state.pos, state.posMax);
  const match = /^(\${1,2})(?!\s)((?:\\.|[^\\$])+?)(?<!\s)\1(?!\d)/s.exec(rest);
  if (match === null) return false;
  if (!silent) Object.assign(state.push("maths", "math", 0), { content: match[2], markup: match[1] });
  state.pos += match[0].length;
  return true;
}

/** @param {string} tex @param {boolean} isBlock @returns {string} */
function renderMaths(tex, isBlock) {
  if (maths === null) return parser.utils.escapeHtml(tex);
  const mathml = maths.renderToString(tex, { displayMode: isBlock, throwOnError: false, trust: false });
  return mathml.replace(/ style="[^"]*"/g, "");
}

/** The page's title is the only `h1`; a statement's headings stand below it. @param {Element} heading */
function demote(heading) {
  const lower = document.createElement(heading.tagName === "H1" ? "h2" : "h3");
  lower.append(...heading.childNodes);
  heading.replaceWith(lower);
}
