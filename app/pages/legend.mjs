/** What the colours and the marks on the map mean. */

import { make } from "./dom.mjs";
import { STEPS, markOf } from "./marks.mjs";

/** The legend in a corner of the map; `show(alike)` tells what colours are of. */
export function showLegend(box) {
  const title = make("p"), scale = make("ol");
  box.append(make("div", { className: "legend" }, title, scale,
    make("p", {}, ...["pass", "maybe", "fail"].flatMap((verdict) => [markOf(verdict), `${verdict} `]))));
  const show = (alike) => {
    title.textContent = alike ? "Like your best clients, of 100" : "Minutes";
    scale.replaceChildren(...(alike ? likenesses() : STEPS.map(([from, colour]) => patchOf(colour, from === 60 ? "60+" : `${from}`))));
  };
  show(false);
  return { show };
}

function likenesses() {
  return STEPS.map(([, colour], at) => patchOf(colour, `${Math.round(((STEPS.length - 1 - at) * 100) / STEPS.length)}`)).reverse();
}

function patchOf(colour, text) {
  const patch = make("i");
  patch.style.backgroundColor = colour;
  return make("li", {}, patch, text);
}
