/** The table: thousands of rows, of which those in sight are in the page.
 *
 * Pages are asked as one scrolls towards their end, each behind the last row of the one before.
 */

import { AGAIN_MS, Problem, ask, newest, passesSoon } from "./api.mjs";
import { bandOf, find, make, minutesOf, refill } from "./dom.mjs";
import { markOf } from "./marks.mjs";
import * as question from "./question.mjs";

const ROW_PX = 34; // as in page.css
const AROUND = 12; // rows drawn beyond each edge
const NEXT_PAGE = 500;
const AHEAD = 60; // rows before the end at which the next page is asked
const OURS = [
  { title: "Business", sort: "name", cell: (row) => [markOf(row.verdict, row.minutes), row.name] },
  { title: "Computers", sort: "computers", cell: computersOf, numeric: true },
  { title: "Miles", sort: "miles", cell: (row) => row.miles?.toFixed(1) ?? "", numeric: true },
  { title: "Minutes", sort: "minutes", cell: minutesOf, numeric: true },
];

const LIKENESS = { title: "Like", sort: "like", cell: ({ like }) => like?.score?.toFixed(0) ?? "", numeric: true };

/** The table in that box. `heard.pick(row, byKey)` and `heard.hover(row)` hear what is pointed at. */
export function startTable(box, heard) {
  const parts = build(box);
  const state = { rows: [], next: "", chosen: 0, picked: "", marked: "", current: 0 };
  const draw = () => drawRows(parts, state, heard);
  const more = newest(async (signal) => loadMore(state, signal));
  let coming = ""; // the cursor of the page that is on its way
  const askMore = async (cursor) => {
    coming = cursor;
    try {
      if (await more()) draw();
    } catch (why) {
      if (!(why instanceof Problem)) throw why;
      if (passesSoon(why)) setTimeout(scrolled, AGAIN_MS);
    } finally {
      if (coming === cursor) coming = "";
    }
  };
  const scrolled = () => {
    draw();
    const last = (parts.scroller.scrollTop + parts.scroller.clientHeight) / ROW_PX;
    if (state.next && state.next !== coming && last > state.rows.length - AHEAD) void askMore(state.next);
  };
  let frame = 0;
  parts.scroller.addEventListener("scroll", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(scrolled);
  });
  parts.scroller.addEventListener("keydown", (event) => step(event, parts, state, heard, draw));
  new ResizeObserver(scrolled).observe(parts.scroller);
  return {
    show: (answer) => {
      more.stop();
      coming = "";
      fill(state, answer);
      showHead(parts, state);
      parts.scroller.scrollTop = 0;
      draw();
    },
    mark: (row) => { state.marked = idOf(row); draw(); },
    pick: (row, scroll) => { state.picked = idOf(row); if (scroll) reveal(parts, state); draw(); },
  };
}

function idOf(row) {
  return row ? `${row.list}:${row.row}` : "";
}

function build(box) {
  const head = make("thead"), body = make("tbody");
  const table = make("table", { "aria-label": "Prospects" }, head, body);
  const scroller = make("div", { className: "scroller", tabIndex: 0, role: "group",
    "aria-label": "Rows; arrow keys go through them, Enter opens one" }, table);
  box.replaceChildren(scroller);
  return { scroller, table, head, body, columns: find("columns") };
}

function fill(state, answer) {
  state.rows = answer?.prospects ?? [];
  state.next = answer?.next ?? "";
  state.chosen = answer?.chosen ?? 0;
  state.current = 0;
}

async function loadMore(state, signal) {
  const query = question.asQuery({ limit: NEXT_PAGE, cursor: state.next });
  const found = await ask(question.listsPath("prospects"), { query, signal });
  if (signal.aborted) return false;
  state.rows.push(...found.prospects);
  state.next = found.next;
  return true;
}

/** All columns: ours, the likeness where it is asked for, and those of the list that are wanted. */
function columnsShown() {
  const own = question.getAll("columns").map((title) => ({ title, cell: (row) => row.cells[title] ?? "" }));
  return [...OURS, ...(question.get("like") ? [LIKENESS] : []), ...own];
}

function showHead(parts, state) {
  const columns = columnsShown();
  refill(parts.head, make("tr", { "aria-rowindex": 1 }, ...columns.map(headOf)));
  parts.table.setAttribute("aria-rowcount", String(state.chosen + 1));
  const headers = [...new Set([...Object.keys(state.rows[0]?.cells ?? {}), ...question.getAll("columns")])];
  parts.columns.hidden = headers.length === 0;
  refill(parts.columns.lastChild, ...headers.map((header) => choiceOf(header, parts, state)));
}

function headOf({ title, sort, numeric }) {
  const now = question.get("sort");
  const order = now === sort ? "ascending" : now === `-${sort}` ? "descending" : "none";
  const button = sort
    ? make("button", { type: "button", onclick: () => question.change({ sort: now === sort ? `-${sort}` : sort }) }, title)
    : title;
  const cell = make("th", { scope: "col", className: numeric ? "numeric" : "" }, button);
  if (sort) cell.setAttribute("aria-sort", order);
  return cell;
}

function choiceOf(header, parts, state) {
  const box = make("input", { type: "checkbox", checked: question.getAll("columns").includes(header) });
  box.addEventListener("change", () => {
    const others = question.getAll("columns").filter((one) => one !== header);
    question.change({ columns: box.checked ? [...others, header] : others });
    showHead(parts, state);
    parts.scroller.dispatchEvent(new Event("scroll"));
  });
  return make("label", {}, box, header);
}

function drawRows(parts, state, heard) {
  const { scroller, body } = parts;
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_PX) - AROUND);
  const last = Math.min(state.rows.length, first + Math.ceil(scroller.clientHeight / ROW_PX) + 2 * AROUND);
  const columns = columnsShown();
  const lines = [];
  for (let at = first; at < last; at += 1) lines.push(lineOf(at, state, columns, heard));
  scroller.setAttribute("aria-activedescendant", lines.length ? `line-${state.current}` : "");
  body.replaceChildren(gap(first, columns), ...lines, gap(state.rows.length - last, columns));
}

function gap(rows, columns) {
  const cell = make("td", { colSpan: columns.length });
  cell.style.height = `${rows * ROW_PX}px`;
  return make("tr", { className: "gap", "aria-hidden": "true", hidden: rows <= 0 }, cell);
}

function lineOf(at, state, columns, heard) {
  const row = state.rows[at], id = idOf(row);
  const line = make("tr", { id: `line-${at}`, "aria-rowindex": at + 2 },
    ...columns.map(({ cell, numeric }) => make("td", { className: numeric ? "numeric" : "" }, ...[cell(row)].flat())));
  line.classList.toggle("picked", id === state.picked);
  line.classList.toggle("marked", id === state.marked);
  line.classList.toggle("current", at === state.current);
  if (id === state.picked) line.setAttribute("aria-selected", "true");
  line.addEventListener("click", () => { state.current = at; heard.pick(row); });
  line.addEventListener("pointerenter", () => heard.hover(row));
  line.addEventListener("pointerleave", () => heard.hover(null));
  return line;
}

/** Arrow keys, Page Up and Down, Home and End go through the rows; Enter opens one. */
function step(event, parts, state, heard, draw) {
  const page = Math.floor(parts.scroller.clientHeight / ROW_PX) - 1;
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
  if (event.target !== parts.scroller || (!by && event.key !== "Enter")) return;
  event.preventDefault();
  if (event.key === "Enter") return state.rows.length && heard.pick(state.rows[state.current], true);
  state.current = Math.min(Math.max(state.current + by, 0), Math.max(state.rows.length - 1, 0));
  inSight(parts, state.current);
  heard.hover(state.rows[state.current] ?? null);
  draw();
}

function inSight({ scroller, head }, at) {
  const top = at * ROW_PX, room = scroller.clientHeight - head.offsetHeight - ROW_PX;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
}

function reveal(parts, state) {
  const at = state.rows.findIndex((row) => idOf(row) === state.picked);
  if (at < 0) return;
  state.current = at;
  inSight(parts, at);
  const panel = find("panel"); // a narrow page has none that scrolls
  panel.scrollTop += Math.max(bottomOf(parts.scroller) - bottomOf(panel), 0);
}

function bottomOf(element) {
  return element.getBoundingClientRect().bottom;
}

function computersOf({ computers_low: low, computers_high: high }) {
  return bandOf(low, high);
}
