/** markdown-it: problem statements (`site/statement.js`). */

export { default as MarkdownIt } from "markdown-it";
