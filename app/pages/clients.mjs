/** The firm's own books: who pays the bills, what the best have in common, the week's plan. */

import { ask, newest } from "./api.mjs";
import { hoursBar, incomeChart, percent } from "./chart.mjs";
import { make, number, settled } from "./dom.mjs";
import { sendFile } from "./importing.mjs";
import * as question from "./question.mjs";

const CRITERIA = ["minutes", "computers", "employees", "sales"];

/** The view in that box. The books stay in this page: they are read, and not stored. */
export function startClients(box) {
  const file = make("input", { type: "file", id: "books", hidden: true });
  const choose = make("button", { type: "button", className: "main", onclick: () => file.click() }, "Choose the books");
  const target = make("div", { className: "target" }, "Drop the books here: a list of clients with what they pay. ", choose, file);
  const report = make("div", { "aria-live": "polite" });
  const read = newest(readBooks);
  const open = async (books) => {
    if (!books) return;
    report.replaceChildren(make("progress"));
    const found = await read(books).catch(refusal);
    if (found) report.replaceChildren(...(found instanceof HTMLElement ? [found] : describe(books, found)));
  };
  file.addEventListener("change", () => {
    void open(file.files[0]);
    file.value = ""; // the same file, mended, is another choice
  });
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    void open(event.dataTransfer.files[0]);
  });
  box.append(target, report);
}

function readBooks(signal, books) {
  const query = { home: question.get("home") };
  return ask("v1/clients/portfolio.csv", { method: "POST", body: books, query, signal });
}

function refusal(why) {
  return make("p", { className: "fault", role: "alert" }, why.message);
}

function describe(books, found) {
  return [
    incomeChart(found.clients),
    make("dl", { className: "answers" }, ...found.answers.flatMap(({ question: asked, answer }) =>
      [make("dt", {}, asked), make("dd", {}, answer)])),
    suggestion(books, found),
    tableOf(found.clients),
    titled("What the best have in common", found.traits.map(({ trait, label, words }) => `${trait} ${label}: ${words}`)),
    titled("Niches", found.niches.map(({ title, evidence }) => `${title}: ${evidence}`)),
    planOf(books),
    titled("Notes", found.notes),
  ].filter(Boolean);
}

function titled(title, lines) {
  if (lines.length === 0) return null;
  return make("details", { open: title !== "Notes" }, make("summary", {}, title),
    make("ul", { className: "lines" }, ...lines.map((line) => make("li", {}, line))));
}

function tableOf(clients) {
  const cells = (one) => [one.name, one.tier, one.category, money(one.monthly_income), percent(one.share), percent(one.cumulative_share)];
  const line = (tag, texts) => make("tr", {}, ...texts.map((text, at) =>
    make(tag, { className: at > 2 ? "numeric" : "", ...(tag === "th" ? { scope: "col" } : {}) }, text)));
  return make("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": "Clients" }, make("table", {},
    make("thead", {}, line("th", ["Client", "Tier", "Category", "A month", "Share", "Together"])),
    make("tbody", {}, ...clients.map((one) => line("td", cells(one))))));
}

function money(value) {
  return value === null ? "" : `${value < 0 ? "-" : ""}$${number(Math.abs(Math.round(value)))}`;
}

function suggestion(books, { suggested_sweet_spot: spot, back_test: test }) {
  const alike = make("button", { type: "button", onclick: () => colourByLikeness(books, alike) }, "Look-alikes on the map");
  if (!spot) return make("p", { className: "row" }, alike);
  const said = wordsOf(spot);
  return make("div", { className: "suggestion" },
    make("p", {}, make("strong", {}, "Suggested sweet spot: "), Object.entries(said).map(([name, value]) => `${name} ${value}`).join(", ")),
    test ? make("p", { className: "quiet" }, `Of the ${test.of} best clients it passes ${test.kept.suggested}; the one asked for passes ${test.kept.asked}.`) : null,
    make("p", { className: "row" },
      make("button", { type: "button", className: "main", onclick: () => question.change({ miles: "", km: "", ...said, view: "" }, { step: true }) }, "Adopt it"),
      alike));
}

/** The question's words for a sweet spot as the API gives it. */
function wordsOf(spot) {
  const words = Object.fromEntries(CRITERIA.filter((name) => name in spot).map((name) => [name, boundsOf(spot[name])]));
  return { ...words, industry: (spot.industry ?? []).join(",") };
}

function boundsOf(bounds) {
  if (!Array.isArray(bounds)) return bounds ?? "off";
  const [low, high] = bounds;
  return high === null ? `${low}+` : `${low}-${high}`;
}

/** Store the books as a list of clients, and sort and colour the prospects by likeness to them. */
async function colourByLikeness(books, button) {
  button.disabled = true;
  const name = `Clients ${new Date().toISOString().slice(0, 16).replace("T", " ")}`;
  const slug = await sendFile(books, { name, kind: "clients" }).finally(() => { button.disabled = false; });
  if (slug) question.change({ like: slug, sort: "like", view: "" }, { step: true });
}

function planOf(books) {
  const hours = make("input", { type: "number", id: "week-hours", min: 0, value: "40" });
  const marketing = make("input", { type: "text", id: "week-marketing", value: "direct mail=4", placeholder: "direct mail=4,networking=2" });
  const box = make("div", { "aria-live": "polite" });
  const read = newest((signal) => ask("v1/clients/capacity.csv", {
    method: "POST", body: books, signal,
    query: { hours: hours.value, marketing: marketing.value, home: question.get("home") },
  }));
  const plan = async () => {
    const found = await read().catch(refusal);
    if (found) box.replaceChildren(...(found instanceof HTMLElement ? [found] : weekOf(found)));
  };
  for (const field of [hours, marketing]) field.addEventListener("input", settled(300, plan));
  void plan();
  return make("details", { open: true }, make("summary", {}, "The week"),
    make("div", { className: "terms" },
      make("div", {}, make("label", { htmlFor: hours.id }, "Hours a week"), hours),
      make("div", {}, make("label", { htmlFor: marketing.id }, "Marketing, hours a week"), marketing)), box);
}

/** Marketing first, then the sweet spot, then micro clients; what is left is free. */
function weekOf({ hours, decisions, notes }) {
  const parts = [["Marketing", hours.marketing_total], ["Sweet spot", hours.sweet_spot], ["Micro clients", hours.kept], ["Free", Math.max(hours.free, 0)]];
  return [
    hoursBar(parts, hours.week),
    make("ul", { className: "keys row" }, ...parts.map(([name, value], at) => make("li", {},
      make("i", { className: `hours-${at}` }), `${name} ${value.toFixed(1)} h`))),
    make("ul", { className: "lines" }, ...decisions.map(({ name, reason }) => make("li", {}, make("strong", {}, `${name}: `), reason))),
    make("ul", { className: "lines quiet" }, ...notes.slice(0, 3).map((note) => make("li", {}, note))),
  ];
}
