/** The page: a question is asked when it changes, and everything shows its answer. */

import { AGAIN_MS, Problem, ask, isAway, newest, pause, useKeys } from "./api.mjs";
import { find, make, number } from "./dom.mjs";
import { showDoubts } from "./doubts.mjs";
import { showFunnel } from "./funnel.mjs";
import { startHome } from "./home.mjs";
import { askForKey } from "./key.mjs";
import { startLikeness } from "./likeness.mjs";
import { startLimits } from "./limits.mjs";
import { startLists } from "./lists.mjs";
import { startPartners } from "./partners.mjs";
import * as question from "./question.mjs";
import { showFirstVisit } from "./regions.mjs";
import { startTable } from "./table.mjs";
import { startTaking } from "./taking.mjs";
import { startVerdicts } from "./verdicts.mjs";
import { startViews } from "./views.mjs";

const FIRST_PAGE = 100;
const MAP_WAITS_MS = 400; // for the first rows; longer than they take where the engine runs already
const NOT_ASKED = new Set(["row", "view", "columns", "partners"]); // they change what is shown, not the answer

const first = Promise.withResolvers(); // whether there is an answer, or nothing to ask
useKeys(askForKey, () => map.renew());
const map = startMapLater(find("map"), {
  pick: (row) => pick(row, { scroll: true }),
  hover: (row) => table.mark(row),
});
const table = startTable(find("table"), {
  pick: (row, byKey) => pick(row, { byKey }),
  hover: (row) => map.mark(row),
});
const home = startHome(map);
const limits = startLimits();
const verdicts = startVerdicts(find("verdicts"));
const taking = startTaking(find("take"), showFault);
startPartners(find("layers"), map);
const lists = startLists(answerSoon);
startViews(renew);
startLikeness(find("layers"));
void showFirstVisit(find("first-visit"), renew);

/** The map, whose module is most of the page and holds it up: the first rows come before it.
 *
 * What it is told until it is there it does then, each thing as a promise. A browser that can draw
 * none says so in its place, and the rest of the page goes on.
 */
function startMapLater(box, heard) {
  const made = Promise.race([first.promise, pause(MAP_WAITS_MS)])
    .then(() => import("./map.mjs")).then(({ startMap }) => startMap(box, heard));
  made.catch((why) => {
    console.warn(why);
    document.body.classList.add("mapless");
    box.replaceChildren(make("p", { className: "quiet" },
      `The map can't be drawn here: ${why.message.split(". ")[0]}. The table has the same rows.`));
  });
  const nothing = () => new Promise(() => {});
  return new Proxy({}, { get: (_, name) => (...told) => made.then((map) => map[name](...told), nothing) });
}

/** Everything anew, as there is another map. */
function renew() {
  map.renew();
  answerSoon();
  void showFirstVisit(find("first-visit"), renew);
}

let looked = ""; // the row whose card is open, as the address names it; null: whichever was

/** One row of the answer is looked at: its card on the map, its line in the table.
 *
 * `byKey`: the card gets the focus, and gives it back when it is closed.
 */
function pick(row, { scroll = false, byKey = false }) {
  looked = row ? `${row.list}:${row.row}` : "";
  question.change({ row: looked });
  table.pick(row, scroll);
  map.pick(row, byKey);
}

const askPage = newest(async (signal) => {
  const query = question.asQuery({ limit: FIRST_PAGE });
  return ask(question.listsPath("prospects"), { query, signal });
});

let again = 0;

/** Ask the question as it is now, and show its answer; again where the server is away. */
async function answer() {
  clearTimeout(again);
  limits.show();
  verdicts.show(null);
  if (!question.isWhole()) {
    askPage.stop();
    return showNothing();
  }
  performance.mark("asked");
  try {
    const found = await askPage();
    if (!found) return;
    performance.mark("answered");
    show(found);
    performance.measure("sweetspot: answered", "asked", "answered");
    performance.measure("sweetspot: shown", "answered");
  } catch (why) {
    if (!(why instanceof Problem)) throw why;
    showFault(why);
    if (why.status === 404) showGone();
    if (!isAway(why)) return;
    find("fault").append(" It is asked again.");
    again = setTimeout(answer, AGAIN_MS);
  }
}

/** Open the card of the row that the address names, as a link or a reload does; an open one anew. */
function lookAgain() {
  const said = question.get("row"), other = said !== looked;
  if (!other && !said) return;
  looked = said;
  const [list, row] = said.split(":");
  const one = said ? { list, row: Number(row) } : null;
  if (other) table.pick(one, true);
  map.pick(one, !other && Boolean(document.activeElement?.closest(".card")));
}

function show(found) {
  showFault(null);
  find("hint").hidden = true;
  find("where").textContent = `from ${found.home_base.label}`;
  find("count").replaceChildren(...countOf(found));
  home.show(found.home_bases ?? [found.home_base]);
  verdicts.show(found.counts);
  showFunnel(find("funnel"), found.counts);
  showDoubts(find("doubts"), found);
  table.show(found);
  map.show(found);
  taking.show(found);
  showNotes(found.notes);
  lookAgain();
}

function countOf(found) {
  const many = document.createElement("strong");
  many.textContent = number(found.chosen);
  return [many, ` of ${number(found.counts.read)}`];
}

function showNotes(notes) {
  const box = find("notes");
  box.hidden = notes.length === 0;
  box.querySelector("ul").replaceChildren(...notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = note;
    return item;
  }));
}

function showNothing() {
  showFault(null);
  const missing = question.get("lists") === "" ? "Add a list, or choose one." : "Set the home base.";
  find("hint").textContent = missing;
  find("hint").hidden = false;
  showNoRows();
}

function showNoRows() {
  for (const id of ["count", "where", "funnel"]) find(id).replaceChildren();
  find("doubts").hidden = true;
  showNotes([]);
  home.show([]);
  table.show(null);
  map.show(null);
  taking.show(null);
}

/** A list that was asked is not there any more; others may be. */
function showGone() {
  showNoRows();
  void lists.refresh();
}

function showFault(why) {
  const box = find("fault");
  box.hidden = why === null;
  box.textContent = why?.message ?? "";
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  if (why?.field) find(why.field)?.setAttribute("aria-invalid", "true");
}

let asking = 0;

/** Once a frame, however many changes there were. */
function answerSoon() {
  cancelAnimationFrame(asking);
  asking = requestAnimationFrame(answer);
}

question.onChange((names) => {
  if (names === null || [...names].some((name) => !NOT_ASKED.has(name))) answerSoon();
  if (names === null) looked = null;
});
void answer().then(first.resolve);
