/** The limits: a slider with two handles for the drive, a pair of numbers for each size. */

import { find, make, settled } from "./dom.mjs";
import * as question from "./question.mjs";

const UNITS = {
  minutes: { label: "minutes", most: 60, step: 1, marks: [30, 50], plain: "50" },
  miles: { label: "miles", most: 60, step: 1, marks: [10, 50], plain: "" },
  km: { label: "km", most: 100, step: 1, marks: [16, 80], plain: "" },
};
const SIZES = {
  computers: { label: "Computers", plain: "10-50" },
  employees: { label: "Employees", plain: "10-100" },
  sales: { label: "Sales, USD a year", plain: "1M-10M" },
};

/** The limits' controls; `show()` brings them in line with the question. */
export function startLimits() {
  const drive = makeDrive(find("limit"));
  const sizes = Object.entries(SIZES).map(([name, size]) => makeRange(name, size));
  find("ranges").append(...sizes.map((one) => one.box));
  const words = ["industry", "text"].map(makeWords);
  return { show: () => [drive, ...sizes, ...words].forEach((one) => one.show()) };
}

function makeDrive(box) {
  const told = make("output", { id: "limit-told" });
  const low = makeHandle("At least"), high = makeHandle("At most");
  const marks = make("datalist", { id: "limit-marks" });
  const units = make("div", { className: "switch", role: "group", "aria-label": "Limit in" },
    ...Object.entries(UNITS).map(([unit, { label }]) => make("button",
      { type: "button", "data-unit": unit, onclick: () => choose(unit) }, label)));
  const track = make("div", { className: "track" }, low, high, make("div", { className: "marks" }));
  box.append(make("div", { className: "row" }, make("span", {}, "Reach"), units, told), track, marks);
  const ends = new Map(); // what each handle stands for, which may lie beyond the track
  for (const handle of [low, high]) {
    handle.addEventListener("input", () => {
      ends.set(handle, handle.valueAsNumber);
      setDrive(unitOf(), [...ends.values()]);
    });
  }
  return { show: () => showDrive(units, [low, high], ends, told, track) };
}

function makeHandle(name) {
  return make("input", { type: "range", min: 0, "aria-label": name });
}

function unitOf() {
  return Object.keys(UNITS).find((unit) => question.get(unit) !== "") ?? "minutes";
}

function choose(unit) {
  const others = Object.fromEntries(Object.keys(UNITS).map((one) => [one, ""]));
  question.change({ ...others, [unit]: `${UNITS[unit].marks[1]}` });
}

function setDrive(unit, ends) {
  const said = spell(Math.min(...ends), Math.max(...ends));
  question.change({ [unit]: said === UNITS[unit].plain ? "" : said });
}

function showDrive(units, handles, ends, told, track) {
  const unit = unitOf(), { most, step, marks, label } = UNITS[unit];
  const [from, to] = bounds(question.get(unit) || UNITS[unit].plain);
  for (const handle of handles) Object.assign(handle, { max: most, step });
  if (!handles.includes(document.activeElement)) {
    for (const [at, end] of [from, to].entries()) {
      ends.set(handles[at], end);
      handles[at].value = Math.min(end, most);
    }
  }
  for (const handle of handles) handle.setAttribute("aria-valuetext", valueOf(ends.get(handle), label));
  for (const button of units.children) {
    button.setAttribute("aria-pressed", String(button.dataset.unit === unit));
  }
  told.textContent = `${from ? `${from} – ` : "up to "}${valueOf(to, label)}`;
  track.style.setProperty("--from", from / most);
  track.style.setProperty("--to", Math.min(to / most, 1));
  track.lastChild.replaceChildren(...marks.map((mark) => markAt(mark, most)));
}

function valueOf(end, label) {
  return `${end === Infinity ? "any" : end} ${label}`;
}

function markAt(mark, most) {
  const tick = make("span", {}, `${mark}`);
  tick.style.setProperty("--at", mark / most);
  return tick;
}

/** Bounds as the API reads them. */
function spell(from, to) {
  if (to === Infinity) return from > 0 ? `${from}+` : "off";
  return from > 0 ? `${from}-${to}` : `${to}`;
}

/** The bounds that the API would read in it: "30-50", "30+", "50" or "off". */
function bounds(said) {
  if (said === "off") return [0, Infinity];
  if (said.endsWith("+")) return [Number(said.slice(0, -1)), Infinity];
  const [from, to] = said.split("-").map(Number);
  return to === undefined ? [0, from] : [from, to];
}

function makeRange(name, { label, plain }) {
  const input = make("input", { id: name, type: "text", placeholder: plain, spellcheck: false });
  const off = make("input", { type: "checkbox", "aria-label": `${label}: any` });
  input.addEventListener("input", settled(120, () => question.change({ [name]: input.value.trim() })));
  off.addEventListener("change", () => question.change({ [name]: off.checked ? "off" : "" }));
  const show = () => {
    const said = question.get(name);
    off.checked = said === "off";
    input.disabled = off.checked;
    if (document.activeElement !== input) input.value = off.checked ? "" : said;
  };
  const box = make("div", { className: "row" },
    make("label", { htmlFor: name }, label), input, make("label", { className: "quiet" }, off, " any"));
  return { box, show };
}

function makeWords(name) {
  const input = find(name);
  input.addEventListener("input", settled(50, () => question.change({ [name]: input.value.trim() })));
  return {
    show: () => { if (document.activeElement !== input) input.value = question.get(name); },
  };
}
