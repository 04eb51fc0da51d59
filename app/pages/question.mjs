/** The question of the page. It is the page's address, so that a link and a reload show the same.
 *
 * `lists` and `row` are the page's own; all other names are those of the API's query.
 */

const OWN = ["lists", "row", "view", "columns", "partners"];
// In a link, but none of ours: an answer's form and part, which the page says itself, and what
// mailing tools put behind links.
const FOREIGN = /^(?:format|limit|cursor|utm_.*|fbclid|gclid|mc_.id)$/;
const listeners = new Set();
let params = readAddress();

/** What the question says of a name; "" for nothing. */
export function get(name) {
  return params.get(name) ?? "";
}

/** All that it says of one that may be repeated. */
export function getAll(name) {
  return params.getAll(name);
}

/** Say it otherwise. A value is text, several in an array, or "" to say nothing.
 *
 * `step`: going back in the browser comes back to the question before this change.
 */
export function change(changes, { step = false } = {}) {
  const before = params.toString();
  params = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    params.delete(name);
    for (const one of [value].flat()) if (one !== "") params.append(name, one);
  }
  if (params.toString() === before) return;
  const told = params.size ? `?${readable(params)}` : location.pathname;
  history[step ? "pushState" : "replaceState"](null, "", told);
  tellAll(new Set(Object.keys(changes)));
}

/** The question as the query of the API; more: what else is asked. */
export function asQuery(more = {}) {
  const query = new URLSearchParams(params);
  for (const name of OWN) query.delete(name);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query;
}

/** The path of the lists that are asked. */
export function listsPath(rest) {
  return `v1/lists/${encodeURIComponent(get("lists"))}/${rest}`;
}

/** Whether there is enough of a question to ask it. */
export function isWhole() {
  return get("lists") !== "" && get("home") !== "";
}

/** Call `heard(names)` with the set of names that changed, null where all may have. */
export function onChange(heard) {
  listeners.add(heard);
}

function tellAll(names) {
  for (const heard of listeners) heard(names);
}

function readable(some) {
  return some.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

function readAddress() {
  const said = [...new URLSearchParams(location.search)];
  return new URLSearchParams(said.filter(([name]) => !FOREIGN.test(name)));
}

addEventListener("popstate", () => {
  params = readAddress();
  tellAll(null);
});
