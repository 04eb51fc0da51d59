/** How a verdict and a drive look: a form for each verdict, a colour for its minutes.
 *
 * The colours are seven of viridis, which people who do not tell red from green can read
 * (Smith and van der Walt, matplotlib 1.5, CC0), the nearest ones darkest.
 */

import { make } from "./dom.mjs";

export const STEPS = [
  [0, "#440154"], [10, "#443983"], [20, "#31688e"], [30, "#21918c"],
  [40, "#35b779"], [50, "#90d743"], [60, "#fde725"],
];
export const NO_MINUTES = "#9ca3af";
const SIZE = 18; // pixels across a mark on the map
const FORMS = { pass: disc, maybe: diamond, fail: cross };

/** The colour of a drive; of none, grey. */
export function colourOf(minutes) {
  if (minutes === null || minutes === undefined) return NO_MINUTES;
  return STEPS.findLast(([from]) => minutes >= from)?.[1] ?? STEPS[0][1];
}

/** A verdict's mark in a text, with its name for those who hear it. */
export function markOf(verdict, minutes) {
  const canvas = make("canvas", { width: SIZE * 2, height: SIZE * 2, className: "mark" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", verdict);
  draw(canvas.getContext("2d"), verdict, minutes === undefined ? "#0f766e" : colourOf(minutes));
  return canvas;
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

function draw(context, verdict, colour) {
  context.lineWidth = 3;
  context.fillStyle = colour;
  context.strokeStyle = "#fff";
  context.beginPath();
  FORMS[verdict](context, SIZE);
  context.stroke();
  context.fill();
}

function disc(context, middle) {
  context.arc(middle, middle, 10, 0, 2 * Math.PI);
}

function diamond(context, middle) {
  for (const [x, y] of [[0, -13], [13, 0], [0, 13], [-13, 0]]) context.lineTo(middle + x, middle + y);
  context.closePath();
}

function cross(context, middle) {
  const out = 9, arm = 3.5;
  const corner = [[0, -arm], [out - arm, -out], [out, arm - out], [arm, 0]];
  for (let turn = 0; turn < 4; turn += 1) {
    for (const [x, y] of corner) {
      const [right, down] = turned(x, y, turn);
      context.lineTo(middle + right, middle + down);
    }
  }
  context.closePath();
}

function turned(x, y, quarters) {
  return [[x, y], [-y, x], [-x, -y], [y, -x]][quarters];
}
