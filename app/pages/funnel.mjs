/** The funnel: of the rows that were read, how many came through each filter. */

import { make, number } from "./dom.mjs";

const STEPS = {
  read: "read", located: "located", within: "within reach", right_size: "right size", passed: "passed",
};

/** Show the counts of an answer as bars that lie on each other, and in words. */
export function showFunnel(box, counts) {
  const whole = Math.max(counts.read, 1);
  box.replaceChildren(
    make("div", { className: "funnel", "aria-hidden": "true" },
      ...Object.keys(STEPS).map((name) => barOf(name, counts[name] / whole))),
    make("ul", { className: "funnel-words", "aria-label": "Funnel" },
      ...Object.entries(STEPS).map(([name, words]) => make("li", {},
        make("i", { className: name }), make("strong", {}, number(counts[name])), ` ${words}`))));
}

function barOf(name, share) {
  const bar = make("i", { className: name });
  bar.style.width = `${share * 100}%`;
  return bar;
}
