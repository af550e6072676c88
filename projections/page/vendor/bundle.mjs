/**
 * Makes files that a browser loads as they are of what the page takes from npm.
 *
 * The page itself is not built. But an editor of twenty packages with bare imports would need an import map, and an
 * import map is an inline script, which the page's Content-Security-Policy forbids. So each library becomes one
 * module, once, at set-up; fonts are copied. Usage: `node bundle.mjs FOLDER`, where FOLDER holds `node_modules`;
 * the result stands in `FOLDER/vendor`.
 */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? ".");
const target = join(folder, "vendor");
const { build } = createRequire(join(folder, "package.json"))("esbuild");

const MODULES = ["editor", "markdown", "maths"];

const FONTS = [
  {
    family: "Inter",
    from: "@fontsource-variable/inter/files/inter-{subset}-wght-normal.woff2",
    weights: "100 900",
  },
  {
    family: "JetBrains Mono",
    from: "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-{subset}-wght-normal.woff2",
    weights: "100 800",
  },
];

/** A browser fetches a subset only when a text needs it. */
const SUBSETS = {
  latin:
    "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, U+0329, U+2000-206F, " +
    "U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
  "latin-ext":
    "U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1D00-1DBF, U+1E00-1E9F, U+1EF2-1EFF, " +
    "U+2020, U+20A0-20AB, U+20AD-20C0, U+2113, U+2C60-2C7F, U+A720-A7FF",
};

await mkdir(join(target, "fonts"), { recursive: true });
await build({
  entryPoints: MODULES.map((name) => join(here, `${name}.js`)),
  outdir: target,
  nodePaths: [join(folder, "node_modules")],
  // Else esbuild would follow the paths of jsconfig.json, which are for types.
  tsconfigRaw: "{}",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
});
await writeFile(join(target, "fonts.css"), (await Promise.all(FONTS.flatMap(copySubsets))).join("\n"));

/** Copies a font's subsets; gives one `@font-face` rule for each. */
function copySubsets({ family, from, weights }) {
  return Object.entries(SUBSETS).map(async ([subset, range]) => {
    const name = `${family.toLowerCase().replaceAll(" ", "-")}-${subset}.woff2`;
    await copyFile(
      join(folder, "node_modules", from.replace("{subset}", subset)),
      join(target, "fonts", name),
    );
    return `@font-face {
  font-family: "${family}";
  font-weight: ${weights};
  font-display: swap;
  src: url("fonts/${name}") format("woff2");
  unicode-range: ${range};
}`;
  });
}
