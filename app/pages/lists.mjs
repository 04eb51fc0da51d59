/** The lists that are stored: which of them are asked, and how another one comes in. */

import { ask } from "./api.mjs";
import { find, make, number, refill } from "./dom.mjs";
import { startImporting } from "./importing.mjs";
import * as question from "./question.mjs";

/** The switches of the lists, and the drop target for another one; `imported()` hears of each.
 *
 * `refresh()` looks which lists there are now.
 */
export function startLists(imported) {
  startImporting((slug) => {
    question.change({ lists: slug, row: "" }, { step: true });
    void refresh();
    imported();
  });
  question.onChange((names) => { if (!names || names.has("lists")) void refresh(); });
  void refresh();
  return { refresh };
}

async function refresh() {
  const { lists } = await ask("v1/lists").catch(() => ({ lists: [] }));
  const ready = lists.filter(({ kind, state }) => kind === "prospects" && state === "ready");
  const chosen = question.get("lists").split(",").filter(Boolean);
  refill(find("chosen-lists"), ...ready.map((list) => switchOf(list, chosen)));
  if (chosen.length === 0 && ready.length === 1) question.change({ lists: ready[0].slug });
}

function switchOf({ slug, name, rows }, chosen) {
  const on = chosen.includes(slug);
  const others = chosen.filter((one) => one !== slug);
  return make("button", {
    type: "button", className: "chip", "aria-pressed": String(on),
    onclick: () => question.change({ lists: (on ? others : [...others, slug]).join(","), row: "" }, { step: true }),
  }, name, " ", make("span", { className: "quiet" }, number(rows)));
}
