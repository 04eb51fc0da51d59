/** A list on its way in: dropped or chosen, looked at, sent, and followed until it is there. */

import { ask } from "./api.mjs";
import { count, find, openDialog } from "./dom.mjs";
import { followRunning, runJob } from "./jobs.mjs";
import { lookAtFile } from "./preview.mjs";

/** `done(slug)` hears of each list that was imported. Imports that run already are shown, too.
 *
 * They may be somebody else's: `others(slug)` hears of those.
 */
export function startImporting(done, others) {
  const choose = find("file");
  find("add-list").addEventListener("click", () => choose.click());
  choose.addEventListener("change", () => {
    if (choose.files[0]) void importFile(choose.files[0], done);
    choose.value = "";
  });
  startDropping((file) => importFile(file, done));
  void followRunning(find("importing"), "import", wordsOf, ({ list }) => others(list));
}

/** Files may be dropped anywhere; where something else takes one, it is not imported. */
function startDropping(take) {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!hasFile(event) || event.defaultPrevented) return;
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  });
}

/** Look at the file with whoever gave it, and send it as it is to be read. */
async function importFile(file, done) {
  const query = await openDialog(`Import ${file.name}`, (close) => lookAtFile(file, close));
  const slug = query && (await sendFile(file, query));
  if (slug) done(slug);
}

/** Send a file to be imported, and follow the job; the slug of the list, "" where it failed. */
export async function sendFile(file, query) {
  // Not randomUUID, which browsers have over https and on the own machine alone.
  const key = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const headers = { "Idempotency-Key": key };
  const start = async () => (await ask("v1/lists", { method: "POST", query, body: file, headers })).job;
  const result = await runJob(find("importing"), `Sending ${file.name} …`, start, wordsOf);
  return result?.list ?? "";
}

function wordsOf({ rows, list }) {
  return `${count(rows, "row")} imported as ${list}.`;
}
