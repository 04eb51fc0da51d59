/** What the colours and the marks on the map mean. */

import { make } from "./dom.mjs";
import { STEPS, markOf } from "./marks.mjs";

/** The legend in a corner of the map. */
export function showLegend(box) {
  const steps = STEPS.map(([from, colour]) => {
    const patch = make("i");
    patch.style.backgroundColor = colour;
    return make("li", {}, patch, from === 60 ? "60+" : `${from}`);
  });
  box.append(make("div", { className: "legend" },
    make("p", {}, "Minutes"),
    make("ol", {}, ...steps),
    make("p", {}, ...["pass", "maybe", "fail"].flatMap((verdict) => [markOf(verdict), `${verdict} `]))));
}
