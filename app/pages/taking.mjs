/** What is shown, to take away: as a list, for mail, calls and visits, for tools, on paper. */

import { Problem, ask, followJob, send } from "./api.mjs";
import { count, make, number, openDialog } from "./dom.mjs";
import * as question from "./question.mjs";

const LISTS = { csv: "CSV", xlsx: "Excel", geojson: "GeoJSON", parquet: "Parquet" };
const EXPORTS = {
  labels: ["Labels, PDF", ["sheet", "first"]],
  envelopes: ["Envelopes, PDF", ["sender", "envelope"]],
  letters: ["Letters", ["sender"]],
  calls: ["Call sheet", ["mailed", "after", "per_day"]],
  route: ["A day of visits", ["day", "start", "hours", "visit", "stops"]],
  lettershop: ["For a lettershop", []],
  vcard: ["Contacts, vCard", ["tag"]],
  listmonk: ["listmonk", ["tag", "permission"]],
  mailchimp: ["Mailchimp", ["tag", "permission"]],
  brevo: ["Brevo", ["tag", "permission"]],
  hubspot: ["HubSpot", ["tag", "permission"]],
  mautic: ["Mautic", ["tag", "permission"]],
};
const OPTIONS = {
  sheet: ["Sheet", "text", "5160"], first: ["First label", "number", "1"],
  sender: ["Sender, lines parted by |", "text", ""], envelope: ["Size: 10, c5 or dl", "text", "10"],
  mailed: ["Mailed on", "date", ""], after: ["Days until the call", "number", "7"],
  per_day: ["Calls a day", "number", "20"], day: ["Day", "date", ""], start: ["From", "text", "09:00"],
  hours: ["Hours", "number", "8"], visit: ["Minutes a visit", "number", "20"],
  stops: ["Visits at most", "number", ""], tag: ["Tag", "text", ""],
  permission: ["They asked for mail", "checkbox", ""],
};
const MOST_PRINTED = 2_000;

/** The buttons in that box; `show(answer)` tells what there is to take. `showFault`: why a print is none; null after one. */
export function startTaking(box, showFault) {
  let many = 0;
  const button = make("button", { type: "button", className: "main", disabled: true,
    onclick: () => openDialog(`Take ${count(many, "row")}`, fill) }, "Download");
  const print = make("button", { type: "button", disabled: true,
    onclick: () => printRows().then(() => showFault(null), showFault) }, "Print");
  box.append(button, print);
  return { show: (answer) => {
    many = answer?.chosen ?? 0;
    button.disabled = print.disabled = many === 0;
  } };
}

function fill(close) {
  const said = make("p", { role: "status" });
  const kind = make("select", { id: "kind", onchange: () => options.replaceChildren(...fieldsOf(kind.value)) },
    make("optgroup", { label: "The rows" }, ...Object.entries(LISTS).map(([value, title]) => make("option", { value }, title))),
    make("optgroup", { label: "To use them" }, ...Object.entries(EXPORTS).map(([value, [title]]) => make("option", { value }, title))));
  const options = make("div", { className: "terms" });
  const preview = make("input", { type: "checkbox", id: "only-preview" });
  return make("form", { onsubmit: (event) => {
    event.preventDefault();
    void take(kind.value, optionsIn(options), preview.checked, said);
  } },
    make("label", { htmlFor: "kind" }, "As"), kind, options,
    make("p", {}, preview, make("label", { htmlFor: "only-preview" }, " Only a preview of five rows, for uses under 'To use them'")),
    make("p", { className: "quiet" }, "What leaves the service is a use of the list, and is entered in its ledger; a preview is none."),
    said,
    make("div", { className: "row" }, make("button", { type: "submit", className: "main" }, "Download"),
      make("button", { type: "button", onclick: () => close() }, "Close")));
}

function fieldsOf(kind) {
  return (EXPORTS[kind]?.[1] ?? []).map((name) => {
    const [title, type, placeholder] = OPTIONS[name];
    const field = make("input", { id: `option-${name}`, name, type, placeholder });
    return make("div", {}, make("label", { htmlFor: field.id }, title), field);
  });
}

function optionsIn(box) {
  const said = [...box.querySelectorAll("input")].map(({ name, type, checked, value }) =>
    [name, type === "checkbox" ? (checked ? "true" : "") : value.trim()]);
  return Object.fromEntries(said.filter(([, value]) => value !== ""));
}

async function take(kind, options, preview, said) {
  const isList = kind in LISTS;
  const query = question.asQuery(isList ? { format: kind } : { ...options, ...(preview ? { preview: true } : {}) });
  const path = question.listsPath(isList ? "prospects" : `exports/${kind}`);
  said.className = "";
  said.textContent = "It is being made …";
  try {
    const response = await send(path, { query }).catch((why) => asJob(why, path, query, said));
    save(await response.blob(), nameOf(response, kind));
    said.textContent = `Downloaded: ${nameOf(response, kind)}${leftOut(response)}`;
  } catch (why) {
    said.className = "fault";
    said.textContent = why.message;
  }
}

/** Very many rows are made by a job, whose file is fetched once it is done. */
async function asJob(why, path, query, said) {
  if (!(why instanceof Problem) || why.status !== 413) throw why;
  const { job } = await ask(path, { method: "POST", query });
  const made = await followJob(job, (now) => {
    said.textContent = now ? `It is being made: ${number(now.rows_done)} rows …` : "The server does not answer; it is asked again.";
  });
  if (made.state !== "done") throw new Problem(0, { detail: made.error?.detail ?? `The export was ${made.state}.` });
  return send(`v1/exports/${job}`);
}

function nameOf(response, kind) {
  const said = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "");
  return said?.[1] ?? `${question.get("lists").replaceAll(",", "-")}.${kind}`;
}

/** What an export says that it left out, by its header of counts. */
function leftOut(response) {
  const counts = JSON.parse(response.headers.get("Sweetspot-Counts") ?? "{}");
  const told = Object.entries(counts).filter(([, value]) => typeof value === "number");
  return told.length ? ` (${told.map(([name, value]) => `${name.replaceAll("_", " ")} ${number(value)}`).join(", ")})` : "";
}

/** Give a file to whoever looks at the page. */
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The rows on paper: as plain a table as there is, made for it. */
async function printRows() {
  const query = question.asQuery({ limit: MOST_PRINTED });
  const { prospects, chosen, home_base: home } = await ask(question.listsPath("prospects"), { query });
  const many = chosen > prospects.length ? `${number(prospects.length)} of ${count(chosen, "row")}` : count(chosen, "row");
  const cells = ({ name, minutes, miles, reasons }) => [name, minutes?.toFixed(1) ?? "", miles?.toFixed(1) ?? "", reasons.join("; ")];
  const line = (tag, texts) => make("tr", {}, ...texts.map((text) => make(tag, {}, text)));
  const sheet = make("section", { id: "sheet" }, make("h1", {}, `${many} from ${home.label}`),
    make("table", {}, make("thead", {}, line("th", ["Business", "Minutes", "Miles", "Why"])),
      make("tbody", {}, ...prospects.map((row) => line("td", cells(row))))));
  document.body.append(sheet);
  addEventListener("afterprint", () => sheet.remove(), { once: true });
  print();
}
