/** The maps that are installed, and others to add: with one, minutes are those of real roads. */

import { ask, newest, post, send } from "./api.mjs";
import { find, make, number, openDialog } from "./dom.mjs";
import { followRunning, runJob } from "./jobs.mjs";
import * as question from "./question.mjs";

const KIND = "region";
const SAMPLE_HOME = "350 Main Street, Larkfield, NV";

/** The view in that box; `changed()` hears when there is another map. */
export function startRegions(box, changed) {
  const list = make("ul", { className: "regions" });
  const running = make("div");
  const refresh = () => showRegions(list, refresh, changed).catch((why) => {
    list.replaceChildren(make("li", {}, fault(why)));
  });
  const done = () => { void refresh(); changed(); };
  box.append(make("h2", {}, "Maps"), list, areaForm(running, done), running);
  void followRunning(running, KIND, wordsOf, done);
  void refresh();
}

/** Offered while no map is installed: it works by the estimate, and says so. */
export async function showFirstVisit(box, changed) {
  const { regions } = await ask("v1/regions").catch(() => ({ regions: [null] }));
  box.hidden = regions.length > 0;
  if (regions.length > 0 || box.children.length > 0) return;
  const running = make("div");
  box.replaceChildren(
    make("p", {}, "No map is installed yet: towns and ZIP codes are known, and minutes are estimated from the distance."),
    make("p", { className: "row" },
      make("button", { type: "button", className: "main", onclick: () => question.change({ view: "maps" }, { step: true }) }, "Add a map"),
      make("button", { type: "button", onclick: ({ target }) => trySample(target, running, changed) }, "Try the sample county")),
    running);
  void followRunning(running, KIND, wordsOf, changed);
}

/** The sample county with its list, and a question that both answer. */
async function trySample(button, running, changed) {
  button.disabled = true;
  let made = null;
  const begin = async () => (made = await post("v1/regions/sample")).job;
  const region = await runJob(running, "The sample county is being made …", begin, wordsOf);
  if (region) changed();
  const list = region && made.list_job
    ? await runJob(find("importing"), "Its list is imported …", async () => made.list_job, () => "Its list is there.")
    : region;
  button.disabled = false;
  if (list) question.change({ lists: made.list, home: SAMPLE_HOME }, { step: true });
}

async function showRegions(list, refresh, changed) {
  const { regions, unreadable } = await ask("v1/regions");
  const told = regions.map((region) => make("li", {},
    make("div", { className: "row" }, make("strong", { className: "grow" }, region.name), removeButton(region, list, refresh, changed)),
    make("p", { className: "quiet" }, describe(region)), make("p", { className: "quiet" }, region.attribution)));
  const broken = unreadable.map(({ name, problem }) => make("li", { className: "fault" }, `${name}: ${problem}`));
  list.replaceChildren(...(told.length + broken.length ? [...told, ...broken] : [make("li", { className: "quiet" }, "None yet.")]));
}

function describe({ size_bytes: size, data_date: date, across_miles: [wide, high], counts }) {
  return [`${wide} × ${high} miles`, `roads ${number(counts.roads ?? 0)}`, `streets ${number(counts.streets ?? 0)}`,
    megabytes(size), `data of ${date.slice(0, 10)}`].join(" · ");
}

function removeButton({ name }, list, refresh, changed) {
  const remove = async () => {
    const sure = await openDialog(`Delete the map ${name}?`, (close) => make("div", { className: "row" },
      make("button", { type: "button", className: "main", onclick: () => close(true) }, "Delete"),
      make("button", { type: "button", onclick: () => close() }, "Cancel")));
    if (!sure) return;
    const refused = await send(`v1/regions/${name}`, { method: "DELETE" }).then(() => null, fault);
    await refresh();
    if (refused) list.prepend(make("li", {}, refused));
    changed();
  };
  return make("button", { type: "button", "aria-label": `Delete ${name}`, onclick: remove }, "Delete");
}

/** Which area: around the home base, or an extract by its name; its plan, before anything is done. */
function areaForm(running, done) {
  const near = make("input", { id: "area-near", type: "text", value: question.get("home"), placeholder: "An address" });
  const miles = make("input", { id: "area-miles", type: "number", min: 1, max: 300, value: "60" });
  const name = make("input", { id: "area-name", type: "text", placeholder: "us/hawaii" });
  const told = make("div", { "aria-live": "polite" });
  const wanted = () => (name.value.trim() ? { name: name.value.trim() } : { near: near.value.trim(), miles: miles.value });
  const plan = newest((signal, area) => ask("v1/regions/plan", { query: area, signal }));
  const show = async (event) => {
    event.preventDefault();
    const area = wanted();
    told.replaceChildren(make("progress", { "aria-label": "The plan is made" }));
    const found = await plan(area).catch((why) => why);
    if (found) told.replaceChildren(...(found instanceof Error ? [fault(found)] : planOf(found, () => build(area))));
  };
  const build = (area) => {
    told.replaceChildren();
    const body = { ...area, miles: Number(area.miles ?? 60), yes: true };
    const begin = async () => (await post("v1/regions", body)).job;
    void runJob(running, "The map is planned …", begin, wordsOf).then((result) => result && done());
  };
  const field = (title, input) => make("div", {}, make("label", { htmlFor: input.id }, title), input);
  return make("form", { className: "area", onsubmit: show },
    make("h2", {}, "Add a map"),
    make("div", { className: "terms" }, field("Around", near), field("Miles", miles), field("Or an extract's name", name)),
    make("button", { type: "submit" }, "What would it take?"), told);
}

function fault(why) {
  return make("p", { className: "fault", role: "alert" }, why.message);
}

function planOf(plan, build) {
  const facts = {
    "To download": megabytes(plan.download_bytes), "Minutes to build": plan.build_minutes,
    "Disk needed": megabytes(plan.build_disk_bytes), "Disk free": megabytes(plan.free_bytes),
    "Memory needed": megabytes(plan.build_memory_bytes),
  };
  return [
    plan.covered_by ? make("p", { className: "hint" }, `The map ${plan.covered_by} covers that already.`) : null,
    make("ul", { className: "lines" }, ...plan.files.map(({ name, bytes }) => make("li", {}, `${name}: ${megabytes(bytes)}`))),
    make("dl", { className: "facts" }, ...Object.entries(facts).flatMap(([title, value]) =>
      [make("dt", {}, title), make("dd", {}, `${value ?? "not known"}`)])),
    make("button", { type: "button", className: "main", onclick: build }, "Download and build"),
  ].filter(Boolean);
}

function megabytes(bytes) {
  if (bytes === null || bytes === undefined) return "size not known";
  return bytes > 2e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${number(Math.max(Math.round(bytes / 1e6), 1))} MB`;
}

function wordsOf({ region }) {
  return `The map ${region} is there.`;
}
