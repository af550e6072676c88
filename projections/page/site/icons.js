/** Icons as SVG elements, 24 units wide, in the colour of the text around them. Hidden from screen readers. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  check: "M5 12.5 10 17.5 19.5 7",
  cross: "M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2",
  memory: "M7 7h10v10H7ZM10 3.5V7M14 3.5V7M10 17v3.5M14 17v3.5M3.5 10H7M3.5 14H7M17 10h3.5M17 14h3.5",
  bolt: "M13 3 5.5 13.5H11L10.5 21 18.5 10.5H13Z",
  warning: "M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17.2v.1",
  code: "m8.5 7-5 5 5 5M15.5 7l5 5-5 5",
  overflow: "M4 7h16M4 12h16M4 17h9M17 15l3 2-3 2.5",
  wrench:
    "M14.5 6.5a4 4 0 0 0 4.9 5l-8 8a2.1 2.1 0 0 1-3-3l8-8a4 4 0 0 0-1.9-2ZM14.5 6.5l2.5-2.5 3.5 3.5-2.5 2.5",
  hourglass:
    "M7 3.5h10M7 20.5h10M8 3.5c0 5 8 5.5 8 8.500s-8 3.5-8 8.500M16 3.500c0 5-8 5.5-8 8.500s8 3.5 8 8.5",
  star: "m12 3.5 2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17.1 6.7 20l1.1-6L3.4 9.800l6-.8Z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 20.5 20.5",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4",
  moon: "M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500Z",
  system: "M3.5 5h17v11h-17ZM8.5 20h7M12 16v4",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20.500c.8-4 3.7-6 7.5-6s6.7 2 7.5 6",
  pause: "M8.5 5.500v13M15.5 5.500v13",
  play: "M7.5 5v14l11-7Z",
  back: "M17.5 5v14L9 12ZM6.5 5v14",
  forward: "M6.5 5v14L15 12ZM17.5 5v14",
  copy: "M8.5 8.500h11v11h-11ZM15.5 8.500v-4h-11v11h4",
  snow: "M12 3v18M4.2 7.500l15.6 9M19.8 7.500l-15.6 9M12 6.5 9.5 4M12 6.5 14.5 4M12 17.5 9.5 20M12 17.500l2.5 2.5",
  inbox: "M3.5 13.5 6.5 5h11l3 8.500V19h-17ZM3.5 13.500H8.500a3.5 3.5 0 0 0 7 0h5",
  trophy:
    "M7.5 4h9v5.500a4.5 4.5 0 0 1-9 0ZM7.5 5.500H4c0 3.5 1.5 5 3.7 5.300M16.5 5.500H20c0 3.5-1.5 5-3.7 5.300M12 14v4M8.5 20h7",
  reset: "M4.5 4.500v5h5M4.9 9.500A8 8 0 1 1 4 13",
  up: "M12 19V6M6.5 11 12 5.5 17.5 11",
  down: "M12 5v13M6.5 13l5.5 5.5 5.5-5.5",
  list: "M8.5 6h12M8.5 12h12M8.5 18h12M4 6h.01M4 12h.01M4 18h.01",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * @param {IconName} name
 * @param {string} [className]
 * @returns {SVGSVGElement}
 */
export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon ${className}`.trim());
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
