/** How a verdict and a drive look: a form for each verdict, a colour for its minutes.
 *
 * The colours are seven of viridis, which people who do not tell red from green can read
 * (Smith and van der Walt, matplotlib 1.5, CC0), the nearest ones darkest.
 */

import { drawing } from "./dom.mjs";

export const STEPS = [
  [0, "#440154"], [10, "#443983"], [20, "#31688e"], [30, "#21918c"],
  [40, "#35b779"], [50, "#90d743"], [60, "#fde725"],
];
export const NO_MINUTES = "#9ca3af";
const SIZE = 18; // pixels across a mark on the map
const EDGE = 3; // in the units of the forms, half of it inside; an edge is seen where a colour is not
const FORMS = { // in a square of two units a pixel
  pass: "M8 18a10 10 0 1 0 20 0a10 10 0 1 0-20 0Z",
  maybe: "M18 5L31 18 18 31 5 18Z",
  fail: "M18 14.5L23.5 9 27 12.5 21.5 18 27 23.5 23.5 27 18 21.5 12.5 27 9 23.5 14.5 18 9 12.5 12.5 9Z",
};

/** The colour of a drive; of none, grey. */
export function colourOf(minutes) {
  if (minutes === null || minutes === undefined) return NO_MINUTES;
  return STEPS.findLast(([from]) => minutes >= from)?.[1] ?? STEPS[0][1];
}

/** A verdict's mark in a text, with its name for those who hear it. */
export function markOf(verdict, minutes) {
  const path = drawing("path", { d: FORMS[verdict], "stroke-width": EDGE });
  return drawing("svg", {
    viewBox: `0 0 ${SIZE * 2} ${SIZE * 2}`, class: "mark", role: "img", "aria-label": verdict,
    fill: minutes === undefined ? "#0f766e" : colourOf(minutes),
  }, path);
}

/** The pictures of all marks for a map: [name, ImageData] each, at two pixels a unit. */
export function* markPictures() {
  const canvas = new OffscreenCanvas(SIZE * 2, SIZE * 2);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (const verdict of Object.keys(FORMS)) {
    for (const colour of [...STEPS.map(([, one]) => one), NO_MINUTES]) {
      context.clearRect(0, 0, SIZE * 2, SIZE * 2);
      draw(context, verdict, colour);
      yield [`${verdict}${colour}`, context.getImageData(0, 0, SIZE * 2, SIZE * 2)];
    }
  }
}

/** The map's expression for the name of a row's picture. `alike`: coloured by resemblance. */
export function pictureExpression(alike) {
  const [property, colour] = alike ? ["like", alikeExpression()] : ["minutes", colourExpression("minutes")];
  return ["concat", ["get", "verdict"], ["case", ["has", property], colour, NO_MINUTES]];
}

/** The colour of a property in minutes. */
export function colourExpression(property) {
  const [[, first], ...rest] = STEPS;
  return ["step", ["get", property], first, ...rest.flat()];
}

/** The colour of a resemblance from 0 to 100, the best clients' like darkest. */
function alikeExpression() {
  const colours = STEPS.map(([, colour]) => colour).reverse();
  const [first, ...rest] = colours;
  return ["step", ["get", "like"], first, ...rest.flatMap((colour, at) => [(at + 1) * (100 / colours.length), colour])];
}

/** The colour that edges have on the ground of the page as it is, dark or light: 3:1 and more. */
export function edgeColour() {
  return getComputedStyle(document.documentElement).getPropertyValue("--text");
}

function draw(context, verdict, colour) {
  const path = new Path2D(FORMS[verdict]);
  context.lineWidth = EDGE;
  context.fillStyle = colour;
  context.strokeStyle = edgeColour();
  context.stroke(path);
  context.fill(path);
}
