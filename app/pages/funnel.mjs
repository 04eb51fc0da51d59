/** The funnel: of the rows that were read, how many came through each filter. */

import { make, number } from "./dom.mjs";

const STEPS = [
  ["read", "Read"],
  ["located", "Located"],
  ["within", "Within reach"],
  ["right_size", "Right size"],
  ["passed", "Passed"],
];

/** Show the counts of an answer as bars that lie on each other. */
export function showFunnel(box, counts) {
  const whole = Math.max(counts.read, 1);
  box.replaceChildren(make("dl", { className: "funnel", "aria-label": "Funnel" },
    ...STEPS.flatMap(([name, words]) => [
      make("dt", {}, words),
      make("dd", {},
        bar(counts[name] / whole, name),
        make("span", {}, number(counts[name]))),
    ])));
}

function bar(share, name) {
  const meter = make("meter", { min: 0, max: 1, value: share, className: name, "aria-hidden": "true" });
  return meter;
}
