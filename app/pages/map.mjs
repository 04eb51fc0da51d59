/** The map: rows by minutes and verdict, home bases, the reach, the partners.
 *
 * Up to MOST_POINTS rows are one GeoJSON source, which the map's worker fetches and clusters; more
 * come as vector tiles, thinned by the server.
 */

import { AJAXError, Map as MapView, Marker, NavigationControl, ScaleControl, setWorkerUrl }
  from "./lib/maplibre-gl.mjs";
import { AGAIN_MS, address, ask, keyHeaders, newest, passesSoon } from "./api.mjs";
import { openCard } from "./card.mjs";
import { make, settled } from "./dom.mjs";
import { showLegend } from "./legend.mjs";
import * as layers from "./layers.mjs";
import { markPictures } from "./marks.mjs";
import * as question from "./question.mjs";

const MOST_POINTS = 20_000;
const EMPTY = { type: "FeatureCollection", features: [] };
const TOUCHED = ["points", "tile-points"]; // the layers whose rows can be clicked
const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

setWorkerUrl(new URL("./lib/maplibre-gl-worker.mjs", import.meta.url).href);

/** The map in that box. `heard.pick(row)` and `heard.hover(row)` hear what is pointed at on it. */
export function startMap(box, heard) {
  const view = makeView(box);
  const shown = { rows: EMPTY, reach: EMPTY, tiles: null, partners: EMPTY, ring: EMPTY, mark: EMPTY, alike: false };
  const put = (name, data) => {
    if (shown[name] === data) return;
    shown[name] = data;
    if (view.getSource("rows")) putOn(view, name, data);
  };
  view.on("style.load", () => layers.addAll(view, shown, markPictures()));
  const renew = () => view.setStyle(styleAddress(), { diff: false });
  dark.addEventListener("change", renew);
  const again = settled(AGAIN_MS, () => view.getSource("rows")?.setData(shown.rows));
  view.on("error", ({ error, sourceId }) => { if (sourceId === "rows" && passesSoon(error)) again(); });
  startPointing(view, heard);
  const legend = showLegend(box);
  const homes = startHomes(view);
  const card = openCard(view, (point) => put("ring", layers.ringOf(point)), heard);
  const takeReach = newest(async (signal) => {
    const bands = await askReach(signal);
    if (!signal.aborted) put("reach", bands);
  });
  const drawReach = settled(300, (answer) => answer && takeReach());
  return {
    show: (answer) => {
      showRows(put, answer);
      put("alike", question.get("like") !== "");
      legend.show(shown.alike);
      drawReach(answer);
      if (answer) return;
      takeReach.stop();
      put("reach", EMPTY);
    },
    pick: card.show,
    mark: (row) => put("mark", layers.pointOf(row)),
    showPartners: (points) => put("partners", points),
    showHomes: homes.show,
    onMoved: homes.onMoved,
    chooseNext: (call) => chooseNext(view, call),
    middle: () => view.getCenter(),
    renew,
  };
}

function makeView(box) {
  const view = new MapView({
    container: box,
    style: styleAddress(),
    center: [-98.6, 39.8], // the middle of the contiguous states, until there is a home base
    zoom: 3.4,
    fadeDuration: still.matches ? 0 : 150,
    attributionControl: { compact: false },
    transformRequest: (url) => ({ url, headers: isOurs(url) ? keyHeaders() : {} }),
    cooperativeGestures: matchMedia("(max-width: 700px)").matches,
  });
  view.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  view.addControl(new ScaleControl({ unit: "imperial" }), "bottom-left");
  // The browser says itself what was not answered; all else is a fault of ours.
  view.on("error", ({ error }) => { if (!(error instanceof AJAXError)) console.error(error); });
  view.getCanvas().setAttribute("aria-label", "Map of the rows; the table has the same");
  window.sweetspotMap = view; // for those who look into the page, its tests among them
  return view;
}

function isOurs(url) {
  return new URL(url, document.baseURI).origin === location.origin;
}

function styleAddress() {
  return address("v1/style.json", { theme: dark.matches ? "dark" : "light" });
}

function putOn(view, name, data) {
  if (name === "tiles") layers.showTiles(view, data);
  else if (name === "alike") layers.colourBy(view, data);
  else view.getSource(name).setData(data);
}

/** The rows of an answer: points while they are few, else tiles; nothing without an answer. */
function showRows(put, answer) {
  const few = answer && answer.chosen <= MOST_POINTS;
  const path = (rest) => address(question.listsPath(rest), question.asQuery());
  put("rows", few ? path("points") : EMPTY);
  put("tiles", answer && !few ? path("tiles/{z}/{x}/{y}.mvt").replace(/%7B(.)%7D/g, "{$1}") : null);
}

/** What is within the limit, as decoration: verdicts come from the rows' own minutes. */
async function askReach(signal) {
  const most = /^(?:\d+-)?(\d+)$/.exec(question.get("minutes") || "50");
  if (!most || question.get("miles") || question.get("km")) return EMPTY;
  const bands = question.getAll("home").map((home) => ask("v1/reach", {
    query: { home, minutes: most[1], region: question.get("region") }, signal,
  }).catch(() => EMPTY));
  return { ...EMPTY, features: (await Promise.all(bands)).flatMap(({ features }) => features) };
}

function startPointing(view, { pick, hover }) {
  for (const layer of TOUCHED) {
    view.on("click", layer, (event) => {
      event.preventDefault();
      pick(rowOf(event.features[0]));
    });
    view.on("mousemove", layer, ({ features: [row] }) => {
      view.getCanvas().style.cursor = "pointer";
      hover(rowOf(row));
    });
    view.on("mouseleave", layer, () => {
      view.getCanvas().style.cursor = "";
      hover(null);
    });
  }
  view.on("click", "clusters", ({ features: [cluster], lngLat }) =>
    view.getSource("rows").getClusterExpansionZoom(cluster.properties.cluster_id)
      .then((zoom) => view.easeTo({ center: lngLat, zoom, animate: !still.matches })));
}

/** What the page knows of a row that was touched: which it is, and where. */
function rowOf({ properties, geometry }) {
  const [lon, lat] = geometry.coordinates;
  return { list: properties.list ?? question.get("lists"), row: properties.row, lat, lon };
}

let choosing = new AbortController();

/** Call it with where the map is clicked next, or with its middle for the Enter key on it. */
function chooseNext(view, call) {
  choosing.abort();
  choosing = new AbortController();
  view.getCanvas().style.cursor = call ? "crosshair" : "";
  view.getContainer().classList.toggle("choosing", call !== null);
  if (!call) return;
  const { signal } = choosing, canvas = view.getCanvas();
  const choose = (where) => { chooseNext(view, null); call(where); };
  canvas.addEventListener("click", (event) => choose(view.unproject([event.offsetX, event.offsetY])), { signal });
  canvas.addEventListener("keydown", (event) => event.key === "Enter" && choose(view.getCenter()), { signal });
  canvas.focus();
}

/** Pins of the home bases, which can be moved by hand. */
function startHomes(view) {
  let pins = [], moved = () => {}, seen = "";
  const show = (bases) => {
    for (const pin of pins) pin.remove();
    pins = bases.map((base, at) => makePin(base, bases.length > 1 ? `${at + 1}` : ""));
    for (const [at, pin] of pins.entries()) {
      pin.on("dragend", () => moved(at, pin.getLngLat()));
      pin.addTo(view);
    }
    const where = JSON.stringify(bases.map(({ lat, lon }) => [lat, lon]));
    if (bases.length === 0) return;
    if (where !== seen) goTo(view, bases, seen === "");
    seen = where;
  };
  return { show, onMoved: (call) => { moved = call; } };
}

function makePin({ lat, lon, label }, text) {
  const element = make("div", { className: "pin", title: label, role: "img", "aria-label": `Home base ${label}` },
    make("span", {}, text));
  return new Marker({ element, draggable: true, anchor: "bottom" }).setLngLat([lon, lat]);
}

/** Show about thirty miles around the home bases, where they are not all on the map yet. */
function goTo(view, bases, first) {
  const inside = bases.every(({ lat, lon }) => view.getBounds().contains([lon, lat]));
  if (inside && !first && view.getZoom() > 7) return;
  const lats = bases.map(({ lat }) => lat), lons = bases.map(({ lon }) => lon);
  const around = 0.3;
  view.fitBounds([
    [Math.min(...lons) - around, Math.min(...lats) - around],
    [Math.max(...lons) + around, Math.max(...lats) + around],
  ], { animate: !first && !still.matches, padding: 20 });
}
