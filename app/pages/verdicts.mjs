/** Which verdicts are shown: a switch for each, with its mark and how many there are. */

import { make, number } from "./dom.mjs";
import { markOf } from "./marks.mjs";
import * as question from "./question.mjs";

const KINDS = [["pass", "passed"], ["maybe", "maybe"], ["fail", "failed"]];

/** The switches in that box; `show(counts)` tells how many rows each has. */
export function startVerdicts(box) {
  const switches = new Map(KINDS.map(([kind]) => [kind, makeSwitch(kind)]));
  box.append(...switches.values());
  return { show: (counts) => showThem(switches, counts) };
}

function makeSwitch(kind) {
  return make("button", { type: "button", className: "chip", onclick: () => turn(kind) },
    markOf(kind), kind, " ", make("span", { className: "quiet" }));
}

function showThem(switches, counts) {
  const on = wanted();
  for (const [kind, name] of KINDS) {
    const button = switches.get(kind);
    button.setAttribute("aria-pressed", String(on.has(kind)));
    if (counts) button.lastChild.textContent = number(counts[name]);
  }
}

function wanted() {
  const said = question.get("verdict") || "pass";
  return new Set(said === "all" ? KINDS.map(([kind]) => kind) : said.split(","));
}

function turn(kind) {
  const on = wanted();
  if (!on.delete(kind)) on.add(kind);
  const said = KINDS.map(([one]) => one).filter((one) => on.has(one)).join(",");
  question.change({ verdict: said === "pass" ? "" : said || "pass" });
}
