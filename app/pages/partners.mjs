/** Who can introduce us: accountants, lawyers and other advisers, as a layer of the map. */

import { ask, newest } from "./api.mjs";
import { make } from "./dom.mjs";
import * as question from "./question.mjs";

/** The switch in that box; it draws them on the map while it is on. */
export function startPartners(box, map) {
  const read = newest((signal) => ask("v1/partners", {
    query: { home: question.get("home"), region: question.get("region") }, signal,
  }));
  const show = async () => {
    const on = question.get("partners") === "on" && question.get("home") !== "";
    button.setAttribute("aria-pressed", String(on));
    read.stop();
    const found = on ? await read().catch((why) => { button.title = why.message; return null; }) : null;
    map.showPartners(collectionOf(found?.partners ?? []));
  };
  const button = make("button", { type: "button", className: "chip", "aria-pressed": "false", onclick: () =>
    question.change({ partners: question.get("partners") === "on" ? "" : "on" }) }, "Partners");
  box.append(button);
  question.onChange((names) => { if (!names || names.has("partners") || names.has("home")) void show(); });
  void show();
}

function collectionOf(partners) {
  const features = partners.filter(({ lat }) => lat !== null).map(({ name, kind, lat, lon, reason }) => ({
    type: "Feature", properties: { name, kind, reason }, geometry: { type: "Point", coordinates: [lon, lat] },
  }));
  return { type: "FeatureCollection", features };
}
