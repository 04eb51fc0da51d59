/** Jobs in sight: how far each is, an end to it, and what came of it. */

import { Problem, ask, followJob, post } from "./api.mjs";
import { count, make, number } from "./dom.mjs";

const following = new Set(); // the ids of jobs that are shown

/** Start a job and follow it in a box of its own at the end of `place`; what came of it.
 *
 * `start()` gives its id; `told(result)` what to say once it is done. Undefined where it failed,
 * which is said there.
 */
export async function runJob(place, words, start, told) {
  const box = make("div", { className: "job", role: "status" }, words, make("progress"));
  place.append(box);
  try {
    return await follow(await start(), box, told);
  } catch (why) {
    showEnd(box, why.message, false);
    if (!(why instanceof Problem)) throw why;
  }
}

/** Follow the jobs of that kind that run already, each with `done(result)` at its end. */
export async function followRunning(place, kind, told, done) {
  const { jobs } = await ask("v1/jobs", { query: { limit: 50 } }).catch(() => ({ jobs: [] }));
  for (const job of jobs) {
    if (job.kind !== kind || job.finished || following.has(job.id)) continue;
    void runJob(place, "", async () => job.id, told).then((result) => result && done(result));
  }
}

async function follow(id, box, told) {
  following.add(id);
  const job = await followJob(id, startProgress(box, id));
  if (job.state !== "done") {
    showEnd(box, job.error?.detail ?? `It was ${job.state}.`, false);
    return undefined;
  }
  showEnd(box, told(job.result ?? {}), true);
  return job.result ?? {};
}

/** What shows how far a job is, called with it each time that it got on; the button stays the same. */
function startProgress(box, id) {
  const words = make("span", { className: "grow" }), refused = make("p", { className: "fault", hidden: true });
  const bar = make("progress", { "aria-label": "How far it is" });
  const cancel = () => post(`v1/jobs/${id}/cancel`).catch((why) => {
    refused.hidden = false;
    refused.textContent = why.message;
  });
  const stop = make("button", { type: "button", onclick: cancel }, "Cancel");
  box.replaceChildren(make("div", { className: "row" }, words, stop), bar, refused);
  return (job) => {
    words.textContent = job ? wordsOf(job) : "The server does not answer; it is asked again.";
    const [done, total] = job?.progress ? [job.progress.done, job.progress.total] : [job?.rows_done, job?.rows_total];
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
  };
}

/** "12,000 of 100,000 rows, 9,800 a second, 9 s left"; of what has no rows its step. */
function wordsOf(job) {
  if (job.state === "queued") return "Waiting for its turn";
  const words = [job.progress?.step ?? rowsOf(job)];
  if (job.rows_per_second && !job.progress) words.push(`${number(Math.round(job.rows_per_second))} a second`);
  if (job.seconds_left) words.push(`${number(Math.ceil(job.seconds_left))} s left`);
  return words.join(", ");
}

function rowsOf({ rows_done: done, rows_total: total }) {
  return total ? `${number(done)} of ${count(total, "row")}` : count(done, "row");
}

function showEnd(box, words, well) {
  const close = make("button", { type: "button", "aria-label": "Close", onclick: () => box.remove() }, "×");
  box.className = well ? "job" : "job fault";
  box.replaceChildren(make("div", { className: "row" }, make("span", { className: "grow" }, words), close));
}
