/** Temml: TeX to MathML, which needs neither styles nor fonts of its own (`site/statement.js`). */

export { default as temml } from "temml";
