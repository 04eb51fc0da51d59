/** A file, looked at before it is imported: what its columns will mean, three rows, what is wrong. */

import { ask, newest } from "./api.mjs";
import { bandOf, count, make, number, refill } from "./dom.mjs";

const SHOWN = ["name", "line_1", "city", "state", "zip", "phone"]; // of the first rows

/** What a dialog about that file holds; it ends with the query of the import, or null. */
export function lookAtFile(file, close) {
  let named = new Map(); // meaning: the header that somebody chose for it, "" for none
  let last = { named, lines: () => [] }; // what could be read before
  const report = make("div", { "aria-live": "polite" }, make("p", {}, "Reading …"), make("progress"));
  const terms = makeTerms(file);
  const run = make("button", { type: "submit", className: "main", disabled: true }, "Import");
  const columns = () => [...named].map(([meaning, header]) => `${meaning}=${header}`);
  const form = make("form", { className: "preview", onsubmit: (event) => {
    event.preventDefault();
    close(new URLSearchParams([...queryOf(terms), ...columns().map((one) => ["column", one])]));
  } }, report, terms.box, make("div", { className: "row" },
    run, make("button", { type: "button", onclick: () => close() }, "Cancel")));
  const look = newest((signal) => ask("v1/lists/preview", {
    method: "POST", body: file, signal,
    query: new URLSearchParams([...columns().map((one) => ["column", one]), ...vendorOf(terms)]),
  }));
  const again = () => look().then((found) => found && show(found), refuse);
  const show = (found) => {
    terms.take(found);
    run.disabled = found.questions.length > 0 || found.rows === 0;
    const choose = (meaning, header) => { named.set(meaning, header); again(); };
    const lines = () => describe(found, choose, (vendor) => { terms.vendor.value = vendor; again(); });
    refill(report, ...lines());
    last = { named: new Map(named), lines };
  };
  const refuse = (why) => {
    named = new Map(last.named);
    refill(report, make("p", { className: "fault", role: "alert" }, why.message), ...last.lines());
  };
  terms.vendor.addEventListener("change", again);
  void again();
  return form;
}

function makeTerms(file) {
  const name = make("input", { id: "list-name", type: "text", required: true, maxLength: 100,
    value: file.name.replace(/\.[^.]+$/, "").replaceAll(/[-_]+/g, " ") });
  const vendor = make("input", { id: "list-vendor", type: "text", maxLength: 100 });
  const expires = make("input", { id: "list-expires", type: "date" });
  const uses = make("input", { id: "list-uses", type: "number", min: 1 });
  const fields = { Name: name, Vendor: vendor, "Last day of use": expires, "Uses allowed": uses };
  const box = make("div", { className: "terms" }, ...Object.entries(fields).map(([title, field]) =>
    make("div", {}, make("label", { htmlFor: field.id }, title), field)));
  const take = (found) => {
    vendor.value ||= found.vendor;
    expires.value ||= found.expires ?? "";
  };
  return { box, name, vendor, expires, uses, take };
}

function queryOf(terms) {
  const said = { name: terms.name.value, expires: terms.expires.value, uses: terms.uses.value };
  return [...Object.entries(said).filter(([, value]) => value !== ""), ...vendorOf(terms)];
}

function vendorOf({ vendor: { value } }) {
  return value.trim() ? [["vendor", value.trim()]] : [];
}

function describe(found, choose, chooseVendor) {
  return [
    make("p", {}, `${count(found.rows, "row")}${found.skipped ? `, ${count(found.skipped, "line")} skipped` : ""}`),
    ...found.questions.map((asked) => questionOf(asked, choose, chooseVendor)),
    columnsOf(found, choose),
    rowsOf(found.first_rows),
    make("ul", { className: "quiet" }, ...found.notes.map((note) => make("li", {}, note)),
      ...Object.entries(found.sensitive).map(([header, why]) =>
        make("li", {}, `Column ${header} is not stored: ${why}`))),
  ];
}

function questionOf({ meaning, question, choices }, choose, chooseVendor) {
  const select = make("select", { "aria-label": question, onchange: () =>
    meaning === "vendor" ? chooseVendor(select.value) : choose(meaning, select.value) },
    make("option", { value: "", disabled: true, selected: true }, "Choose"),
    ...choices.map((one) => make("option", { value: one }, one)),
    meaning === "vendor" ? null : make("option", { value: "" }, "none of them"));
  return make("p", { className: "hint" }, question, " ", select);
}

function columnsOf({ columns, meanings }, choose) {
  return make("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": "Columns" },
    make("table", {}, make("thead", {}, rowOf("th", ["Column", "Read as", "Cells", "For example"])),
      make("tbody", {}, ...columns.map((one) => rowOf("td", [
        one.header, meaningOf(one, meanings, choose), fitOf(one), one.example])))));
}

/** What is not among the meanings, as a phone, is read without anybody's choice. */
function meaningOf({ header, meaning, guessed }, meanings, choose) {
  const chosen = meanings.includes(meaning);
  const select = make("select", { "aria-label": `${header} is read as`, onchange: () => {
    if (chosen && meaning !== select.value) choose(meaning, "");
    if (select.value) choose(select.value, header);
  } },
    make("option", { value: "" }, chosen ? "–" : meaning || "–"),
    ...meanings.map((one) => make("option", { value: one, selected: one === meaning },
      one === meaning && guessed ? `${one}?` : one)));
  return select;
}

function fitOf({ filled, fit }) {
  return fit === null || fit === filled ? number(filled) : `${number(fit)} of ${number(filled)} fit`;
}

function rowsOf(rows) {
  const sizes = (row) => ["computers", "employees", "sales"].map((name) => bandOf(...(row[name] ?? [null, null])));
  return make("div", { className: "wide", tabIndex: 0, role: "group", "aria-label": "The first rows" },
    make("table", {}, make("thead", {}, rowOf("th", ["Name", "Street", "Town", "State", "ZIP", "Phone", "Computers", "Employees", "Sales"])),
      make("tbody", {}, ...rows.map((row) => rowOf("td", [...SHOWN.map((name) => row[name]), ...sizes(row)])))));
}

function rowOf(tag, cells) {
  return make("tr", {}, ...cells.map((cell) => make(tag, tag === "th" ? { scope: "col" } : {}, cell)));
}
