/** The lists that are stored: which of them are asked, and how another one comes in. */

import { ask, newest } from "./api.mjs";
import { find, make, number, refill } from "./dom.mjs";
import { startImporting } from "./importing.mjs";
import * as question from "./question.mjs";

/** The switches of the lists, and the drop target for another one; `imported()` hears of each.
 *
 * `refresh()` looks which lists there are now.
 */
export function startLists(imported) {
  const choose = (slug) => {
    question.change({ lists: slug, row: "" }, { step: true });
    void refresh();
    imported();
  };
  startImporting(choose, (slug) => (chosen().length ? void refresh() : choose(slug)));
  question.onChange((names) => { if (!names || names.has("lists")) void refresh(); });
  void refresh();
  return { refresh };
}

const look = newest((signal) => ask("v1/lists", { signal }));

/** Those that are there, and those that are asked though they are not: they can be taken out. */
async function refresh() {
  const found = await look().catch(() => null);
  if (!found) return; // the server is away, or another look is under way: the switches stay
  const ready = found.lists.filter(({ kind, state }) => kind === "prospects" && state === "ready");
  const lost = chosen().filter((name) => !ready.some(({ slug, id }) => slug === name || id === name));
  refill(find("chosen-lists"), ...ready.map(({ slug, name, rows }) => switchOf(slug, name, number(rows))),
    ...lost.map((name) => switchOf(name, name, "can't be asked")));
  if (chosen().length === 0 && ready.length === 1) question.change({ lists: ready[0].slug });
}

function chosen() {
  return question.get("lists").split(",").filter(Boolean);
}

function switchOf(slug, name, words) {
  const turn = () => {
    const now = chosen(), others = now.filter((one) => one !== slug);
    question.change({ lists: (now.includes(slug) ? others : [...others, slug]).join(","), row: "" }, { step: true });
  };
  return make("button", {
    type: "button", className: "chip", "aria-pressed": String(chosen().includes(slug)), onclick: turn,
  }, name, " ", make("span", { className: "quiet" }, words));
}
