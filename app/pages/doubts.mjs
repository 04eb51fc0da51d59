/** The maybe pile, by what is missing, with the next step for each. */

import { make, number, refill } from "./dom.mjs";
import * as question from "./question.mjs";

const KINDS = {
  place: ["Place not known", "Give the street or the town in the list", () => look("place")],
  reach: ["Drive not known", "Add a map", () => question.change({ view: "maps" }, { step: true })],
  size: ["Size not known", "Look up the size", () => look("size")],
  industry: ["Industry not known", "Look up what they do", () => look("industry")],
  advisers: ["Advisers not known", "Ask who advises them", () => look("advisers")],
};

/** Show what an answer's maybe rows lack, and what to do about each. */
export function showDoubts(box, { doubts }) {
  const told = Object.entries(KINDS).filter(([kind]) => doubts[kind] || kind === question.get("doubt"));
  box.hidden = told.length === 0;
  refill(box, ...told.map(([kind, [title, step, go]]) => make("p", { className: "row doubt" },
    make("button", { type: "button", className: "chip", "aria-pressed": String(question.get("doubt") === kind),
      onclick: () => look(kind) }, `${title} `, make("span", { className: "quiet" }, number(doubts[kind] ?? 0))),
    make("button", { type: "button", className: "link", onclick: go }, step))));
}

/** Those rows alone; again, and all are shown as before. */
function look(kind) {
  const on = question.get("doubt") === kind;
  question.change({ doubt: on ? "" : kind, verdict: on ? "" : "maybe" }, { step: true });
}
