/** Prospects, clients or maps: which of them the panel shows. */

import { startClients } from "./clients.mjs";
import { find } from "./dom.mjs";
import * as question from "./question.mjs";
import { startRegions } from "./regions.mjs";

const STARTS = { clients: startClients, maps: startRegions };

/** The three views; each is made when it is looked at first. `changed()` hears of other maps. */
export function startViews(changed) {
  const buttons = [...find("views").children];
  for (const button of buttons) {
    button.addEventListener("click", () => question.change({ view: nameOf(button) }, { step: true }));
  }
  question.onChange((names) => { if (!names || names.has("view")) show(buttons, changed); });
  show(buttons, changed);
}

function nameOf({ dataset: { view } }) {
  return view === "prospects" ? "" : view;
}

function show(buttons, changed) {
  const said = question.get("view");
  const view = buttons.some((button) => nameOf(button) === said) ? said : "";
  for (const button of buttons) {
    const on = nameOf(button) === view;
    const box = find(button.dataset.view);
    button.setAttribute("aria-pressed", String(on));
    box.hidden = !on;
    if (on && STARTS[box.id]) {
      STARTS[box.id](box, changed);
      delete STARTS[box.id];
    }
  }
}
