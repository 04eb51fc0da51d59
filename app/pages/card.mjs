/** The card of a row: why it passed or not, line by line, and what its fix is worth. */

import { Popup } from "./lib/maplibre-gl.mjs";
import { ask, newest } from "./api.mjs";
import { make, minutesOf } from "./dom.mjs";
import { markOf } from "./marks.mjs";
import * as question from "./question.mjs";

/** The one card of the map; `ring(row)` draws the circle of its fix.
 *
 * `show(row, focus)` opens it. Escape closes it; a focus in it goes back to where it was before.
 */
export function openCard(view, ring, { pick }) {
  const popup = new Popup({ maxWidth: "320px", offset: 12, focusAfterOpen: false, closeOnClick: false });
  let showing = false, before = null;
  popup.on("close", () => {
    ring(null);
    if (showing) return;
    pick(null);
    if (document.activeElement === document.body) before?.focus();
  });
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && popup.isOpen() && !document.querySelector("dialog[open]")) popup.remove();
  });
  // Not where a row was hit, which has the card from now on: closing it would give that up.
  view.on("click", (event) => { if (!event.defaultPrevented) popup.remove(); });
  const read = newest((signal, row) => askRow(row, signal));
  const show = async (row, focus) => {
    read.stop();
    const full = row && (row.reasons ? row : await read(row));
    const active = document.activeElement;
    showing = true;
    popup.remove();
    showing = false;
    if (!full || full.lat === null) return;
    const card = fill(full);
    popup.setLngLat([full.lon, full.lat]).setDOMContent(card).addTo(view);
    if (!active?.classList.contains("card")) before = active;
    if (focus) card.focus({ preventScroll: true });
    ring(full);
    keepInSight(view, full);
  };
  return { show };
}

/** All that the API says of a row, whatever its verdict. */
async function askRow({ list, row }, signal) {
  const query = question.asQuery({ rows: row, verdict: "all", limit: 1, text: "", doubt: "" });
  const found = await ask(`v1/lists/${encodeURIComponent(list)}/prospects`, { query, signal });
  return found.prospects[0];
}

function keepInSight(view, { lon, lat }) {
  if (!view.getBounds().contains([lon, lat])) view.easeTo({ center: [lon, lat] });
}

function fill(row) {
  return make("article", { className: "card", tabIndex: -1, "aria-label": row.name || "No name" },
    make("h2", {}, markOf(row.verdict, row.minutes), row.name || "No name"),
    make("p", { className: "quiet" }, [row.category, minutesOf(row), milesOf(row)].filter(Boolean).join(" · ")),
    make("ul", {}, ...row.reasons.map((reason) => make("li", {}, reason))),
    make("p", { className: "quiet" }, fixOf(row)),
    row.repeats ? make("p", { className: "quiet" }, `Repeats row ${row.repeats.row}: ${row.repeats.why}`) : null,
    row.outcome ? make("p", { className: "quiet" }, `${row.outcome} on ${row.outcome_on}`) : null);
}

function milesOf({ miles }) {
  return miles === null ? "" : `${miles.toFixed(1)} mi straight`;
}

function fixOf({ accuracy, radius_m: radius, source }) {
  const within = radius ? `, within ${radius < 1000 ? `${Math.round(radius)} m` : `${(radius / 1000).toFixed(1)} km`}` : "";
  return `Located: ${accuracy}${within}, by ${source}`;
}
