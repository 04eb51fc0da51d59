/** The API, asked: one way for the whole page. */

export const AGAIN_MS = 1500; // until what passes soon is asked again
const KEY = "sweetspot-key"; // in the tab's own storage: it ends with the tab
let askForKey = async () => null;
let hearOfKey = () => {};
let declined = 0; // when nobody gave one, by the clock of the page

/** What the server did not do, as its problem document says it. */
export class Problem extends Error {
  constructor(status, said) {
    super(said.detail ?? "The server gave no answer.");
    this.status = status;
    this.field = said.field ?? "";
    this.errors = said.errors ?? [];
  }
}

/** How a key is asked for, where the server wants one: an async function of why, to the key.
 *
 * `heard()` hears that there is another one.
 */
export function useKeys(asking, heard) {
  askForKey = asking;
  hearOfKey = heard;
}

/** The address of a path of the API. Empty values of the query are left out. */
export function address(path, query = {}) {
  const url = new URL(path, document.baseURI);
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  for (const [name, value] of pairs) {
    if (value !== "" && value !== null && value !== undefined) url.searchParams.append(name, value);
  }
  return url.href;
}

function keyOfTab() {
  return sessionStorage.getItem(KEY) ?? "";
}

/** The headers that say who asks. */
export function keyHeaders() {
  const key = keyOfTab();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** The response to a request. Throws Problem; asks for a key where one is wanted, and again. */
export async function send(path, { query, headers, ...more } = {}) {
  for (;;) {
    const before = keyOfTab(), since = performance.now();
    const response = await fetch(address(path, query), {
      ...more, headers: { ...headers, ...keyHeaders() },
    }).catch(unreachable);
    if (response.ok || response.status === 304) return response;
    const problem = await problemOf(response);
    if (response.status !== 401) throw problem;
    if (keyOfTab() === before && !(await renewKey(problem.message, since))) throw problem;
  }
}

/** Whether there is a key for a request of that time; those that wait share it, and its refusal. */
async function renewKey(why, since) {
  const key = declined > since ? null : await askForKey(why);
  if (key === null) {
    declined = performance.now();
    return false;
  }
  if (key !== keyOfTab()) {
    sessionStorage.setItem(KEY, key);
    hearOfKey();
  }
  return true;
}

/** The same, read as JSON. */
export async function ask(path, options) {
  const response = await send(path, { headers: { Accept: "application/json" }, ...options });
  return response.status === 204 ? null : response.json().catch(brokenOff);
}

/** The same, with a document as the body. */
export function post(path, document = {}, options = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return ask(path, { method: "POST", body: JSON.stringify(document), headers, ...options });
}

function unreachable(why) {
  if (why.name === "AbortError") throw why;
  throw new Problem(0, { detail: "The server does not answer." });
}

function brokenOff(why) {
  if (why.name === "AbortError") throw why;
  throw new Problem(0, { detail: "The server's answer broke off." });
}

async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem(response.status, { detail: `The server answered ${response.status}.`, ...said });
}

/** Whether a fault means that nobody listens, so that it helps to ask again. */
export function isAway({ status }) {
  return [0, 502, 503].includes(status);
}

/** The same, or that too much was asked at once. */
export function passesSoon(why) {
  return isAway(why) || why.status === 429;
}

/** `work(signal, ...)`, of which the newest call counts: the one before is given up.
 *
 * A call that was given up ends with undefined. `stop()` gives up the one that runs, for no other.
 */
export function newest(work) {
  let before = new AbortController();
  const run = async (...given) => {
    before.abort();
    const mine = (before = new AbortController());
    try {
      const got = await work(mine.signal, ...given);
      return mine.signal.aborted ? undefined : got;
    } catch (why) {
      if (mine.signal.aborted) return undefined;
      throw why;
    }
  };
  return Object.assign(run, { stop: () => before.abort() });
}

/** A job until it has ended, told each time that it got on; a server that is away is waited for. */
export async function followJob(id, tell, signal) {
  for (;;) {
    try {
      const job = await ask(`v1/jobs/${id}`, { signal });
      tell(job);
      if (job.finished) return job;
    } catch (why) {
      if (!isAway(why)) throw why;
      tell(null);
    }
    await pause(500, signal);
  }
}

/** So many milliseconds; rejects as soon as the signal does. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  });
}
